"""Where a name is defined, called and handed over: the tables that ask the other way round.

A file's table is built when somebody first asks for a name, and again when the file has changed. Names are the last
parts: `save` for `order.save`. Who asks resolves what is found; the tables only say where to look.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

from awaitlens.program.facts import Call, Facts, Name, Scope, last_name
from awaitlens.program.memory import Asked
from awaitlens.program.mentions import Place, Table, given_name, table_of
from awaitlens.program.modules import FileFacts
from awaitlens.program.ondemand import FileOnDemand
from awaitlens.program.skim import Kind
from awaitlens.program.unread import Unread

if TYPE_CHECKING:
    from awaitlens.program.catalogue import Catalogue
    from awaitlens.program.program import Program


_PROPERTY = Name("property")
_FEW = 50
Defining = Literal["defined", "async", "plain"]


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


_GONE: tuple[Table, list[int]] = Table({}, {}, {}), []


class Read(NamedTuple):
    """The tables of a file whose blocks are all read.

    `known` holds a table for each block's facts, by identity, so that an edit leaves the other blocks' alone; `placed`
    each table by its own identity, with the numbers that its blocks have now; `where` the identities of the tables that
    hold a name, gone ones possibly among them.
    """

    file: FileFacts
    known: dict[int, tuple[Facts, Table]]
    placed: dict[int, tuple[Table, list[int]]]
    where: dict[str, set[int]]

    def places(self, kind: Kind, name: str) -> Iterator[Place]:
        for identity in self.where.get(name, ()):
            table, blocks = self.placed.get(identity, _GONE)
            for place in table.of(kind).get(name, ()):
                yield from (place._replace(block=block) for block in blocks)


class Index:
    """The tables of all files. `asked` are the names whose callers somebody wanted to know since the last `forget`, with
    the files that they may mean something in ("" for any)."""

    def __init__(self, program: Program, catalogue: Catalogue | None = None) -> None:
        self._program = program
        self._catalogue = catalogue
        self._tables: dict[str, Read] = {}
        self._paths: dict[str, set[str]] = {}
        self._stale: set[str] = set()
        self._unread = Unread(program, catalogue)
        self._async: set[str] = set()
        self._plain: set[str] = set()
        self._properties: set[str] = set()
        self.asked: dict[str, set[str]] = {}

    def touch(self, path: str) -> None:
        """The file at the path is new, changed or gone."""
        self._stale.add(path)

    def replaced(self, file: FileFacts, number: int, old: Facts) -> None:
        """One block of a file is another one now, where it was."""
        read = self._tables.get(file.path)
        if read is None or file.path in self._stale or id(old) not in read.known:
            self.touch(file.path)
            return
        facts, table = file.facts(number), read.known[id(old)][1]
        if read.placed[id(table)][1] != [number] or id(facts) in read.known:
            self.touch(file.path)
            return
        del read.known[id(old)]
        if _names_alike(old, facts):
            read.known[id(facts)] = facts, table
        else:
            _lose(read.where, read.placed.pop(id(table))[0])
            read.known[id(facts)] = facts, table = self._entry(file.path, facts, read.where)
            read.placed[id(table)] = table, [number]
        self._tables[file.path] = read._replace(file=file)

    def forget(self) -> None:
        self.asked.clear()
        self._unread.forget()

    def defined(self, name: str) -> Iterator[Defined]:
        """The functions and classes of that name."""
        return self._defined("defined", name, "")

    def functions(self, name: str, is_async: bool, leading_to: str = "") -> Iterator[Defined]:
        """The functions of that name and colour; of those files only whose names may lead to a file, if one is given."""
        found = self._defined("async" if is_async else "plain", name, leading_to)
        return (each for each in found if each.scope.kind == "function" and each.scope.is_async == is_async)

    def _defined(self, kind: Defining, name: str, leading_to: str) -> Iterator[Defined]:
        self._program.names.memory.rests_on("", Asked(kind, name, leading_to))
        for file, places in self._find(kind, name, leading_to):
            for block, scope, _ in places:
                facts = file.facts(block)
                yield Defined(file, facts, facts.scopes[scope])

    def is_async_somewhere(self, name: str) -> bool:
        """Whether some function of that name is async, or was before an edit."""
        self._refresh()
        return name in self._async or self._is_listed("async", name)

    def is_plain_somewhere(self, name: str) -> bool:
        """Whether some function of that name is not async, or was not before an edit."""
        self._refresh()
        return name in self._plain or self._is_listed("plain", name)

    def is_property_somewhere(self, name: str) -> bool:
        """Whether some class has a plain property of that name, or had one before an edit."""
        self._refresh()
        return name in self._properties or self._is_listed("property", name)

    def may_spell_property(self, text: str) -> bool:
        """Whether a name that `is_property_somewhere` may stand in a text; where there are many, it is taken for granted."""
        self._refresh()
        if self._catalogue is not None or len(self._properties) > _FEW:
            return True
        return any(name in text for name in self._properties)

    def _is_listed(self, kind: Kind, name: str) -> bool:
        return self._catalogue is not None and bool(self._catalogue.holding(kind, name))

    def spelling(self, name: str) -> Iterator[FileFacts]:
        """The files in which the name may be written."""
        self._program.names.memory.rests_on("", Asked("spelled", name, ""))
        if self._catalogue is None:
            yield from self._program.files.values()
            return
        listed = {self._catalogue.paths[number] for number in self._catalogue.holding("called", name)}
        for path in self._program.files:
            if path in listed or path not in self._catalogue.numbers:
                yield self._program.files[path]

    def called(self, name: str, defined_in: str = "", constructor_of: str = "") -> Iterator[Mention]:
        """The calls of something of that name; those only that may mean what is defined in a file, if one is given.

        `constructor_of` names the class whose constructor is asked about, if it is one."""
        return self._mentions("called", name, defined_in, constructor_of)

    def given(self, name: str, defined_in: str = "", constructor_of: str = "") -> Iterator[Mention]:
        """The calls that something of that name is handed to, uncalled; likewise."""
        return self._mentions("given", name, defined_in, constructor_of)

    def notices(self, path: str, old: Facts, new: Facts) -> bool:
        """Whether a name that was asked for is called or handed over otherwise in a file's new block than in the old one,
        and may mean there what was asked about."""
        changed = _mentions(old, self.asked) ^ _mentions(new, self.asked) if self.asked else ()
        leads = self._program.reach.leads
        targets = (target for name, _, _ in changed for target in self.asked[name])
        return any(not target or leads(path, target) for target in targets)

    def _mentions(
        self, kind: Kind, name: str, defined_in: str, constructor_of: str = ""
    ) -> Iterator[Mention]:
        self.asked.setdefault(name, set()).add(defined_in)
        self._program.names.memory.rests_on("", Asked("called", name, defined_in))
        for file, places in self._find(kind, name, defined_in, constructor_of):
            for block, call, argument in places:
                facts = file.facts(block)
                yield Mention(file, facts, facts.calls[call], argument)

    def _find(
        self, kind: Kind, name: str, target: str, constructor_of: str = ""
    ) -> Iterator[tuple[FileFacts, Sequence[Place]]]:
        self._refresh()
        leads = self._program.reach.leads
        for path in sorted(self._paths.get(name, ()), key=lambda path: (path != target, path)):
            if target and not leads(path, target):
                continue
            read = self._tables[path]
            places = sorted(read.places(kind, name))
            if places:
                yield self._program.files.get(path, read.file), places
        yield from self._unread.find(kind, name, target, constructor_of)

    def _refresh(self) -> None:
        for path in self._stale:
            file = self._program.files.get(path)
            if file is None or isinstance(file, FileOnDemand):
                self._drop(path)
            if isinstance(file, FileOnDemand):
                self._unread.add(file)
                self._async |= file.async_names
                self._plain |= file.plain_names
                self._properties |= file.property_names
            elif file is not None:
                self._read(path, file)
        self._stale.clear()

    def _read(self, path: str, file: FileFacts) -> None:
        """Make the tables of the blocks that are new. Names that are gone stay in `_paths`: nothing is found there."""
        self._unread.drop(path)
        before = self._tables.get(path)
        known = before.known if before else {}
        where: dict[str, set[int]] = before.where if before else {}
        current: dict[int, tuple[Facts, Table]] = {}
        placed: dict[int, tuple[Table, list[int]]] = {}
        for number, (_, facts) in enumerate(file.blocks):
            entry = current.get(id(facts)) or known.get(id(facts)) or self._entry(path, facts, where)
            current[id(facts)] = entry
            placed.setdefault(id(entry[1]), (entry[1], []))[1].append(number)
        for identity in known.keys() - current.keys():
            _lose(where, known[identity][1])
        self._tables[path] = Read(file, current, placed, where)

    def _entry(self, path: str, facts: Facts, where: dict[str, set[int]]) -> tuple[Facts, Table]:
        """A new block's table. Its names are noted as names of the file."""
        table = table_of(facts)
        for scope in facts.functions():
            (self._async if scope.is_async else self._plain).add(scope.name)
        self._properties.update(s.name for s in facts.functions() if _PROPERTY in s.decorators)
        for name in table.names:
            where.setdefault(name, set()).add(id(table))
            self._paths.setdefault(name, set()).add(path)
        return facts, table

    def _drop(self, path: str) -> None:
        read = self._tables.pop(path, None)
        for name in read.where if read else ():
            self._paths[name].discard(path)
        self._unread.drop(path)


def _lose(where: dict[str, set[int]], table: Table) -> None:
    for name in table.names:
        where[name].discard(id(table))


def _names_alike(old: Facts, new: Facts) -> bool:
    """Whether two blocks have equal tables."""
    return (
        len(old.calls) == len(new.calls)
        and (old.scopes is new.scopes or _scope_names(old) == _scope_names(new))
        and all(a is b or _called(a, old) == _called(b, new) for a, b in zip(old.calls, new.calls))
    )


def _scope_names(facts: Facts) -> list[tuple[str, str, int]]:
    return [(scope.kind, scope.name, scope.parent) for scope in facts.scopes]


def _called(call: Call, facts: Facts) -> list[str]:
    """The name of what is called, and of what is given to it."""
    return [last_name(call.callee), *(given_name(argument.value, facts) for argument in call.arguments)]


def _mentions(facts: Facts, names: Container[str]) -> set[tuple[str, str, str]]:
    """Each call of one of the names and each handing over: the name, in which function, and to what it is given."""
    found = set()
    for call in facts.calls:
        name, where = last_name(call.callee), facts.scopes[call.scope].qualname
        if name in names:
            found.add((name, where, ""))
        for argument in call.arguments:
            given = given_name(argument.value, facts)
            if given in names:
                found.add((given, where, name or "?"))
    return found


def mentioned_names(facts: Facts) -> set[str]:
    """The names that the block calls, or gives to a call."""
    called = {last_name(call.callee) for call in facts.calls}
    return called | {given_name(argument.value, facts) for call in facts.calls for argument in call.arguments}
