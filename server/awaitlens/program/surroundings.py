"""What stands around a block: its module, its class, the classes those inherit, its settings."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from awaitlens.program import members, protocols, results
from awaitlens.program.facts import Facts, Scope, Term
from awaitlens.program.memory import Telling, Told
from awaitlens.program.modules import FileFacts, Member, qualname
from awaitlens.program.target import Target
from awaitlens.program.values import Class, Inferred, Instance
from awaitlens.settings import Settings
from awaitlens.source import Span

if TYPE_CHECKING:
    from awaitlens.program.program import Program

T = TypeVar("T")


class Surroundings:
    """One block of one file, and what lies around it."""

    def __init__(self, program: Program, file: FileFacts, facts: Facts) -> None:
        self._program = program
        self._names = program.names
        self._file = file
        self._facts = facts

    @cached_property
    def settings(self) -> Settings:
        return self._program.settings_for(self._file.path)

    @property
    def path(self) -> str:
        return self._file.path

    @property
    def module(self) -> str:
        return self._file.module

    @property
    def program(self) -> Program:
        """For services that follow a change through other files; a pitfall asks the methods below."""
        return self._program

    @property
    def file(self) -> FileFacts:
        return self._file

    def infer(self, term: Term, scope: int, at: Span | None = None) -> Inferred:
        """The value of a term in a scope of this block (see values.py), with how sure that is."""
        return self._names.infer(term, self._file, self._facts, scope, at)

    def lineage(self, term: Term, scope: int) -> tuple[str, ...]:
        """The dotted names of the class a term stands for (or its value is an instance of) and all its known bases."""
        value = self.infer(term, scope).value
        cls = value.cls if isinstance(value, Instance) else value
        return tuple(c.name for c in members.lineage(self._names, cls)) if isinstance(cls, Class) else ()

    def is_plain_class(self, scope: int) -> bool:
        """Whether the class that a method stands in, and all its bases, are known, and none has a metaclass or `__new__`."""
        cls = self._class_around(scope)
        return (
            cls is not None
            and protocols.closed(self._names, cls)
            and protocols.plainly_made(self._names, cls)
        )

    def has_method(self, scope: int, method: str) -> bool:
        """Whether the class that a method stands in has another of that name, or a base that is not known well."""
        cls = self._class_around(scope)
        return (
            cls is None or not protocols.closed(self._names, cls) or protocols.has(self._names, cls, method)
        )

    def class_defines(self, scope: int, methods: frozenset[str]) -> bool:
        """Whether the class around a method, or one of the program's that it inherits, defines one of the methods."""
        cls = self._class_around(scope)
        lineage = members.lineage(self._names, cls) if cls else ()
        return any(protocols.defines(self._names, base, method) for base in lineage for method in methods)

    def _class_around(self, scope: int) -> Class | None:
        owner = self.owner_of(scope)
        return Class(f"{self.module}.{owner}", self.path, owner) if owner else None

    def class_lineage(self, scope: int) -> tuple[str, ...]:
        """The dotted names of the class that a method stands in, and of its bases; () for a plain function."""
        owner = self.owner_of(scope)
        if not owner:
            return ()
        cls = Class(f"{self.module}.{owner}", self.path, owner)
        return tuple(c.name for c in members.lineage(self._names, cls))

    def owner_of(self, scope: int) -> str:
        """The qualname of the class whose method the scope is (not a function nested in one); "" for others."""
        here = self._facts.scopes[scope]
        if here.parent < 0:
            return ""
        outer = self._facts.scopes[here.parent]
        return qualname(self._facts, outer) if outer.kind == "class" else ""

    def decorator_names(self, scope: int) -> tuple[str, ...]:
        """The dotted names of a function's decorators, outermost first; "" for those that did not resolve."""
        here = self._facts.scopes[scope]
        return tuple(
            results.decorator_name(self._names, d, self._file, self._facts, here) for d in here.decorators
        )

    def definition(self, target: Target) -> tuple[Facts, Scope] | None:
        """The facts and scope of a target that is the program's own."""
        file = self._program.files.get(target.path)
        definition = file.definitions.get(target.qualname) if file else None
        if file is None or definition is None:
            return None
        facts = file.facts(definition.block)
        self._names.memory.rests_on(file.path, id(facts))
        return facts, facts.scopes[definition.scope]

    def of_definition(self, target: Target, question: Callable[[Facts, Scope], T]) -> T | None:
        """The answer to a plain question about the definition of a target; None if it is not the program's own.

        Where an edit of its body leaves the answer as it is, nobody who asked is looked at again.
        """
        if not target.path:
            return None

        def answer() -> tuple[T | None]:
            found = self.definition(target)
            return (question(*found) if found is not None else None,)

        return self._names.memory.about_bodies((question, target.path, target.qualname), answer)[0]

    # --- the module and the class around ------------------------------------------------------------------

    def module_bindings(self, name: str) -> tuple[Member, ...]:
        """The bindings of a global name of this module: at its top level, or in functions through `global`."""
        return tuple(self._file.globals.get(name, ()))

    def module_blocks(self, word: str) -> Iterator[tuple[int, Facts]]:
        """The blocks of this module in which the word stands, with their first lines."""
        self._names.memory.rests_on(self.path, word)
        return self._file.mentioning(word)

    def module_functions(self, word: str) -> Iterator[tuple[Facts, Scope]]:
        """The functions of this module in whose block the word stands, with that block's facts."""
        return ((facts, scope) for _, facts in self.module_blocks(word) for scope in facts.functions())

    def module_reads(self, name: str) -> tuple[Scope, ...]:
        """The functions of this module that read the global of that name."""
        return tuple(
            scope
            for facts, scope in self.module_functions(name)
            if name in scope.reads and not _binds(facts, scope, name)
        )

    def imports_anything_from(self, package: str) -> bool:
        """Whether this file imports the package (a top-level one) or something in it."""
        return any(each.module.partition(".")[0] == package for each in self._file.imported if not each.level)

    def class_blocks(self, owner: tuple[str, ...], word: str) -> Iterator[tuple[int, Facts]]:
        """The blocks that hold a class's own statements and in which the word stands, with their first lines."""
        return ((line, facts) for line, facts in self.module_blocks(word) if facts.owner == owner)

    def rests_on_told(self, owner: tuple[str, ...], telling: Telling, word: str) -> None:
        """Note that what is being worked out rests on what the blocks of a class, or of the module (), say about a word:
        not on the blocks themselves."""
        self._names.memory.rests_on(self.path, Told(owner, telling, word))

    def blocks_telling(self, owner: tuple[str, ...], telling: Telling, word: str) -> Iterator[Facts]:
        """The blocks of a class in which the word stands, for one who reads no more of them than they say about it."""
        self.rests_on_told(owner, telling, word)
        return (facts for _, facts in self._file.owned(owner, word))

    def itself(self, facts: Facts) -> Iterator[Facts]:
        """A block of this file alone, for one whose answer rests on it."""
        self._names.memory.rests_on(self.path, id(facts))
        return iter((facts,))


def _binds(facts: Facts, scope: Scope, name: str) -> bool:
    if name in scope.global_names:
        return False
    return any(b.scope == scope.number and b.name == name for b in facts.bindings) or any(
        p.name == name for p in scope.parameters
    )
