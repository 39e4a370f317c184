"""A whole workspace, cold, unchanged and after one change, beside `ruff check --select ASYNC,RUF006` on the same files.

    python bench/workspace.py FOLDER [--file FILE --function NAME] [--runs 3]

Prints medians of wall and processor time, the ratio to ruff and the memory of the largest process, all from one run.
FILE is changed for a moment, and then is as it was: a remark is added at its end; the body of the function at its top
is edited; a blocking call is put there. Last, there are new files beside it, one more each time.
"""

from __future__ import annotations

import argparse
import ast
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

_BIN = Path(sys.executable).parent


class Cost(NamedTuple):
    """Seconds, and megabytes of the first process."""

    wall: float
    processor: float
    memory: float


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--file", type=Path)
    parser.add_argument("--function", default="")
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as caches:
        os.environ["AWAITLENS_CACHE_DIR"] = f"{caches}/awaitlens"
        os.environ["RUFF_CACHE_DIR"] = f"{caches}/ruff"
        # Installed tools come compiled; a checkout compiles itself on the first run, unless it is forbidden to.
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        _compare(options.folder, options.file, options.function, options.runs)


def _compare(folder: Path, file: Path | None, function: str, runs: int) -> None:
    ours = [str(_BIN / "awaitlens"), "check", str(folder)]
    ruff = [str(_BIN / "ruff"), "check", "--select", "ASYNC,RUF006", str(folder)]
    lines = sum(path.read_bytes().count(b"\n") for path in folder.rglob("*.py"))
    print(f"{lines:,} lines in {folder}")
    cold = _timed([*ours, "--no-cache"], runs), _timed([*ruff, "--no-cache"], runs)
    _row("cold", *cold)
    print(f"{'':16}{lines / cold[0].wall:10,.0f} lines/s")
    _timed(ours, 1)
    _timed(ruff, 1)
    _row("unchanged", *_in_turn(ours, ruff, runs))
    if file is not None:
        for name, change in _changes(file.read_text(encoding="utf-8"), function):
            _row(name, *_in_turn(ours, ruff, runs, lambda n, change=change: file.write_text(change(n)), file))
        new = [file.with_name(f"brand_new_{number}.py") for number in range(runs)]
        try:
            _row("one file new", *_in_turn(ours, ruff, runs, lambda n: new[n].write_text("x = 1\n")))
        finally:
            for path in new:
                path.unlink(missing_ok=True)


def _changes(text: str, function: str) -> Iterator[tuple[str, Callable[[int], str]]]:
    """What becomes of a file's text, another text for each number."""
    yield "a remark", lambda n: f"{text}\n# remark {n}\n"
    node = next((n for n in ast.parse(text).body if getattr(n, "name", "") == function), None)
    if isinstance(node, ast.FunctionDef):
        lines, at, indent = text.split("\n"), node.body[-1].lineno - 1, " " * node.body[-1].col_offset

        def with_line(line: str) -> str:
            return "\n".join([*lines[:at], indent + line, *lines[at:]])

        yield "a body", lambda n: with_line(f"_x = {n}")
        yield "a blocking call", lambda n: with_line(f"import time; time.sleep({n})")


def _in_turn(
    ours: Sequence[str],
    ruff: Sequence[str],
    runs: int,
    before: Callable[[int], object] = lambda n: None,
    file: Path | None = None,
) -> tuple[Cost, Cost]:
    """Both, run in turn, so that whatever else the machine does hits both; each change is new to both of them."""
    original = file.read_bytes() if file is not None else b""
    costs: tuple[list[Cost], list[Cost]] = [], []
    try:
        for number in range(runs):
            before(number)
            for command, found in zip((ours, ruff), costs):
                found.append(_timed(command, 1))
    finally:
        if file is not None:
            file.write_bytes(original)
    return _median(costs[0]), _median(costs[1])


def _timed(command: Sequence[str], runs: int) -> Cost:
    costs = []
    for _ in range(runs):
        wall, used = time.perf_counter(), _used()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, process.returncode, usage = os.wait4(process.pid, 0)
        costs.append(Cost(time.perf_counter() - wall, _used() - used, usage.ru_maxrss / 1024))
    return _median(costs)


def _median(costs: Sequence[Cost]) -> Cost:
    return Cost(*(median(values) for values in zip(*costs)))


def _used() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _row(name: str, ours: Cost, ruff: Cost) -> None:
    print(
        f"{name:16}{ours.wall:9.3f} s {ours.processor:9.3f} cpu   ruff {ruff.wall:7.3f} s {ruff.processor:7.3f} cpu"
        f"   {ours.wall / ruff.wall:7.1f} x {ours.memory:7.0f} MB"
    )


if __name__ == "__main__":
    main()
