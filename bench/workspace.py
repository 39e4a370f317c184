"""A whole workspace, cold, warm and after one change, beside `ruff check --select ASYNC` on the same files.

    python bench/workspace.py FOLDER [--file FILE] [--runs 3]

Prints medians of wall and processor time and the ratio to ruff, all from one run. FILE is changed for a moment: a line
is added at its end, and taken away again.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple


class Cost(NamedTuple):
    """Seconds."""

    wall: float
    processor: float


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--file", type=Path)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as caches:
        os.environ["AWAITLENS_CACHE_DIR"] = f"{caches}/awaitlens"
        os.environ["RUFF_CACHE_DIR"] = f"{caches}/ruff"
        _compare(options.folder, options.file, options.runs)


def _compare(folder: Path, file: Path | None, runs: int) -> None:
    ours = [sys.executable, "-m", "awaitlens", "check", "--statistics", str(folder)]
    ruff = [sys.executable, "-m", "ruff", "check", "--select", "ASYNC", "--quiet", str(folder)]
    lines = sum(path.read_bytes().count(b"\n") for path in folder.rglob("*.py"))
    print(f"{lines:,} lines in {folder}")
    cold = _timed([*ours, "--no-cache"], runs), _timed([*ruff, "--no-cache"], runs)
    _row("cold", *cold)
    print(f"{'':16}{lines / cold[0].wall:10,.0f} lines/s; {_peak():.0f} MB at most in one process")
    _timed(ours, 1)
    _timed(ruff, 1)
    _row("unchanged", _timed(ours, runs), _timed(ruff, runs))
    if file is not None:
        _row("one file changed", _timed_after(file, ours, runs), _timed_after(file, ruff, runs))


def _timed(command: Sequence[str], runs: int, before: Callable[[], object] = lambda: None) -> Cost:
    costs = []
    for _ in range(runs):
        before()
        wall, used = time.perf_counter(), _used()
        subprocess.run(command, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        costs.append(Cost(time.perf_counter() - wall, _used() - used))
    return Cost(median(cost.wall for cost in costs), median(cost.processor for cost in costs))


def _timed_after(file: Path, command: Sequence[str], runs: int) -> Cost:
    original = file.read_bytes()
    number = iter(range(1_000_000))
    try:
        return _timed(
            command,
            runs,
            lambda: file.write_bytes(original + b"\n\nasync def added():\n    return %d\n" % next(number)),
        )
    finally:
        file.write_bytes(original)


def _used() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def _row(name: str, ours: Cost, ruff: Cost) -> None:
    print(
        f"{name:16}{ours.wall:9.3f} s {ours.processor:9.3f} cpu   ruff {ruff.wall:7.3f} s {ruff.processor:7.3f} cpu"
        f"   {ours.wall / ruff.wall:7.1f} x"
    )


if __name__ == "__main__":
    main()
