"""Calls that take their arguments for plain values: a coroutine goes in as it is, and nobody awaits it.

Source: `consumers.tsv`, read off the signatures and sources of the versions it names.
"""

from __future__ import annotations

from functools import lru_cache

from awaitlens.knowledge.aliases import canonical
from awaitlens.knowledge.tables import Grouped

_CONSUMERS = Grouped("consumers")


@lru_cache(maxsize=4096)
def looks_at_values(name: str) -> bool:
    """Whether a call of this dotted name looks at what it is given, and awaits none of it."""
    return _word(name) != ""


@lru_cache(maxsize=4096)
def keeps_elements(name: str) -> bool:
    """Whether a call of this dotted name keeps the elements of what it is given as they are: `list(...)`."""
    return _word(name) == "holder"


def _word(name: str) -> str:
    owner, _, member = canonical(name).rpartition(".")
    return _CONSUMERS.get(owner or "builtins", member) or ""
