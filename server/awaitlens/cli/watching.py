"""`check --watch`: check again whenever something is written that a finding may rest on."""

# Paths are strings, as everywhere on the way to a check.
# ruff: noqa: PTH100, PTH109, PTH112, PTH118, PTH120
from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence

from awaitlens.cli.arguments import CouldNotRun, Options
from awaitlens.present.places import shown_path
from awaitlens.present.terminal import clear
from awaitlens.workspace import may_matter

DOCUMENTS = ("json", "sarif", "gitlab", "junit")
"""Formats that are one document from beginning to end, of which there cannot be several in a row."""

_SECONDS = 0.2
_NAMED = 3
"""Changed files that are named when a check begins; of more there is the number."""


def watch(options: Options, check: Callable[[], int]) -> int:
    """Check, and check again after each change, until the user interrupts. What could not run now may run later."""
    _refuse_what_does_not_repeat(options)
    try:
        for changed in _changes([os.path.abspath(path) for path in options.paths or ["."]]):
            _begin(changed)
            try:
                check()
            except CouldNotRun as error:
                print(f"awaitlens: {error}", file=sys.stderr)
            sys.stdout.flush()
    except KeyboardInterrupt:
        pass
    return 0


def _refuse_what_does_not_repeat(options: Options) -> None:
    unfit = {
        "--fix": options.fix,
        "--diff": options.diff,
        "--add-ignores": options.add_ignores,
        "--update-baseline": options.update_baseline,
        "standard input": options.stdin_filename is not None or "-" in options.paths,
        f"--output-format {options.output_format}": options.output_format in DOCUMENTS,
    }
    for name, given in unfit.items():
        if given:
            raise CouldNotRun(f"--watch cannot go together with {name}")


def _begin(changed: Sequence[str]) -> None:
    """On a terminal the last report makes room for the next. Elsewhere each begins with a line on stderr."""
    if clear(sys.stdout) or not changed:
        return
    few = len(changed) <= _NAMED
    names = ", ".join(shown_path(path, os.getcwd()) for path in changed) if few else f"{len(changed)} files"
    print(f"Changed: {names}", file=sys.stderr, flush=True)


def _changes(paths: Sequence[str]) -> Iterator[list[str]]:
    """What changed, time and again, and first of all nothing: whatever is written after that is not missed.

    Folders are watched with all that is in them. Files named outright, and files above the folders that decide how
    they are checked, are looked at again and again: editors put new files in their place, which a watch on them would
    miss, and a watch on the folders above could be one on the whole disk.
    """
    folders = [path for path in paths if os.path.isdir(path)]
    single = {*(path for path in paths if path not in folders), *_deciding_above(paths)}
    watching = _changes_within(folders)
    next(watching)
    before = _states(single)
    yield []
    for changed in watching:
        after = _states(single)
        changed = changed | {path for path in single if before[path] != after[path]}
        if changed:
            yield sorted(changed)
        before = after


def _changes_within(folders: Sequence[str]) -> Iterator[set[str]]:
    """What changed below the folders since the last time, a few times a second. The first answer: it watches now."""
    if folders:
        yield from _notified(folders)
    while True:
        yield set()
        time.sleep(_SECONDS)


def _notified(folders: Sequence[str]) -> Iterator[set[str]]:
    import watchfiles

    def matters(_: object, path: str) -> bool:
        return any(may_matter(path, folder) for folder in folders)

    timeout = int(_SECONDS * 1000)
    try:
        for changes in watchfiles.watch(
            *folders,
            watch_filter=matters,
            rust_timeout=timeout,
            yield_on_timeout=True,
            ignore_permission_denied=True,
        ):
            yield {path for _, path in changes}
    except OSError as error:
        raise CouldNotRun(
            f"the folder cannot be watched: {error}. With WATCHFILES_FORCE_POLLING=1 it is looked at instead"
        ) from error


def _deciding_above(paths: Iterable[str]) -> Iterator[str]:
    for path in paths:
        folder = os.path.dirname(path)
        while folder != os.path.dirname(folder):
            yield from (os.path.join(folder, name) for name in ("pyproject.toml", ".gitignore"))
            folder = os.path.dirname(folder)


def _states(paths: Iterable[str]) -> dict[str, tuple[int, int] | None]:
    return {path: _state(path) for path in paths}


def _state(path: str) -> tuple[int, int] | None:
    try:
        status = os.stat(path)  # noqa: PTH116
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size
