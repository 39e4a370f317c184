"""What the process asks of the system about its memory. Where the system knows nothing of the kind, nothing happens."""

from __future__ import annotations

import ctypes
import re
from contextlib import suppress
from pathlib import Path

_LARGE_PAGE = Path("/sys/kernel/mm/transparent_hugepage/hpage_pmd_size")
_MAPPINGS = Path("/proc/self/smaps")
_HEAP = re.compile(
    r"^([0-9a-f]+)-([0-9a-f]+) rw-p 0+ 00:00 0 *(?:\[heap\])?\n(?:\w+: .*\n)*?Rss: +(\d+) kB", re.MULTILINE
)
# Linux, include/uapi/asm-generic/mman-common.h
_MADV_HUGEPAGE, _MADV_COLLAPSE = 14, 25


def give_back() -> None:
    """What was freed goes back to the system. The C library of Linux would keep it; others have no such function."""
    with suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)


def gather() -> None:
    """Have the heap in large pages.

    Somebody types a few keys a second. Until the next one the processor forgets where the small pages of the heap lie, and
    to find them again takes a tenth of the time from key to answer (x86-64, 1,000 to 9,000 lines). Linux 6.1 and newer gathers them at once, older ones in time, unless
    the machine forbids it (/sys/kernel/mm/transparent_hugepage/enabled). Mappings of which much is unused, such as the
    stacks of threads, are left alone.
    """
    with suppress(OSError, AttributeError, TypeError, ValueError):
        size, advise = int(_LARGE_PAGE.read_text()), ctypes.CDLL(None).madvise
        for start, end, resident in _heap():
            first, last = -(-start // size) * size, end // size * size
            if last > first and 10 * resident >= 9 * (end - start):
                for advice in (_MADV_HUGEPAGE, _MADV_COLLAPSE):
                    advise(ctypes.c_void_p(first), ctypes.c_size_t(last - first), advice)


def _heap() -> list[tuple[int, int, int]]:
    """Where the mappings of the heap start and end, and how many bytes of each are in use."""
    found = _HEAP.findall(_MAPPINGS.read_text())
    return [(int(start, 16), int(end, 16), int(resident) * 1024) for start, end, resident in found]
