"""Which files must be looked at again after some have changed, come or gone.

The findings of a file rest on its text, on the files its imports lead to, on those that these lead to, and on what else it
asked of all files: who calls a function, who defines a name. A file that changed is looked at again. Where no name can mean
anything else (equal outlines), so is who read the code that changed, or asked what one of its functions comes to; where only
functions and imports came, went or changed, whoever uses their names; otherwise every file from which imports led to it.
Whoever asked a question of all files is looked at again where the answer may be another one now: other files hold the name,
or imports lead from those that hold it to what was asked about, or do not any more.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Set
from posixpath import basename, dirname
from typing import NamedTuple

from awaitlens.index.catalogue import Catalogue
from awaitlens.index.changes import Change, change_between
from awaitlens.index.grounds import Grounds, Unit, function_name
from awaitlens.index.record import Stirred
from awaitlens.program.program import Program, module_name
from awaitlens.program.skim import words

_MARKING = "conftest.py"
"""What stands in such a file counts for the tests beside and below it, which import nothing from it."""


class Text(NamedTuple):
    """A file's text at the last check and now; None where it was not there, or is not any more."""

    before: str | None
    after: str | None


class Recheck:
    """Brings a catalogue up to date with changed texts, and tells whom that concerns."""

    def __init__(self, catalogue: Catalogue, grounds: Grounds, texts: Mapping[str, Text]) -> None:
        self.catalogue = catalogue
        self._grounds = grounds
        self._texts = texts
        self._before = catalogue.graph
        self._numbers: dict[str, int] = {}
        """Those of the files that changed, of gone ones too."""
        self._take_texts()

    def _take_texts(self) -> None:
        catalogue = self.catalogue
        for path, (before, after) in self._texts.items():
            number = catalogue.add(path) if before is None else catalogue.numbers[path]
            self._numbers[path] = number
            catalogue.replace(number, before or "", after or "")
        for path, text in self._texts.items():
            if text.after is None:
                catalogue.remove(path)
        catalogue.name_modules(module_name)

    def stirred(self, program: Program) -> Stirred:
        """What must be looked at again. `program` is that of the files as they are now."""
        changes = {path: change_between(*text) for path, text in self._texts.items()}
        numbers = self._numbers
        inside = {numbers[path] for path, change in changes.items() if change.inside}
        retargeted = self._lead_anew(program)
        seen = {*numbers.values()} - inside | retargeted - inside
        seen.update(map(self.catalogue.numbers.__getitem__, self.catalogue.renamed))
        seen.update(self._using(changes, program))
        for path, change in changes.items():
            if basename(path) == _MARKING and not change.inside:
                seen.update(self._below(dirname(path)))
        held_anew = set(self._using_held_anew(program))
        blocks = {numbers[path]: c.blocks for path, c in changes.items() if c.blocks is not None}
        leading = self._importers(seen)
        whole = leading | held_anew | {*numbers.values()} - blocks.keys()
        bodies = {numbers[path]: c.bodies for path, c in changes.items() if c.bodies is not None}
        functions = [function_name(number, name) for number, names in bodies.items() for name in names]
        read = {number for number in numbers.values() if bodies.get(number, True)}
        units = self._grounds.reading(read) | self._grounds.running(functions, held_anew)
        units |= self._grounds.asking(set(self._answered_otherwise(changes, leading)))
        if retargeted & inside:
            units |= self._grounds.asking(set(self._led_to_otherwise()))
        units.update(Unit(number, block) for number, found in blocks.items() for block in found)
        paths = self.catalogue.paths
        self._grounds.forget(units, whole)
        return Stirred(
            {paths[number] for number in whole if paths[number]},
            {(paths[file], block) for file, block in units if file not in whole},
        )

    # --- imports -----------------------------------------------------------------------------------------------

    def _lead_anew(self, program: Program) -> set[int]:
        """Set what the imports of changed files name, and of others that may name a file that came or went: the numbers of
        those where that is new."""
        changed = {self._numbers[path] for path, text in self._texts.items() if text.after is not None}
        gone = {*self._numbers.values()} - changed
        return {n for n in sorted(changed | set(self._importing()) - gone) if self._lead(n, program)}

    def _lead(self, number: int, program: Program) -> bool:
        file = program.files[self.catalogue.paths[number]]
        targets = program.reach.targets_of(file, file.imported)
        return self.catalogue.lead(number, map(self.catalogue.numbers.__getitem__, targets))

    def _importing(self) -> Iterator[int]:
        """The files that may import one that came or went, or another one in its place: they spell its name, or lie in its
        package."""
        moved = [path for path, text in self._texts.items() if None in text]
        for path in [*moved, *self.catalogue.renamed]:
            folder = dirname(path)
            if basename(path).startswith("__init__."):
                yield from self._below(folder)
                path = folder
            yield from self.catalogue.holding("called", basename(path).partition(".")[0])

    def _below(self, folder: str) -> Iterator[int]:
        numbers = self.catalogue.numbers
        return (number for path, number in numbers.items() if path.startswith(f"{folder}/"))

    def _importers(self, files: Iterable[int]) -> set[int]:
        """The files whose imports lead to one of these, or did; these included."""
        bits = 0
        for number in files:
            bits |= self.catalogue.graph.leading_to(number) | self._before.leading_to(number) | 1 << number
        return {number for number in range(bits.bit_length()) if bits >> number & 1}

    def _leads(self, source: int, target: int) -> bool:
        """Whether a name in a file may stand, or might have stood, for something in another one."""
        return self.catalogue.graph.leads(source, target) or self._before.leads(source, target)

    # --- names -------------------------------------------------------------------------------------------------

    def _using(self, changes: Mapping[str, Change], program: Program) -> Iterator[int]:
        """The files that use a name of a changed file, where imports lead there."""
        for path, change in changes.items():
            target = self._numbers[path]
            if change.inside and change.used:
                yield from self._spelling(change.used, self._leading(target, change.used), program)
            if change.inside and change.imports:
                files = self._leading(target, change.imports)
                yield from (n for n in files if self._takes(n, change.imports, target, program))

    def _leading(self, target: int, names: Iterable[str]) -> Iterator[int]:
        """The files that spell one of the names, changed ones aside, where imports lead to the target."""
        files = self._holding(names) - {*self._numbers.values()}
        return (number for number in files if self._leads(number, target))

    def _takes(self, number: int, names: Set[str], target: int, program: Program) -> bool:
        """Whether a file may take a name out of the target: by an import, or as an attribute of a module."""
        file, find = program.files[self.catalogue.paths[number]], self.catalogue.numbers.__getitem__
        modules, ancestors = set[str](), set[str]()
        for each in file.imported:
            led = set(map(find, program.reach.targets_of(file, (each,))))
            if not any(other == target or self._leads(other, target) for other in led):
                continue
            if each.symbol == "*" or each.symbol in names:
                return True
            ancestors.add(each.name)
            # `from package import name` gives a module of the package, or whatever the package calls so.
            if target in led or (each.symbol and len(led) == 1):
                modules.add(each.name)
        ways = [(modules, ""), (ancestors, r"(?:\w+\s*\.\s*)+")]
        return any(_attribute_of(first, way, names).search(file.text) for first, way in ways if first)

    def _using_held_anew(self, program: Program) -> Iterator[int]:
        """The files that use a name of which it is new how it is held anywhere."""
        new = self.catalogue.held_anew()
        if new:
            yield from self._spelling(new, self._holding(new) - {*self._numbers.values()}, program)

    def _holding(self, names: Iterable[str]) -> set[int]:
        return {number for name in names for number in self.catalogue.holding("called", name)}

    def _spelling(self, names: Iterable[str], files: Iterable[int], program: Program) -> Iterator[int]:
        used = _use_of(names)
        return (n for n in files if used.search(program.files[self.catalogue.paths[n]].text))

    # --- questions ---------------------------------------------------------------------------------------------

    def _answered_otherwise(self, changes: Mapping[str, Change], otherwise: Set[int]) -> Iterator[int]:
        """The questions that may have another answer now: about names that came or went in a changed file, and about those that
        stand in the files `otherwise`, where they may mean something else."""
        came = {path for path, text in self._texts.items() if None in text}
        known = otherwise - {self._numbers[path] for path in came}
        spelled = set[str]().union(*(words(text or "") for texts in self._texts.values() for text in texts))
        for number, kind, name, target in self._grounds.questions():
            if kind == "spelled":
                concerned = name in spelled
            else:
                held = (n for n in self.catalogue.holding(kind, name) if n in known) if known else ()
                files = (self._numbers[p] for p, c in changes.items() if name in _mentioned(c, kind))
                concerned = any(target < 0 or self._leads(file, target) for file in (*files, *held))
            if concerned:
                yield number

    def _led_to_otherwise(self) -> Iterator[int]:
        """The questions about a name in files that lead to another one now, or do not any more."""
        for number, kind, name, target in self._grounds.questions():
            turned = (
                self._before.leading_to(target) ^ self.catalogue.graph.leading_to(target)
                if target >= 0
                else 0
            )
            if turned and any(turned >> file & 1 for file in self.catalogue.holding(kind, name)):
                yield number


def _mentioned(change: Change, kind: str) -> frozenset[str]:
    """The names that are mentioned so where they were not, or the other way round."""
    return change.calls if kind == "called" else change.names


def _attribute_of(modules: Iterable[str], way: str, names: Iterable[str]) -> re.Pattern[str]:
    """Where one of the names is an attribute of one of the modules, or of what `way` leads to from there."""
    first, last = ("|".join(map(re.escape, sorted(each))) for each in (modules, names))
    return re.compile(rf"\b(?:{first})\s*\.\s*{way}(?:{last})\b")


def _use_of(names: Iterable[str]) -> re.Pattern[str]:
    """Where code, and mostly not prose, names one of these; `f` before a quote is none."""
    any_of = "|".join(map(re.escape, sorted(names)))
    return re.compile(
        rf"""(?:[.(=,@\[{{:]|\bimport|^)[ \t]*(?:{any_of})\b(?!["'])|\b(?:{any_of})[ \t]*\(""", re.MULTILINE
    )
