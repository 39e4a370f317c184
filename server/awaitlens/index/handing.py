"""Which names of a file may stand for what other names do, by its text alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from awaitlens.program.modules import FileFacts
from awaitlens.program.skim import classes

_ASSIGNED = re.compile(r"=[ \t]*(?:\w+\.)*(\w+)[ \t]*(?:#.*)?$", re.MULTILINE)
_TARGET = re.compile(r"[ \t]*(?:\w+\.)*(\w+)[ \t]*(?::[^=\n]*)?")
_GIVEN_BACK = re.compile(r"return[ \t]+(?:\w+\.)*(\w+)[ \t]*\(")
_DEFINED = re.compile(r"def[ \t]+(\w+)")
OF_CONTAINERS = frozenset(name for cls in (dict, list, set, str) for name in dir(cls))
"""Methods that plain data has: `return options.get(key)` says nothing of an async `get` elsewhere."""


class Handing(NamedTuple):
    """A name that stands for what another does: `name = other`, `def name(): return other()`."""

    name: str
    other: str


def handings_in(file: FileFacts) -> Iterator[Handing]:
    """The names of a file that may stand for what other names do."""
    text = file.text
    for each in file.imported:
        if each.symbol and each.name != each.symbol:
            yield Handing(each.name, each.symbol)
    for found in _ASSIGNED.finditer(text):
        target = _TARGET.fullmatch(text, text.rfind("\n", 0, found.start()) + 1, found.start())
        if target is not None:
            yield Handing(target[1], found[1])
    for found in _GIVEN_BACK.finditer(text):
        around = _DEFINED.match(text, text.rfind("def ", 0, found.start()))
        if around is not None and found[1] not in OF_CONTAINERS:
            yield Handing(around[1], found[1])


def managers_in(file: FileFacts) -> Iterator[str]:
    """The names of the classes, in files that define what `async with` or `async for` calls."""
    if not file.async_names.isdisjoint(_ENTERED):
        yield from classes(file.text)


_ENTERED = frozenset({"__aenter__", "__anext__", "__aiter__"})
