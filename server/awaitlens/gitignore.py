"""Patterns of .gitignore files, matched as git matches them.

pathspec translates each pattern; the matching is done here, entry by entry while a folder is walked. A walk never
enters an ignored folder, so an entry is only ever asked about once, and nearly always the answer is "no pattern fits":
one joined expression says so. Most patterns speak of names alone, and for those the path need not be looked at.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

_GROUP_NAME = re.compile(r"\(\?P<\w+>")
_ANYWHERE = "^(?:.+/)?"
_ENDS = ("(?:(?:/)|$)", "(?:/)")


class _Pattern(NamedTuple):
    expression: re.Pattern[str]
    ignores: bool
    by_name: bool


class IgnorePatterns(NamedTuple):
    """The patterns of one file, last one first, for the folder `base` (an absolute path that ends in a slash)."""

    base: str
    some_name: re.Pattern[str] | None
    some_path: re.Pattern[str] | None
    patterns: tuple[_Pattern, ...]

    def decide(self, entry: str) -> bool | None:
        """Whether the absolute path `entry` is ignored; None when no pattern says anything.

        A folder's path ends in a slash. The last pattern that fits decides.
        """
        if not entry.startswith(self.base):
            return None
        path = entry[len(self.base) :]
        name = path[path.rfind("/", 0, -1) + 1 :]
        by_name = self.some_name is not None and self.some_name.match(name)
        if not by_name and not (self.some_path is not None and self.some_path.match(path)):
            return None
        return next(
            (p.ignores for p in self.patterns if p.expression.match(name if p.by_name else path)), None
        )

    def covers(self, path: str) -> bool:
        """Whether the patterns fit a file, or a folder around it, that no walk has asked about before."""
        ends = (n + 1 for n in range(len(self.base), len(path)) if path[n] == "/")
        return any(self.decide(path[:end]) for end in (*ends, len(path)))


def read_patterns(lines: Iterable[str], folder: str) -> IgnorePatterns:
    """Understand the lines of a .gitignore in `folder`. Lines that are no valid pattern are passed over, as git does."""
    from pathspec.patterns.gitignore.base import GitIgnorePatternError
    from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

    names: list[str] = []
    paths: list[str] = []
    patterns: list[_Pattern] = []
    for line in lines:
        try:
            expression, ignores = GitIgnoreSpecPattern.pattern_to_regex(line.rstrip("\r\n"))
        except GitIgnorePatternError:
            continue
        if expression is None or ignores is None:
            continue
        expression = _GROUP_NAME.sub("(?:", expression)
        by_name = _is_about_names(expression)
        expression = expression.removeprefix(_ANYWHERE) if by_name else _from_the_start(expression)
        (names if by_name else paths).append(expression)
        patterns.append(_Pattern(re.compile(expression), ignores, by_name))
    base = folder.rstrip("/") + "/"
    return IgnorePatterns(base, _joined(names), _joined(paths), tuple(reversed(patterns)))


def _is_about_names(expression: str) -> bool:
    """Whether a translated pattern holds one name, wherever it lies, with or without the slash of a folder."""
    if not expression.startswith(_ANYWHERE):
        return False
    end = next((end for end in _ENDS if expression.endswith(end)), "")
    return bool(end) and "/" not in expression[len(_ANYWHERE) : -len(end)].replace("[^/]", "")


def _from_the_start(expression: str) -> str:
    """pathspec's expressions are searched for; the few that are not tied to the start are tied with a prefix here."""
    return expression if expression.startswith("^") else f".*(?:{expression})"


def _joined(expressions: list[str]) -> re.Pattern[str] | None:
    return re.compile("|".join(f"(?:{expression})" for expression in expressions)) if expressions else None
