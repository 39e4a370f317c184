"""What the patterns of a `match` statement say of values, and the names they bind."""

from __future__ import annotations

import ast

from awaitlens.program.expressions import term
from awaitlens.program.facts import UNKNOWN, Other, Term, Usage
from awaitlens.program.recorder import Recorder

_OTHER = Usage("other")


def matched(record: Recorder, pattern: ast.pattern) -> tuple[Term, ...]:
    """The classes of which what matches is one, as an annotation would say it; () where the pattern asks for none."""
    if isinstance(pattern, ast.MatchAs) and pattern.pattern is not None:
        return matched(record, pattern.pattern)
    if isinstance(pattern, ast.MatchClass):
        return (term(record, pattern.cls, _OTHER),)
    if isinstance(pattern, ast.MatchOr):
        options = [matched(record, option) for option in pattern.patterns]
        return (Other("BitOr", tuple(part for (part,) in options)),) if all(options) else ()
    return ()


def bind_names(record: Recorder, pattern: ast.pattern) -> None:
    """The names that a pattern binds: `case Shop(owner=Client() as client)` says of what class."""
    for part in ast.walk(pattern):
        name = getattr(part, "name", None) or getattr(part, "rest", None)
        if isinstance(part, (ast.MatchAs, ast.MatchStar, ast.MatchMapping)) and name:
            kinds = matched(record, part) if isinstance(part, ast.MatchAs) else ()
            record.bind(name, "match", record.span(part), UNKNOWN, *kinds)
