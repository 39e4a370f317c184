"""Whether a repair is one: the repaired block is read again, and the explorer must find no schedule in it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from awaitlens.program.extract import extract
from awaitlens.program.facts import Facts
from awaitlens.program.flow.races import Race, check_races, stale_writes
from awaitlens.syntax.blocks import Block
from awaitlens.syntax.parse import parse

if TYPE_CHECKING:
    from awaitlens.program.view import View

_INDENT = re.compile(r"(?:[ \t]*\r?\n)*([ \t]*)")
_DECLARED = re.compile(r"‹(\w+)[^›]*›")


def is_repaired(facts: Facts, view: View, text: str, race: Race) -> bool:
    """Whether the block, with `text` in place of its own, shows no race on the same place. False where it does not parse."""
    kind, code = "member" if facts.owner else "statement", _DECLARED.sub(r"\1", text)
    block = Block(code, facts.owner, kind, _INDENT.match(code)[1] if facts.owner else "")  # type: ignore[index]
    after = extract(block, parse(block))
    races = (*stale_writes(after, view), *check_races(after, view))
    return not after.repaired and all(other.place != race.place for other in races)
