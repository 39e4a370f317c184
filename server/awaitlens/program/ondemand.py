"""A file whose blocks are read when somebody asks for them.

In a large program most code is never looked at: it is not async, and nothing async calls it. So a file is first no
more than its path; then its text cut into blocks; and a block is parsed when a question cannot be answered without.
Which blocks a question may need is decided by the words in them, generously: what a block binds, it also spells.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from sys import intern
from typing import Any, TypeVar, overload

from awaitlens.program.extract import extract
from awaitlens.program.facts import Facts, Scope
from awaitlens.program.lookup import ByClass, Definitions, Lists, Rows, Table
from awaitlens.program.modules import (
    Assigned,
    Definition,
    FileFacts,
    Imported,
    Member,
    attributes_of_self_in,
    definitions_in,
    globals_in,
    imports_in,
    members_in,
)
from awaitlens.program.reach import Imports, attributes_in
from awaitlens.program.reach import imports_in as imports_spelled_in
from awaitlens.program.skim import (
    Skim,
    async_functions,
    has_async,
    may_assign,
    may_bind,
    names_defined,
    plain_functions,
    plain_properties,
    words,
)
from awaitlens.syntax.blocks import Layout, layout
from awaitlens.syntax.parse import Reader, parse

T = TypeVar("T")


@dataclass
class Spent:
    """How many characters of several files were parsed together."""

    characters: int = 0


class FileOnDemand(FileFacts):
    """The facts of a file of the disk. `read` gives its text, "" if it has none any more; it is asked again after
    `release`. What is parsed of it is added to `spent`."""

    def __init__(self, path: str, module: str, read: Callable[[], str], spent: Spent | None = None) -> None:
        object.__setattr__(self, "path", path)
        object.__setattr__(self, "module", module)
        object.__setattr__(self, "_read", read)
        object.__setattr__(self, "_spent", spent or Spent())

    @cached_property
    def blocks(self) -> Blocks:  # type: ignore[override]
        return Blocks(layout(self.text), self._spent)  # type: ignore[attr-defined]

    @cached_property
    def text(self) -> str:
        return self._read()  # type: ignore[attr-defined, no-any-return]

    @property
    def held(self) -> int:
        """How many characters of text are kept."""
        return len(self.text) if "text" in self.__dict__ else 0

    @property
    def is_read(self) -> bool:
        """Whether the text was cut into blocks, and not released."""
        return "blocks" in self.__dict__

    @property
    def read_so_far(self) -> int:
        """How many characters were parsed and not released."""
        return self.blocks.read_so_far if self.is_read else 0

    @cached_property
    def defined_names(self) -> frozenset[str]:
        """The names of all functions and classes; perhaps some more."""
        return frozenset(map(intern, names_defined(self.text)))

    @cached_property
    def async_names(self) -> frozenset[str]:
        return frozenset(map(intern, async_functions(self.text)))

    @cached_property
    def plain_names(self) -> frozenset[str]:
        return frozenset(map(intern, plain_functions(self.text)))

    @cached_property
    def property_names(self) -> frozenset[str]:
        """The names of all plain properties; perhaps some more."""
        return frozenset(map(intern, plain_properties(self.text)))

    @cached_property
    def imported(self) -> tuple[Imports, ...]:
        """The imports that the text spells."""
        return imports_spelled_in(self.text)

    def facts(self, block: int) -> Facts:
        return self.blocks.facts(block)

    def scope(self, definition: Definition) -> Scope:
        return self.blocks.facts(definition.block).scopes[definition.scope]

    def mentioning(self, word: str) -> Iterator[tuple[int, Facts]]:
        blocks = self.blocks
        return (blocks[number] for number in blocks.holding(word))

    def owned(self, owner: tuple[str, ...], word: str = "") -> Iterator[tuple[int, Facts]]:
        blocks = self.blocks
        found = (n for n in blocks.holding(word) if blocks.is_whole or blocks.owner(n) == owner)
        return ((line, facts) for line, facts in map(blocks.__getitem__, found) if facts.owner == owner)

    def attributes_of(self, name: str) -> set[str]:
        known = self.__dict__.get("text")
        return attributes_in(self._read() if known is None else known, name)  # type: ignore[attr-defined]

    def release_text(self) -> None:
        """Give back all but the names that are defined and imported."""
        _ = self.defined_names, self.async_names, self.plain_names, self.property_names, self.imported
        self.release()
        self.__dict__.pop("text", None)

    def release(self) -> None:
        """Give back the memory of whatever was parsed."""
        self.__dict__.pop("blocks", None)
        for name in ("imports", "globals", "definitions", "members", "attributes"):
            table: Table[Any] | None = self.__dict__.pop(name, None)
            if table is not None:
                # Its entries lead back to it: without them it goes at once.
                table.forget()

    @cached_property
    def imports(self) -> Mapping[str, list[Imported]]:  # type: ignore[override]
        names = frozenset("*" if each.symbol == "*" else each.name for each in self.imported)
        spelling = self.blocks.spelling
        return Lists(self, imports_in, lambda name: spelling(name) if name in names else ())

    @cached_property
    def globals(self) -> Mapping[str, list[Member]]:  # type: ignore[override]
        return Lists(self, globals_in, self.blocks.binding)

    @cached_property
    def definitions(self) -> Mapping[str, Definition]:  # type: ignore[override]
        return Definitions(self, definitions_in, self.blocks.defining)

    @cached_property
    def members(self) -> Mapping[str, Mapping[str, list[Member]]]:  # type: ignore[override]
        return ByClass(self, members_in, self.blocks.binding_in)

    @cached_property
    def attributes(self) -> Mapping[str, Mapping[str, list[Assigned]]]:  # type: ignore[override]
        return ByClass(self, attributes_of_self_in, self.blocks.assigning)


class Blocks(Sequence[tuple[int, Facts]]):
    """The blocks of a file with their first lines, each parsed when it is asked for."""

    def __init__(self, of: Layout, spent: Spent) -> None:
        self._layout = of
        self._spent = spent
        self._facts: list[Facts | None] = [None] * len(of.blocks)
        self._rows: dict[tuple[Rows, int], Mapping[str, Any]] = {}
        self.is_whole = False
        self.read_so_far = 0

    def __len__(self) -> int:
        return len(self._facts)

    @overload
    def __getitem__(self, number: int) -> tuple[int, Facts]: ...
    @overload
    def __getitem__(self, number: slice) -> tuple[tuple[int, Facts], ...]: ...
    def __getitem__(self, number: int | slice) -> tuple[int, Facts] | tuple[tuple[int, Facts], ...]:
        if isinstance(number, slice):
            return tuple(self[each] for each in range(*number.indices(len(self))))
        return self._layout.lines[number], self.facts(number)

    def facts(self, number: int) -> Facts:
        known = self._facts[number]
        return known if known is not None else self._parsed(number)

    def _parsed(self, number: int) -> Facts:
        block = self._layout.blocks[number]
        parsed = parse(block)
        if parsed.error is not None:
            self._read_together()
        else:
            self._facts[number] = extract(block, parsed)
            self._count(len(block.text))
        facts = self._facts[number]
        assert facts is not None
        return facts

    def _read_together(self) -> None:
        """A block does not parse on its own: read all of them, joined where they belong together.

        Numbers stay: the facts of joined blocks stand at the first of them, and the others say nothing.
        """
        read = {line: facts for line, _, facts in Reader(extract).read(self._layout)}
        fresh = [read.get(line) or _NOTHING for line in self._layout.lines]
        # Who asked before holds on to what was read then, and looks for its line by it.
        pairs = zip(self._facts, fresh)
        self._facts = [old if old is not None and old.text == new.text else new for old, new in pairs]
        self._rows.clear()
        self.is_whole = True
        self._count(sum(len(block.text) for block in self._layout.blocks) - self.read_so_far)

    def _count(self, characters: int) -> None:
        self.read_so_far += characters
        self._spent.characters += characters

    # --- what may hold an answer -----------------------------------------------------------------------------

    @cached_property
    def _skims(self) -> list[Skim]:
        return [Skim.of(block) for block in self._layout.blocks]

    @cached_property
    def _by_name(self) -> dict[tuple[tuple[str, ...], str], list[int]]:
        """The functions and classes by the classes around them and their names; other code under the name ""."""
        found: dict[tuple[tuple[str, ...], str], list[int]] = {}
        for number, (block, skim) in enumerate(zip(self._layout.blocks, self._skims)):
            found.setdefault((block.owner, skim.name), []).append(number)
        return found

    @cached_property
    def _with_global(self) -> list[int]:
        return self._with("global")

    @cached_property
    def _with_import(self) -> list[int]:
        return self._with("import")

    def _with(self, word: str) -> list[int]:
        return [number for number, block in enumerate(self._layout.blocks) if word in block.text]

    @cached_property
    def _inside(self) -> dict[str, list[int]]:
        """The blocks of another name in which a name is defined: half-typed code may come out as one block too few."""
        found: dict[str, list[int]] = {}
        for number, (block, skim) in enumerate(zip(self._layout.blocks, self._skims)):
            if block.text.count("def") + block.text.count("class") > bool(skim.name):
                for name in names_defined(block.text):
                    if name != skim.name:
                        found.setdefault(name, []).append(number)
        return found

    @cached_property
    def _statements(self) -> dict[tuple[str, ...], dict[str, list[int]]]:
        """The blocks that are neither functions nor classes: by the classes around them, and by the words in them."""
        return {}

    def _stating(self, owner: tuple[str, ...], word: str) -> Iterable[int]:
        known = self._statements.get(owner)
        if known is None:
            known = self._statements[owner] = {}
            for number in self._by_name.get((owner, ""), ()):
                for each in words(self.text(number)):
                    known.setdefault(each, []).append(number)
        return known.get(word, ())

    def _spelling(self, owner: tuple[str, ...], name: str) -> list[int]:
        """The blocks in a class, or at the top, that are of that name or may bind it in their statements."""
        blocks = self._layout.blocks
        named = self._by_name.get((owner, name), [])
        inside, stating = self._inside.get(name), self._stating(owner, name)
        if inside:
            named = named + [n for n in inside if blocks[n].owner == owner and n not in named]
        return named + [n for n in stating if may_bind(blocks[n], name)] if stating else named

    def every(self) -> Iterable[int]:
        return range(len(self))

    def text(self, number: int) -> str:
        return self._layout.blocks[number].text

    def line(self, number: int) -> int:
        return self._layout.lines[number]

    def owner(self, number: int) -> tuple[str, ...]:
        return self._layout.blocks[number].owner

    def has_async(self, number: int) -> bool:
        """Whether something async may be in the block."""
        return self.is_whole or has_async(self.text(number))

    def holding(self, name: str) -> Iterable[int]:
        """The blocks in which the name is written."""
        if self.is_whole:
            return self.every()
        return self._with(name)

    def spelling(self, name: str) -> Iterable[int]:
        """The blocks that may import something under the name."""
        if self.is_whole:
            return self.every()
        return [number for number in self._with_import if name in self.text(number)]

    def binding(self, name: str) -> Iterable[int]:
        """The blocks that may bind the name in the module."""
        if self.is_whole:
            return self.every()
        by_statement = [number for number in self._with_global if name in self.text(number)]
        return sorted({*self._spelling((), name), *by_statement})

    def defining(self, qualname: str) -> Iterable[int]:
        """The blocks that may define the function or class."""
        if self.is_whole:
            return self.every()
        found: set[int] = set()
        parts = tuple(qualname.split("."))
        for depth, name in enumerate(parts):
            found.update(self._spelling(parts[:depth], "lambda" if name == "<lambda>" else name))
        return sorted(found)

    def binding_in(self, owner: str, name: str) -> Iterable[int]:
        """The blocks that may bind the name in the class's own statements."""
        if self.is_whole:
            return self.every()
        elsewhere = [number for number in self.defining(owner) if name in self.text(number)]
        return sorted({*self._spelling(tuple(owner.split(".")), name), *elsewhere})

    def assigning(self, owner: str, name: str) -> Iterable[int]:
        """The blocks that may assign the attribute to an instance of the class."""
        return [
            number
            for number in self._of_class(owner)
            if self.is_whole or may_assign(self._layout.blocks[number].text, f".{name}")
        ]

    def _of_class(self, owner: str) -> Iterable[int]:
        """The blocks that may hold statements of the class or its methods."""
        if self.is_whole:
            return self.every()
        known = self._classes.get(owner)
        if known is None:
            parts = tuple(owner.split("."))
            inside = (number for number, block in enumerate(self._layout.blocks) if block.owner == parts)
            known = self._classes[owner] = sorted({*inside, *self.defining(owner)})
        return known

    @cached_property
    def _classes(self) -> dict[str, list[int]]:
        return {}

    # --- answers of single blocks ----------------------------------------------------------------------------

    def rows(self, table: Rows, number: int) -> Mapping[str, Any]:
        """What a table holds of one block alone."""
        key = table, number
        found = self._rows.get(key)
        if found is None:
            found = self._rows[key] = table(((number, self.facts(number)),))
        return found


_NOTHING = Facts("", (), False, (), (), (), (), (), (), (), (), (), False)
