"""Whether a repair is one: the repaired block is read again, and the explorer must find no schedule in it."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from awaitlens.program.extract import extract
from awaitlens.program.facts import Facts
from awaitlens.program.flow.conflicts import conflicts
from awaitlens.program.flow.races import Race, check_races, stale_writes
from awaitlens.program.flow.refills import refills
from awaitlens.program.modules import FileFacts
from awaitlens.syntax.blocks import Block
from awaitlens.syntax.parse import parse

if TYPE_CHECKING:
    from awaitlens.program.view import View

_INDENT = re.compile(r"(?:[ \t]*\r?\n)*([ \t]*)")
_DECLARED = re.compile(r"‹(\w+)[^›]*›")


Texts = tuple[tuple[Facts, str], ...]
"""Blocks of one file and what they are to become: the first is the finding's own."""


def is_repaired(view: View, texts: Texts, race: Race) -> bool:
    """Whether no race on the same place is left in the finding's block. False where a block does not parse any more."""
    after, there = _mended(view, texts)
    races = (*stale_writes(after, there), *check_races(after, there))
    return not after.repaired and all(other.place != race.place for other in races)


def is_settled(view: View, texts: Texts, place: str) -> bool:
    """Whether the finding's block finds the place as it left it, whoever comes in between."""
    after, there = _mended(view, texts)
    left = {found.place for found in conflicts(after, there)} | {
        found.place for found in refills(after, there)
    }
    return not after.repaired and place not in left


def _mended(view: View, texts: Texts) -> tuple[Facts, View]:
    """The first block as it will be, and the program as seen from there."""
    after = {id(facts): _read(facts, text) for facts, text in texts}
    blocks = tuple((line, after.get(id(facts), facts)) for line, facts in view.file.blocks)
    own = after[id(texts[0][0])]
    if any(each.repaired for each in after.values()):
        return replace(own, repaired=True), view
    return own, view.of(FileFacts(view.path, view.file.module, blocks), own)


def _read(facts: Facts, text: str) -> Facts:
    kind, code = "member" if facts.owner else "statement", _DECLARED.sub(r"\1", text)
    block = Block(code, facts.owner, kind, _INDENT.match(code)[1] if facts.owner else "")  # type: ignore[index]
    return extract(block, parse(block))
