"""Where a name is defined, called and handed over: the tables that ask the other way round.

A file's table is built when somebody first asks for a name, and again when the file has changed. Names are the last
parts: `save` for `order.save`. Who asks resolves what is found; the tables only say where to look.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from typing import TYPE_CHECKING, Literal, NamedTuple

from awaitlens.program.facts import Call, Facts, Lambda, Name, Scope, Term, last_name
from awaitlens.program.modules import FileFacts
from awaitlens.program.ondemand import FileOnDemand
from awaitlens.program.skim import Kind, may_hold

if TYPE_CHECKING:
    from awaitlens.program.program import Program


_PROPERTY = Name("property")
_FEW = 50
_MOST_SEARCHED = 100_000
"""Words looked for in files: some 20 MB of answers, most of which say that a word is not there."""


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


class Place(NamedTuple):
    """Number of the block, number of the scope or call there, number of the argument or -1."""

    block: int
    number: int
    argument: int


class Table(NamedTuple):
    defined: dict[str, list[Place]]
    called: dict[str, list[Place]]
    given: dict[str, list[Place]]

    def of(self, kind: Kind) -> dict[str, list[Place]]:
        return self.called if kind == "called" else self.given if kind == "given" else self.defined

    @property
    def names(self) -> set[str]:
        return {*self.defined, *self.called, *self.given}


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

    def __init__(self, program: Program) -> None:
        self._program = program
        self._tables: dict[str, Read] = {}
        self._paths: dict[str, set[str]] = {}
        self._stale: set[str] = set()
        self._unread = Unread(program)
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
        for file, places in self._find(kind, name, leading_to):
            for block, scope, _ in places:
                facts = file.facts(block)
                yield Defined(file, facts, facts.scopes[scope])

    def is_async_somewhere(self, name: str) -> bool:
        """Whether some function of that name is async, or was before an edit."""
        self._refresh()
        return name in self._async

    def is_plain_somewhere(self, name: str) -> bool:
        """Whether some function of that name is not async, or was not before an edit."""
        self._refresh()
        return name in self._plain

    def is_property_somewhere(self, name: str) -> bool:
        """Whether some class has a plain property of that name, or had one before an edit."""
        self._refresh()
        return name in self._properties

    def may_spell_property(self, text: str) -> bool:
        """Whether a name that `is_property_somewhere` may stand in a text; where there are many, it is taken for granted."""
        self._refresh()
        return len(self._properties) > _FEW or any(name in text for name in self._properties)

    def called(self, name: str, defined_in: str = "") -> Iterator[Mention]:
        """The calls of something of that name; those only that may mean what is defined in a file, if one is given."""
        return self._mentions("called", name, defined_in)

    def given(self, name: str, defined_in: str = "") -> Iterator[Mention]:
        """The calls that something of that name is handed to, uncalled; likewise."""
        return self._mentions("given", name, defined_in)

    def notices(self, path: str, old: Facts, new: Facts) -> bool:
        """Whether a name that was asked for is called or handed over otherwise in a file's new block than in the old one,
        and may mean there what was asked about."""
        changed = _mentions(old, self.asked) ^ _mentions(new, self.asked) if self.asked else ()
        leads = self._program.reach.leads
        targets = (target for name, _, _ in changed for target in self.asked[name])
        return any(not target or leads(path, target) for target in targets)

    def _mentions(self, kind: Kind, name: str, defined_in: str) -> Iterator[Mention]:
        self.asked.setdefault(name, set()).add(defined_in)
        for file, places in self._find(kind, name, defined_in):
            for block, call, argument in places:
                facts = file.facts(block)
                yield Mention(file, facts, facts.calls[call], argument)

    def _find(self, kind: Kind, name: str, target: str) -> Iterator[tuple[FileFacts, list[Place]]]:
        self._refresh()
        leads = self._program.reach.leads
        for path in sorted(self._paths.get(name, ()), key=lambda path: (path != target, path)):
            if target and not leads(path, target):
                continue
            read = self._tables[path]
            places = sorted(read.places(kind, name))
            if places:
                yield self._program.files.get(path, read.file), places
        yield from self._unread.find(kind, name, target)

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
        table = _table(facts)
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


class Unread:
    """The same questions to files that are read on demand: only blocks that spell the name are parsed."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._files: dict[str, FileOnDemand] = {}
        self._defining: dict[str, list[FileOnDemand]] = {}
        self._fresh: list[FileOnDemand] = []
        self._places: dict[str, dict[tuple[str, str], list[Place]]] = {}
        self._searched = 0
        self._found: dict[tuple[Kind, str, str], list[tuple[FileFacts, list[Place]]]] = {}

    def add(self, file: FileOnDemand) -> None:
        self._files[file.path] = file
        self._fresh.append(file)
        self._places.pop(file.path, None)
        self._found.clear()

    def drop(self, path: str) -> None:
        file = self._files.pop(path, None)
        if file is not None:
            self._fresh = [other for other in self._fresh if other is not file]
            for files in self._defining.values():
                if file in files:
                    files.remove(file)
            self._places.pop(path, None)
            self._found.clear()

    def forget(self) -> None:
        self._found.clear()
        if self._searched > _MOST_SEARCHED:
            self._places.clear()
            self._searched = 0

    def find(self, kind: Kind, name: str, target: str) -> Iterator[tuple[FileFacts, list[Place]]]:
        """The files that hold the name, with the places; what was searched to the end is not searched again."""
        key = kind, name, target
        known = self._found.get(key)
        if known is not None:
            yield from known
            return
        found: list[tuple[FileFacts, list[Place]]] = []
        for file in self._candidates(kind, name, target):
            places = self._places_in(file, kind, name)
            if places:
                found.append((file, places))
                yield file, places
        self._found[key] = found

    def _places_in(self, file: FileOnDemand, kind: Kind, name: str) -> list[Place]:
        key = "defined" if kind in ("async", "plain") else kind, name
        known = self._places.setdefault(file.path, {})
        if key not in known:
            self._searched += 1
            known[key] = _places(file, kind, name) if name in file.text else []
        return known[key]

    def _candidates(self, kind: Kind, name: str, target: str) -> list[FileOnDemand]:
        if kind in ("called", "given"):
            paths = self._program.reach.leading_to(target) if target else self._files
            return [self._files[path] for path in paths if path in self._files]
        for file in self._fresh:
            for defined in file.defined_names:
                self._defining.setdefault(defined, []).append(file)
        self._fresh.clear()
        leads = self._program.reach.leads
        return [
            file
            for file in self._defining.get(name, ())
            if (kind == "defined" or name in (file.async_names if kind == "async" else file.plain_names))
            and (not target or leads(file.path, target))
        ]


def _places(file: FileOnDemand, kind: Kind, name: str) -> list[Place]:
    blocks = file.blocks
    return [
        place._replace(block=block)
        for block in blocks.holding(name)
        if blocks.is_whole or may_hold(blocks.text(block), kind, name)
        for place in _table(file.facts(block)).of(kind).get(name, ())
    ]


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
    return [last_name(call.callee), *(_given_name(argument.value, facts) for argument in call.arguments)]


def _table(facts: Facts) -> Table:
    """One block's table; its places say block 0, whoever reads it says which block it is."""
    table = Table({}, {}, {})
    for scope in facts.scopes:
        if scope.kind in ("function", "class") and scope.parent >= 0:
            table.defined.setdefault(scope.name, []).append(Place(0, scope.number, -1))
    for call in facts.calls:
        name = last_name(call.callee)
        if name:
            table.called.setdefault(name, []).append(Place(0, call.number, -1))
        for number, argument in enumerate(call.arguments):
            name = _given_name(argument.value, facts)
            if name:
                table.given.setdefault(name, []).append(Place(0, call.number, number))
    return table


def _given_name(term: Term, facts: Facts) -> str:
    if isinstance(term, Lambda):
        return facts.scopes[term.scope].name
    return last_name(term)


def _mentions(facts: Facts, names: Container[str]) -> set[tuple[str, str, str]]:
    """Each call of one of the names and each handing over: the name, in which function, and to what it is given."""
    found = set()
    for call in facts.calls:
        name, where = last_name(call.callee), facts.scopes[call.scope].qualname
        if name in names:
            found.add((name, where, ""))
        for argument in call.arguments:
            given = _given_name(argument.value, facts)
            if given in names:
                found.add((given, where, name or "?"))
    return found


def mentioned_names(facts: Facts) -> set[str]:
    """The names that the block calls, or gives to a call."""
    called = {last_name(call.callee) for call in facts.calls}
    return called | {
        _given_name(argument.value, facts) for call in facts.calls for argument in call.arguments
    }
