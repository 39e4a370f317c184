"""Locks that live where the state they guard lives."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from awaitlens.pitfall import Edit
from awaitlens.program.facts import Attribute, Facts, Name
from awaitlens.program.view import View
from awaitlens.rewrite.statements import guard_with_lock, insert_statement_after
from awaitlens.source import Span

Edits = tuple[Edit, ...]


class Guard(NamedTuple):
    """`around` puts statements under a lock, in their own block; `beside` makes the lock, in coordinates of that block."""

    around: Edits
    beside: Edits


def guard_in_class(facts: Facts, view: View, attribute: str, first: Span, last: Span) -> Guard | None:
    """The statements from `first` to `last` of a method under a lock that `__init__` makes beside `self.attribute`.

    None where `__init__` does not give the attribute its value in a statement of its own suite.
    """
    lock = f"self._{attribute.strip('_')}_lock"
    around = guard_with_lock(facts, first, last, lock)
    made = _made_in_constructor(facts, view, attribute, f"{lock} = ‹asyncio.Lock›()")
    return Guard(around, made) if around and made else None


def _made_in_constructor(facts: Facts, view: View, attribute: str, statement: str) -> Edits | None:
    blocks = list(view.class_blocks(".".join(facts.owner), attribute))
    own = next((line for line, block in blocks if block is facts), -1)
    for line, block in blocks if own >= 0 else ():
        for access in block.accesses:
            begins = block.scopes[access.scope].name == "__init__" and access.context < 0
            if begins and access.kind == "write" and access.place == Attribute(Name("self"), attribute):
                edits = insert_statement_after(block, access.span, statement)
                return tuple(replace(e, span=e.span.shifted(line - own)) for e in edits) if edits else None
    return None
