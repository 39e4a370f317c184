"""A baseline: findings that are known already, so that a check speaks only of new ones.

A finding is recognised by its file, pitfall, enclosing function and code, not by its line. Two that are alike in all
of these count as two: a third one is new.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from awaitlens.cli.arguments import CouldNotRun
from awaitlens.present.places import fingerprint
from awaitlens.present.report import Told

_VERSION = 1


def read_baseline(path: str) -> Counter[str]:
    """How often each known finding may appear. Raises CouldNotRun when the file is not there or is no baseline."""
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
        return Counter({entry["fingerprint"]: int(entry["count"]) for entry in content["findings"]})
    except FileNotFoundError:
        raise CouldNotRun(f"there is no baseline {path}; --update-baseline writes one") from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CouldNotRun(f"{path} is no baseline: {error}") from error


def unknown(told: Iterable[Told], known: Counter[str]) -> list[Told]:
    """The findings that the baseline does not hold."""
    left = Counter(known)
    new = []
    for t in told:
        mark = fingerprint(t.path, t.source, t.finding)
        if left[mark] > 0:
            left[mark] -= 1
        else:
            new.append(t)
    return new


def write_baseline(path: str, told: Sequence[Told]) -> None:
    """Write the findings as a file that diffs well: one line each, sorted by place. Raises CouldNotRun."""
    counts: Counter[str] = Counter()
    about: dict[str, tuple[str, str]] = {}
    for t in told:
        mark = fingerprint(t.path, t.source, t.finding)
        counts[mark] += 1
        about[mark] = (t.path, t.finding.pitfall)
    entries = sorted((*about[mark], mark, count) for mark, count in counts.items())
    lines = (
        json.dumps(
            {"path": path, "pitfall": pitfall, "fingerprint": mark, "count": count}, ensure_ascii=False
        )
        for path, pitfall, mark, count in entries
    )
    text = f'{{"version": {_VERSION}, "findings": [\n' + ",\n".join(lines) + "\n]}\n"
    try:
        Path(path).write_text(text, encoding="utf-8")
    except OSError as error:
        raise CouldNotRun(f"cannot write the baseline {path}: {error.strerror}") from error
