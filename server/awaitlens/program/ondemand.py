"""A file whose blocks are read when somebody asks for them.

In a large program most code is never looked at: it is not async, and nothing async calls it. So a file is first no
more than its path; then its text cut into blocks; and a block is parsed when a question cannot be answered without.
Which blocks a question may need is decided by the words in them, generously: what a block binds, it also spells.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from sys import intern
from typing import Any, TypeVar, overload

from awaitlens.program.extract import extract
from awaitlens.program.facts import Facts
from awaitlens.program.modules import Assigned, Definition, FileFacts, Imported, Member, Part
from awaitlens.program.reach import Imports, attributes_in, imports_in
from awaitlens.program.skim import (
    Skim,
    async_functions,
    may_assign,
    may_bind,
    names_defined,
    plain_functions,
    plain_properties,
)
from awaitlens.syntax.blocks import Layout, layout
from awaitlens.syntax.parse import Reader, parse

T = TypeVar("T")

_ASYNC = re.compile(r"\b(?:async|await)\b")


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
        return imports_in(self.text)

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
        for name in ("blocks", "imports", "globals", "definitions", "members", "attributes"):
            table = self.__dict__.pop(name, None)
            if isinstance(table, _Table):
                # Its entries lead back to it: without them it goes at once.
                table.forget()

    @cached_property
    def imports(self) -> Mapping[str, list[Imported]]:  # type: ignore[override]
        names = frozenset("*" if each.symbol == "*" else each.name for each in self.imported)
        spelling = self.blocks.spelling
        return _Lists(self, lambda part: part.imports, lambda name: spelling(name) if name in names else ())

    @cached_property
    def globals(self) -> Mapping[str, list[Member]]:  # type: ignore[override]
        return _Lists(self, lambda part: part.globals, self.blocks.binding)

    @cached_property
    def definitions(self) -> Mapping[str, Definition]:  # type: ignore[override]
        return _Definitions(self, lambda part: part.definitions, self.blocks.defining)

    @cached_property
    def members(self) -> Mapping[str, Mapping[str, list[Member]]]:  # type: ignore[override]
        return _ByClass(self, lambda part: part.members, self.blocks.binding_in)

    @cached_property
    def attributes(self) -> Mapping[str, Mapping[str, list[Assigned]]]:  # type: ignore[override]
        return _ByClass(self, lambda part: part.attributes, self.blocks.assigning)


class Blocks(Sequence[tuple[int, Facts]]):
    """The blocks of a file with their first lines, each parsed when it is asked for."""

    def __init__(self, of: Layout, spent: Spent) -> None:
        self._layout = of
        self._spent = spent
        self._facts: list[Facts | None] = [None] * len(of.blocks)
        self._parts: dict[int, FileFacts] = {}
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
        facts = self._facts[number]
        return self._layout.lines[number], facts if facts is not None else self._parsed(number)

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
        self._parts.clear()
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
        return [number for number, block in enumerate(self._layout.blocks) if "global" in block.text]

    @cached_property
    def _inside(self) -> dict[str, list[int]]:
        """The blocks of another name in which a name is defined: half-typed code may come out as one block too few."""
        found: dict[str, list[int]] = {}
        for number, (block, skim) in enumerate(zip(self._layout.blocks, self._skims)):
            for name in names_defined(block.text):
                if name != skim.name:
                    found.setdefault(name, []).append(number)
        return found

    def _spelling(self, owner: tuple[str, ...], name: str) -> list[int]:
        """The blocks in a class, or at the top, that are of that name or may bind it in their statements."""
        blocks = self._layout.blocks
        named = self._by_name.get((owner, name), [])
        named = named + [n for n in self._inside.get(name, ()) if blocks[n].owner == owner and n not in named]
        return named + [n for n in self._by_name.get((owner, ""), ()) if may_bind(blocks[n], name)]

    def every(self) -> Iterable[int]:
        return range(len(self))

    def text(self, number: int) -> str:
        return self._layout.blocks[number].text

    def owner(self, number: int) -> tuple[str, ...]:
        return self._layout.blocks[number].owner

    def has_async(self, number: int) -> bool:
        """Whether something async may be in the block."""
        return self.is_whole or _ASYNC.search(self.text(number)) is not None

    def holding(self, name: str) -> Iterable[int]:
        """The blocks in which the name is written."""
        if self.is_whole:
            return self.every()
        return [number for number, block in enumerate(self._layout.blocks) if name in block.text]

    def spelling(self, name: str) -> Iterable[int]:
        """The blocks that may import something under the name."""
        if self.is_whole:
            return self.every()
        return [n for n, b in enumerate(self._layout.blocks) if name in b.text and "import" in b.text]

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

    def part(self, number: int, file: FileFacts) -> FileFacts:
        """The tables of one block alone."""
        found = self._parts.get(number)
        if found is None:
            facts = self[number][1]
            found = self._parts[number] = Part(file.path, file.module, ((number, facts),))
        return found


class _Table(Mapping[str, T]):
    """A table of a file, whose entries are looked for when they are asked for."""

    def __init__(
        self,
        file: FileOnDemand,
        of: Callable[[FileFacts], Mapping[str, Any]],
        candidates: Callable[..., Iterable[int]],
    ) -> None:
        self._file = file
        self._of = of
        self._candidates = candidates
        self._known: dict[str, T | None] = {}

    def __getitem__(self, key: str) -> T:
        if key not in self._known:
            self._known[key] = self._look_for(key)
        found = self._known[key]
        if found is None:
            raise KeyError(key)
        return found

    def get(self, key: str, default: Any = None) -> Any:
        try:
            found = self._known[key]
        except KeyError:
            found = self._known[key] = self._look_for(key)
        return default if found is None else found

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and self.get(key) is not None

    def forget(self) -> None:
        self._known.clear()

    def __iter__(self) -> Iterator[str]:
        blocks = self._file.blocks
        return iter(dict.fromkeys(k for n in blocks.every() for k in self._of(blocks.part(n, self._file))))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _look_for(self, key: str) -> T | None:
        raise NotImplementedError

    def _entries(self, key: str, numbers: Iterable[int]) -> Iterator[Any]:
        blocks = self._file.blocks
        for number in numbers:
            found = self._of(blocks.part(number, self._file)).get(key)
            if found is not None:
                yield found


class _Lists(_Table[list[T]]):
    def _look_for(self, key: str) -> list[T] | None:
        return [each for found in self._entries(key, self._candidates(key)) for each in found] or None


class _Definitions(_Table[Definition]):
    def _look_for(self, key: str) -> Definition | None:
        return max(self._entries(key, self._candidates(key)), default=None)


class _ByClass(_Table[Mapping[str, list[T]]]):
    """Tables of names by class. Whether a class has any is not known before one is asked for."""

    def _look_for(self, key: str) -> Mapping[str, list[T]]:
        return _OfClass(
            self._file, lambda part: self._of(part).get(key, {}), lambda name: self._candidates(key, name)
        )


class _OfClass(_Lists[T]):
    def __iter__(self) -> Iterator[str]:
        return super().__iter__()


_NOTHING = Facts("", (), False, (), (), (), (), (), (), (), (), (), False)
