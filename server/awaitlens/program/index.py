"""Where a name is defined, called and handed over: the tables that ask the other way round.

A file's table is built when somebody first asks for a name, and again when the file has changed. Names are the last
parts: `save` for `order.save`. Who asks resolves what is found; the tables only say where to look.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from awaitlens.program.facts import Attribute, Call, Facts, Lambda, Name, Scope, Term
from awaitlens.program.modules import FileFacts

if TYPE_CHECKING:
    from awaitlens.program.program import Program


class Defined(NamedTuple):
    """A function or class of that name."""

    file: FileFacts
    facts: Facts
    scope: Scope


class Mention(NamedTuple):
    """A call of that name; or a call that is given it uncalled, as `arguments[argument]`."""

    file: FileFacts
    facts: Facts
    call: Call
    argument: int = -1


Place = tuple[int, int, int]
"""Number of the block, number of the scope or call there, number of the argument or -1."""


class Table(NamedTuple):
    defined: dict[str, list[Place]]
    called: dict[str, list[Place]]
    given: dict[str, list[Place]]


class Index:
    """The tables of all files. `asked` are the names whose callers somebody wanted to know since the last `forget`."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._tables: dict[str, tuple[FileFacts, Table]] = {}
        self._paths: dict[str, set[str]] = {}
        self._stale: set[str] = set()
        self.asked: set[str] = set()

    def touch(self, path: str) -> None:
        """The file at the path is new, changed or gone."""
        self._stale.add(path)

    def forget(self) -> None:
        self.asked.clear()

    def defined(self, name: str) -> Iterator[Defined]:
        """The functions and classes of that name."""
        for file, places in self._find("defined", name):
            for block, scope, _ in places:
                facts = file.facts(block)
                yield Defined(file, facts, facts.scopes[scope])

    def called(self, name: str) -> Iterator[Mention]:
        """The calls of something of that name."""
        return self._mentions("called", name)

    def given(self, name: str) -> Iterator[Mention]:
        """The calls that something of that name is handed to, uncalled."""
        return self._mentions("given", name)

    def notices(self, old: Facts, new: Facts) -> bool:
        """Whether a name that was asked for is called or handed over in one of the two and not in the other."""
        if not self.asked:
            return False
        return bool(self.asked & (_mentioned(old) ^ _mentioned(new)))

    def _mentions(self, kind: str, name: str) -> Iterator[Mention]:
        self.asked.add(name)
        for file, places in self._find(kind, name):
            for block, call, argument in places:
                facts = file.facts(block)
                yield Mention(file, facts, facts.calls[call], argument)

    def _find(self, kind: str, name: str) -> Iterator[tuple[FileFacts, list[Place]]]:
        self._refresh()
        for path in sorted(self._paths.get(name, ())):
            before, table = self._tables[path]
            file = self._program.files.get(path, before)
            places: list[Place] = getattr(table, kind).get(name, [])
            if places:
                yield file, places

    def _refresh(self) -> None:
        for path in self._stale:
            self._drop(path)
            file = self._program.files.get(path)
            if file is not None:
                table = _table(file)
                self._tables[path] = file, table
                for name in {*table.defined, *table.called, *table.given}:
                    self._paths.setdefault(name, set()).add(path)
        self._stale.clear()

    def _drop(self, path: str) -> None:
        entry = self._tables.pop(path, None)
        if entry is not None:
            for name in {*entry[1].defined, *entry[1].called, *entry[1].given}:
                self._paths[name].discard(path)


def last_name(term: Term) -> str:
    """The last part of a dotted name; "" for any other term."""
    if isinstance(term, Attribute):
        return term.attr
    return term.id if isinstance(term, Name) else ""


def _table(file: FileFacts) -> Table:
    table = Table({}, {}, {})
    for block, (_, facts) in enumerate(file.blocks):
        for scope in facts.scopes:
            if scope.kind in ("function", "class") and scope.parent >= 0:
                table.defined.setdefault(scope.name, []).append((block, scope.number, -1))
        for call in facts.calls:
            name = last_name(call.callee)
            if name:
                table.called.setdefault(name, []).append((block, call.number, -1))
            for number, argument in enumerate(call.arguments):
                name = _given_name(argument.value, facts)
                if name:
                    table.given.setdefault(name, []).append((block, call.number, number))
    return table


def _given_name(term: Term, facts: Facts) -> str:
    if isinstance(term, Lambda):
        return facts.scopes[term.scope].name
    return last_name(term)


def _mentioned(facts: Facts) -> set[str]:
    called = {last_name(call.callee) for call in facts.calls}
    return called | {
        _given_name(argument.value, facts) for call in facts.calls for argument in call.arguments
    }
