"""What is asked of the system about memory changes nothing but where it lies, and fails nowhere."""

from __future__ import annotations

import platform
import re
import sys
from pathlib import Path

import pytest

from awaitlens import heap


def large_pages() -> int:
    """Kilobytes of this process that lie in large pages."""
    found = re.search(r"AnonHugePages: +(\d+)", Path("/proc/self/smaps_rollup").read_text())
    return int(found[1]) if found else 0


def test_a_system_that_knows_nothing_of_large_pages_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heap, "_LARGE_PAGE", tmp_path / "nothing")
    heap.gather()
    monkeypatch.setattr(heap, "_LARGE_PAGE", Path(__file__))
    heap.gather()
    heap.give_back()


@pytest.mark.skipif(sys.platform != "linux", reason="the mappings are told of as Linux does")
def test_the_heap_is_found_among_the_mappings_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rest = "Size:  4096 kB\nKernelPageSize: 4 kB\nRss:  3900 kB\nPss: 1 kB\nVmFlags: rd wr\n"
    (tmp_path / "smaps").write_text(
        f"00400000-00800000 r-xp 00000000 08:01 77   /usr/bin/python\n{rest}"
        f"00c00000-01000000 rw-p 00000000 08:01 77   /usr/bin/python\n{rest}"
        f"01000000-01400000 rw-p 00000000 00:00 0    [heap]\n{rest}"
        f"7f0000000000-7f0000400000 rw-p 00000000 00:00 0 \n{rest}"
        f"7f0000400000-7f0000800000 ---p 00000000 00:00 0 \n{rest}"
        f"7ffc00000000-7ffc00400000 rw-p 00000000 00:00 0    [stack]\n{rest}"
    )
    monkeypatch.setattr(heap, "_MAPPINGS", tmp_path / "smaps")
    used = 3900 * 1024
    assert heap._heap() == [(0x1000000, 0x1400000, used), (0x7F0000000000, 0x7F0000400000, used)]


def gathers_at_once() -> bool:
    """Linux 6.1 and newer do, where large pages are known at all."""
    release = re.match(r"(\d+)\.(\d+)", platform.release())
    new = release is not None and (int(release[1]), int(release[2])) >= (6, 1)
    return sys.platform == "linux" and new and heap._LARGE_PAGE.exists()


@pytest.mark.skipif(not gathers_at_once(), reason="this system gathers in its own time, or not at all")
def test_the_heap_is_gathered() -> None:
    kept = [bytes(1000) for _ in range(20_000)]
    heap.gather()
    assert kept and large_pages() > 0
