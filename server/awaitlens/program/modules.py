"""One file of the program: its blocks' facts, and the tables of names that can be asked for from elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, TypeAlias, TypeVar

from awaitlens.program.facts import Access, Attribute, Binding, Facts, Import, Name, Scope
from awaitlens.program.reach import Imports, attributes_in

Blocks: TypeAlias = Iterable[tuple[int, Facts]]


class Definition(NamedTuple):
    """A function, lambda or class of the file: the number of its block, and of its scope there."""

    block: int
    scope: int


class Member(NamedTuple):
    """A name bound in a module or class, and the number of the block that binds it."""

    block: int
    binding: Binding


class Imported(NamedTuple):
    """An import and the number of its block."""

    block: int
    item: Import


class Assigned(NamedTuple):
    """`self.x = value` somewhere in a class, and the number of its block."""

    block: int
    access: Access


@dataclass(frozen=True)
class FileFacts:
    """All that one file says on its own. `module` is its dotted name; `blocks` its blocks with their first lines."""

    path: str
    module: str
    blocks: tuple[tuple[int, Facts], ...]

    def facts(self, block: int) -> Facts:
        return self.blocks[block][1]

    def scope(self, definition: Definition) -> Scope:
        return self.blocks[definition.block][1].scopes[definition.scope]

    def with_same_outline(self, blocks: tuple[tuple[int, Facts], ...], edited: int = -1) -> FileFacts:
        """The file after an edit that others cannot see: its tables still hold and are carried over.

        The number of the `edited` block is -1 where blocks only moved. What the tables say of an edited one is read anew:
        the numbers of its calls and the places in it are others now.
        """
        later = FileFacts(self.path, self.module, blocks)
        known, tables = self.__dict__, later.__dict__
        tables.update({name: known[name] for name in _TABLES if name in known})
        if edited >= 0:
            fresh = blocks[edited][1]
            if "holders" in known:
                tables["holders"] = self._still_holding(fresh.text, edited)
            if not _binds_alike(self.facts(edited), fresh):
                tables.update(self._with_rows_of(edited, fresh))
        return later

    def _with_rows_of(self, edited: int, facts: Facts) -> Iterator[tuple[str, Any]]:
        """The tables that are known, with what another block says in the place of what that block said."""
        known, part = self.__dict__, [(edited, facts)]
        for name, rows in (("imports", imports_in), ("globals", globals_in)):
            if name in known:
                yield name, _renewed(known[name], rows(part), edited)
        for name, nested in (("members", members_in), ("attributes", attributes_of_self_in)):
            if name in known:
                fresh = {
                    owner: _renewed(known[name].get(owner, {}), rows, edited)
                    for owner, rows in nested(part).items()
                }
                yield name, {**known[name], **fresh} if fresh else known[name]

    def _still_holding(self, text: str, edited: int) -> dict[str, list[int]]:
        """The holders of all words but those that stand where the edited block has changed."""
        holders = self.holders.copy()
        widest = max(map(len, holders), default=0)
        before, after = changed_stretches(self.blocks[edited][1].text, text, widest)
        for word in [word for word in holders if word in before or word in after]:
            del holders[word]
        return holders

    def _facts(self) -> Iterator[tuple[int, Facts]]:
        return ((number, facts) for number, (_, facts) in enumerate(self.blocks))

    @cached_property
    def imports(self) -> dict[str, list[Imported]]:
        """Imports by the name they bind ("*" for star imports), anywhere in the file."""
        return imports_in(self._facts())

    @property
    def imported(self) -> tuple[Imports, ...]:
        """The imports of the file, as they are written."""
        return _written(each.item for imported in self.imports.values() for each in imported)

    @property
    def async_names(self) -> frozenset[str]:
        """The names of all async functions; perhaps some more."""
        return frozenset(s.name for _, facts in self.blocks for s in facts.async_functions())

    @property
    def plain_names(self) -> frozenset[str]:
        """The names of all functions that are not async; perhaps some more."""
        return frozenset(s.name for _, facts in self.blocks for s in facts.functions() if not s.is_async)

    def mentioning(self, word: str) -> Iterator[tuple[int, Facts]]:
        """The blocks in which the word stands, with their first lines."""
        holders = self.holders.get(word)
        if holders is None:
            holders = self.holders[word] = [
                n for n, (_, facts) in enumerate(self.blocks) if word in facts.text
            ]
        return map(self.blocks.__getitem__, holders)

    @cached_property
    def holders(self) -> dict[str, list[int]]:
        """The numbers of the blocks in which a word stands, of words that were asked for."""
        return {}

    def owned(self, owner: tuple[str, ...], word: str) -> Iterator[tuple[int, Facts]]:
        """The blocks of a class's own statements, or of none for (), in which the word stands."""
        return ((line, facts) for line, facts in self.mentioning(word) if facts.owner == owner)

    def attributes_of(self, name: str) -> set[str]:
        """The attributes that the text spells behind a name."""
        return attributes_in(self.text, name)

    @property
    def text(self) -> str:
        return "".join(facts.text for _, facts in self.blocks)

    @cached_property
    def globals(self) -> dict[str, list[Member]]:
        """The module's own names, those bound through `global` in functions included."""
        return globals_in(self._facts())

    @cached_property
    def definitions(self) -> dict[str, Definition]:
        """Functions and classes by qualname. Where one is defined twice, the last definition counts."""
        return definitions_in(self._facts())

    @cached_property
    def members(self) -> dict[str, dict[str, list[Member]]]:
        """The names bound in each class's own statements, by the class's qualname."""
        return members_in(self._facts())

    @cached_property
    def attributes(self) -> dict[str, dict[str, list[Assigned]]]:
        """What methods assign to attributes of their first parameter, by class qualname and attribute."""
        return attributes_of_self_in(self._facts())


_TABLES = ("imports", "globals", "members", "attributes", "definitions", "holders")


def _binds_alike(old: Facts, new: Facts) -> bool:
    """Whether one block says of names what another says, as is mostly the case while a statement is being typed."""
    return old.bindings is new.bindings and old.imports is new.imports and old.accesses is new.accesses


def imports_of(facts: Facts) -> tuple[Imports, ...]:
    """The imports of a block, as they are written."""
    return _written(facts.imports)


def _written(imports: Iterable[Import]) -> tuple[Imports, ...]:
    return tuple(Imports(each.level, each.module, each.symbol, each.name) for each in imports)


# --- tables of some blocks, each with its number in the file --------------------------------------------------


def definitions_in(blocks: Blocks) -> dict[str, Definition]:
    found: dict[str, Definition] = {}
    for number, facts in blocks:
        for scope in facts.scopes:
            if scope.parent >= 0:
                found[qualname(facts, scope)] = Definition(number, scope.number)
    return found


def imports_in(blocks: Blocks) -> dict[str, list[Imported]]:
    found: dict[str, list[Imported]] = {}
    for number, facts in blocks:
        for item in facts.imports:
            found.setdefault(item.name, []).append(Imported(number, item))
    return found


def globals_in(blocks: Blocks) -> dict[str, list[Member]]:
    found: dict[str, list[Member]] = {}
    for number, facts in blocks:
        for binding in facts.bindings:
            scope = facts.scopes[binding.scope]
            if scope.kind == "module" or binding.name in scope.global_names:
                found.setdefault(binding.name, []).append(Member(number, binding))
    return found


def members_in(blocks: Blocks) -> dict[str, dict[str, list[Member]]]:
    found: dict[str, dict[str, list[Member]]] = {}
    for number, facts in blocks:
        for binding in facts.bindings:
            scope = facts.scopes[binding.scope]
            if scope.kind == "class":
                names = found.setdefault(qualname(facts, scope), {})
                names.setdefault(binding.name, []).append(Member(number, binding))
    return found


def attributes_of_self_in(blocks: Blocks) -> dict[str, dict[str, list[Assigned]]]:
    found: dict[str, dict[str, list[Assigned]]] = {}
    for number, facts in blocks:
        for access in facts.accesses:
            place = access.place
            if (
                access.kind != "write"
                or not isinstance(place, Attribute)
                or not isinstance(place.value, Name)
            ):
                continue
            owner = class_of_self(facts, access.scope, place.value.id)
            if owner:
                names = found.setdefault(owner, {})
                names.setdefault(place.attr, []).append(Assigned(number, access))
    return found


Row = TypeVar("Row", Imported, Member, Assigned)


def _renewed(table: dict[str, list[Row]], part: dict[str, list[Row]], block: int) -> dict[str, list[Row]]:
    """A table of names in which the rows of one block are those of `part`, under the same names as before."""
    if not part:
        return table
    fresh = dict(table)
    for name in part:
        others = [row for row in table.get(name, ()) if row.block != block]
        fresh[name] = sorted(others + part[name], key=_block)
    return fresh


def _block(row: Imported | Member | Assigned) -> int:
    return row.block


def changed_stretches(before: str, after: str, margin: int) -> tuple[str, str]:
    """Where two texts differ, in the one and in the other, with so many characters around."""
    start = alike(before, after)
    end = alike(before[:start:-1], after[:start:-1])
    first = max(start - margin, 0)
    return before[first : len(before) - end + margin], after[first : len(after) - end + margin]


def alike(one: str, other: str) -> int:
    """How many characters two texts have in common at their start."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def qualname(facts: Facts, scope: Scope) -> str:
    """A scope's qualname in its file, the classes around its block included; "" for the module itself."""
    return ".".join((*facts.owner, scope.qualname) if scope.qualname else facts.owner)


def class_of_self(facts: Facts, number: int, name: str) -> str:
    """The qualname of the class whose method scope `number` is, or is nested in, if `name` is that method's first
    parameter; else ""."""
    while number >= 0:
        scope = facts.scopes[number]
        if scope.parameters and scope.parameters[0].name == name and scope.parent >= 0:
            outer = facts.scopes[scope.parent]
            return qualname(facts, outer) if outer.kind == "class" else ""
        number = scope.parent
    return ""
