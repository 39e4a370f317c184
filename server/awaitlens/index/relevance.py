"""Which code without a word of async may still hold a pitfall: code that names something asynchronous.

A pitfall that can sit in plain code (an async function called and not awaited, a callback that is one) needs a name
there that leads to something asynchronous: a function of a file that the imports lead to, or of a library that such a
file imports. All other plain code need not even be parsed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from awaitlens.index.handing import handings_in, managers_in
from awaitlens.index.threadwise import FRAMEWORKS, WAKING, may_run_on_loop, primitives_in
from awaitlens.index.uses import Used, only_imports, used_names
from awaitlens.knowledge.concurrency import callbacks, spawners
from awaitlens.knowledge.coroutines import asynchronous_names
from awaitlens.program.modules import FileFacts
from awaitlens.program.ondemand import FileOnDemand
from awaitlens.program.skim import has_async, words

if TYPE_CHECKING:
    from awaitlens.program.program import Program

# Of a text with a line end before it: that is looked for quicker than the start of a line.
_GLOBAL = re.compile(r"\n(\w+)[ \t]*(?::[^=\n]*)?=(?!=)")
_DECORATED = re.compile(r"\n[ \t]*@[^\n]*\n(?:[ \t]*[@#][^\n]*\n)*[ \t]*async[ \t]+def[ \t]+(\w+)")
_LOCAL = re.compile(r"\n[ \t]+(\w+)[ \t]*=(?!=)")
EVERYWHERE = -1
"""All files, as bits."""


class Words:
    """The names by which plain code may reach something asynchronous, each with the files through which it does."""

    def __init__(self, program: Program) -> None:
        self._reach = program.reach
        self._bits: dict[str, int] = dict.fromkeys(_ALWAYS, EVERYWHERE)
        self._decorated: set[str] = set()
        self._waking: dict[str, int] = {}
        handings: dict[str, list[tuple[str, int]]] = {}
        packages: dict[str, int] = {}
        for path, number in self._reach.numbers().items():
            file, bit = program.files[path], 1 << number
            for name in (*file.async_names, *managers_in(file)):
                self._bits[name] = self._bits.get(name, 0) | bit
            if file.async_names:
                self._decorated.update(_DECORATED.findall("\n" + file.text))
            for name in primitives_in(file.text):
                self._waking[name] = self._waking.get(name, 0) | bit
            for name, other in handings_in(file):
                handings.setdefault(other, []).append((name, number))
            for package in {each.module.partition(".")[0] for each in file.imported if not each.level}:
                packages[package] = packages.get(package, 0) | bit
            for each in file.imported:
                if each.symbol and each.module in _ASYNCHRONOUS:
                    self._bits[each.name] = self._bits.get(each.name, 0) | bit
        self._spread(handings)
        self._add_libraries(packages)
        self._packages = packages

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
        around = self._around(file)
        if not has_async(file.text) and not self._may_matter(file.text, around):
            return ()
        blocks = file.blocks
        return [
            number
            for number in blocks.every()
            if blocks.has_async(number) or self._may_be_in(blocks.text(number), around)
        ]

    def _around(self, file: FileFacts) -> _Around:
        reached = self._reach.reached(file.path)
        own = frozenset(_GLOBAL.findall("\n" + file.text)) if "async" in file.text else frozenset[str]()
        return _Around(reached, own, frozenset(p for p in FRAMEWORKS if self._packages.get(p, 0) & reached))

    def _may_matter(self, text: str, around: _Around) -> bool:
        """Whether a pitfall may be in a file without a word of async."""
        spelled = words(text)
        return bool(
            self._reached(self._bits, spelled, around)
            or not WAKING.isdisjoint(spelled)
            or may_run_on_loop(text, around.packages)
            or not around.own.isdisjoint(spelled)
        )

    def _may_be_in(self, text: str, around: _Around) -> bool:
        """Whether a pitfall may be in a block without a word of async."""
        spelled = words(text)
        leading = self._reached(self._bits, spelled, around)
        waking = set[str]() if WAKING.isdisjoint(spelled) else self._reached(self._waking, spelled, around)
        # Whatever it calls may block by way of others.
        is_run = may_run_on_loop(text, around.packages)
        if (leading or is_run or waking) and not only_imports(text):
            used = used_names(text)
            if (is_run and used.called) or self._uses(leading, used):
                return True
            if waking and not WAKING.isdisjoint(used.called) and not waking.isdisjoint(used.read):
                return True
        return not around.own.isdisjoint(spelled) and not around.own.isdisjoint(_LOCAL.findall("\n" + text))

    @staticmethod
    def _reached(names: Mapping[str, int], spelled: set[str], around: _Around) -> set[str]:
        return {name for name in spelled & names.keys() if names[name] & around.reached}

    def _uses(self, leading: set[str], used: Used) -> bool:
        """Whether a block does something with one of the names beside spelling it."""
        return not (
            leading.isdisjoint(used.called)
            and (leading & self._decorated).isdisjoint(used.read)
            and (leading & _ALWAYS).isdisjoint(used.spelled)
        )


class _Around(NamedTuple):
    """What a file reaches: files as bits; its own variables, where it has anything async; packages, through any file."""

    reached: int
    own: frozenset[str]
    packages: frozenset[str]


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
