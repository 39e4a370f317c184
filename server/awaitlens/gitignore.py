"""Patterns of .gitignore files, matched as git matches them.

pathspec translates each pattern; the matching is done here, entry by entry while a folder is walked. A walk never
enters an ignored folder, so an entry is only ever asked about once, and nearly always the answer is "no pattern fits":
one joined expression says so in a single search.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

_GROUP_NAME = re.compile(r"\(\?P<\w+>")


class IgnorePatterns(NamedTuple):
    """The patterns of one file, for the folder `base` (an absolute path that ends in a separator)."""

    base: str
    any_of_them: re.Pattern[str] | None
    patterns: tuple[tuple[re.Pattern[str], bool], ...]

    def decide(self, entry: str) -> bool | None:
        """Whether the absolute path `entry` is ignored; None when no pattern says anything.

        A folder's path ends in a slash. The last pattern that fits decides.
        """
        if self.any_of_them is None or not entry.startswith(self.base):
            return None
        relative = entry[len(self.base) :]
        if self.any_of_them.search(relative) is None:
            return None
        return next((ignores for pattern, ignores in self.patterns if pattern.search(relative)), None)


def read_patterns(lines: Iterable[str], folder: str) -> IgnorePatterns:
    """Understand the lines of a .gitignore in `folder`. Lines that are no valid pattern are passed over, as git does."""
    from pathspec.patterns.gitignore.base import GitIgnorePatternError
    from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

    expressions: list[tuple[str, bool]] = []
    for line in lines:
        try:
            expression, ignores = GitIgnoreSpecPattern.pattern_to_regex(line.rstrip("\r\n"))
        except GitIgnorePatternError:
            continue
        if expression is not None and ignores is not None:
            expressions.append((_GROUP_NAME.sub("(?:", expression), ignores))
    joined = re.compile("|".join(expression for expression, _ in expressions)) if expressions else None
    base = folder.rstrip("/") + "/"
    return IgnorePatterns(base, joined, tuple((re.compile(e), i) for e, i in reversed(expressions)))
