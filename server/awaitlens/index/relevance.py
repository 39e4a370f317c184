"""Which code without a word of async may still hold a pitfall: code that names something asynchronous.

A pitfall that can sit in plain code (an async function called and not awaited, a callback that is one) needs a name
there that leads to something asynchronous: a function of a file that the imports lead to, or of a library that such a
file imports. All other plain code need not even be parsed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from awaitlens.knowledge.concurrency import callbacks, spawners
from awaitlens.knowledge.coroutines import asynchronous_names
from awaitlens.program.modules import FileFacts
from awaitlens.program.ondemand import FileOnDemand

if TYPE_CHECKING:
    from awaitlens.program.program import Program

_ASSIGNED = re.compile(r"=[ \t]*(?:\w+\.)*(\w+)[ \t]*(?:#.*)?$", re.MULTILINE)
_TARGET = re.compile(r"[ \t]*(?:\w+\.)*(\w+)[ \t]*(?::[^=\n]*)?")
_GIVEN_BACK = re.compile(r"return[ \t]+(?:\w+\.)*(\w+)[ \t]*\(")
_DEFINED = re.compile(r"def[ \t]+(\w+)")
_DOCUMENTATION = re.compile(r'"""[^"]*"""')
_GLOBAL = re.compile(r"^(\w+)[ \t]*(?::[^=\n]*)?=(?!=)", re.MULTILINE)
_LOCAL = re.compile(r"^[ \t]+(\w+)[ \t]*=(?!=)", re.MULTILINE)
_PLAIN = str.maketrans(
    {chr(code): " " for code in range(128) if not (chr(code).isalnum() or chr(code) == "_")}
)
_OF_CONTAINERS = frozenset(name for cls in (dict, list, set, str) for name in dir(cls))
"""Methods that plain data has: `return options.get(key)` says nothing of an async `get` elsewhere."""

EVERYWHERE = -1
"""All files, as bits."""


class Handing(NamedTuple):
    """A name that stands for what another does: `name = other`, `def name(): return other()`."""

    name: str
    other: str


class Words:
    """The names by which plain code may reach something asynchronous, each with the files through which it does."""

    def __init__(self, program: Program) -> None:
        self._reach = program.reach
        self._bits: dict[str, int] = dict.fromkeys(_ALWAYS, EVERYWHERE)
        handings: dict[str, list[tuple[str, int]]] = {}
        packages: dict[str, int] = {}
        for path, number in self._reach.numbers().items():
            file, bit = program.files[path], 1 << number
            for name in file.async_names:
                self._bits[name] = self._bits.get(name, 0) | bit
            for name, other in _handings_in(file):
                handings.setdefault(other, []).append((name, number))
            for package in {each.module.partition(".")[0] for each in file.imported if not each.level}:
                packages[package] = packages.get(package, 0) | bit
            for each in file.imported:
                if each.symbol and each.module in _ASYNCHRONOUS:
                    self._bits[each.name] = self._bits.get(each.name, 0) | bit
        self._spread(handings)
        self._add_libraries(packages)

    def _spread(self, handings: Mapping[str, list[tuple[str, int]]]) -> None:
        """What hands on something asynchronous is so itself, where its file reaches the other."""
        forwards = self._reach.forwards()
        waiting = [name for name in self._bits if name in handings]
        while waiting:
            other = waiting.pop()
            for name, number in handings[other]:
                known = self._bits.get(name, 0)
                if not known >> number & 1 and forwards[number] & self._bits[other]:
                    self._bits[name] = known | 1 << number
                    if name in handings:
                        waiting.append(name)

    def _add_libraries(self, packages: Mapping[str, int]) -> None:
        for package, bits in packages.items():
            for name in (*asynchronous_names(package), *_tasks_of(package)):
                self._bits[name] = self._bits.get(name, 0) | bits
        for name in _threads():
            self._bits[name] = self._bits.get(name, 0) | packages.get("django", 0)

    def looked_at(self, file: FileFacts) -> Iterable[int]:
        """The numbers of the blocks in which a pitfall may be."""
        if not isinstance(file, FileOnDemand):
            return range(len(file.blocks))
        blocks = file.blocks
        reached = self._reach.reached(file.path)
        own = frozenset(_GLOBAL.findall(file.text)) if "async" in file.text else frozenset()
        return [
            number
            for number in blocks.every()
            if blocks.has_async(number) or self._names(blocks.text(number), reached, own)
        ]

    def _names(self, text: str, reached: int, own: frozenset[str]) -> bool:
        found = set(_DOCUMENTATION.sub("", text).translate(_PLAIN).split())
        if any(self._bits[name] & reached for name in found & self._bits.keys()):
            return True
        shadowed = own & found
        return bool(shadowed) and not shadowed.isdisjoint(_LOCAL.findall(text))


def _handings_in(file: FileFacts) -> Iterator[Handing]:
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
        if around is not None and found[1] not in _OF_CONTAINERS:
            yield Handing(around[1], found[1])


@lru_cache(maxsize=256)
def _tasks_of(package: str) -> frozenset[str]:
    """The last parts of the names of a package's calls that start tasks, wait for them or run functions on the loop."""
    names = [each.name for each in callbacks() if each.where == "loop"] + [each.name for each in spawners()]
    known = (name for name in names if name.partition(".")[0] == package != "contextlib")
    return frozenset(name.rpartition(".")[2] for name in known)


@lru_cache(maxsize=1)
def _threads() -> frozenset[str]:
    """The last parts of the names of calls that run functions on other threads: there Django's database matters."""
    return frozenset(each.name.rpartition(".")[2] for each in callbacks() if each.off_the_loop)


_ASYNCHRONOUS = frozenset({"asyncio", "anyio", "trio", "curio", "uvloop", "asgiref.sync"})

_ALWAYS = _ASYNCHRONOUS | {
    "asgiref",
    "loop",
    "Mock",
    "MagicMock",
    "AsyncMock",
    "patch",
    "asynccontextmanager",
    "__aenter__",
    "__aexit__",
    "__aiter__",
    "__anext__",
    "__await__",
    "__del__",
    "get_event_loop",
    "new_event_loop",
    "set_event_loop",
    "run_until_complete",
    "run_forever",
    "create_task",
    "ensure_future",
}
