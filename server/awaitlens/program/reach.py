"""Which files the names of a file can lead to.

What a name stands for is found by following imports from file to file. So nothing in a file can mean a thing of another
file that its imports do not lead to, directly or through others. That spares most of a large program whenever somebody
asks who calls a function.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from sys import intern
from typing import TYPE_CHECKING, NamedTuple

from awaitlens.program.graph import Graph
from awaitlens.program.skim import is_letter

if TYPE_CHECKING:
    from awaitlens.program.catalogue import Catalogue
    from awaitlens.program.modules import FileFacts
    from awaitlens.program.program import Program


class Imports(NamedTuple):
    """One imported name as it is written: `from` `level` dots `module` `import symbol as name`."""

    level: int
    module: str
    symbol: str
    name: str


class Reach:
    """Answers which files lead to which. Worked out for all files at once, when somebody asks after a change.

    Files that were added since, few compared with all, lead everywhere and are led to from everywhere.
    """

    def __init__(self, program: Program, catalogue: Catalogue | None = None) -> None:
        """What the catalogue knows is not worked out, also if it learns where imports lead later on."""
        self._program = program
        self._catalogue = catalogue
        self._stale: set[str] = set()
        self._imports: dict[str, tuple[Imports, ...]] = {}
        self._targets: dict[str, frozenset[str]] = {}
        self._numbers: Mapping[str, int] = catalogue.numbers if catalogue else {}
        self._worked_out = Graph(())
        self._leading: dict[int, Sequence[str]] = {}

    @property
    def _graph(self) -> Graph:
        return self._worked_out if self._catalogue is None else self._catalogue.graph

    def touch(self, path: str) -> None:
        """The file at the path is new, changed or gone."""
        self._stale.add(path)

    def leads(self, source: str, target: str) -> bool:
        """Whether a name in the file `source` may stand for something in the file `target`."""
        if source == target:
            return True
        self._refresh()
        first, second = self._numbers.get(source), self._numbers.get(target)
        return first is None or second is None or self._graph.leads(first, second)

    def leading_to(self, target: str) -> Sequence[str]:
        """The files whose names may stand for something in the file `target`; itself first, the others by path."""
        self._refresh()
        number = self._numbers.get(target)
        if number is None:
            others = sorted(self._program.files)
        else:
            bits = self._graph.leading_to(number)
            found = self._leading.get(bits)
            if found is None:
                reached = (path for path, n in self._numbers.items() if bits >> n & 1)
                found = self._leading[bits] = sorted(reached)
            others = [*found, *self._stale]
        return sorted(others, key=target.__ne__)

    def closed_among(self, sources: Iterable[str], targets: Sequence[str]) -> list[str]:
        """Those of the targets to which only the sources lead."""
        self._refresh()
        among = 0
        for path in sources:
            among |= 1 << self._numbers[path] if path in self._numbers else 0
        numbers, backwards, others = self._numbers, self._graph.backwards, ~among
        return [path for path in targets if path in numbers and not backwards[numbers[path]] & others]

    def numbers(self) -> Mapping[str, int]:
        """A number for each file, for sets of files as bits of one integer."""
        self._refresh()
        return self._numbers

    def targets(self) -> Sequence[Sequence[int]]:
        """The numbers of the files that the imports of each file name, by its own number."""
        self._refresh()
        return self._graph.targets

    def forwards(self) -> Sequence[int]:
        """What each file reaches, as bits, by its number."""
        self._refresh()
        return self._graph.forwards

    def reached(self, source: str) -> int:
        """The files that names of this one may lead to, itself included, as bits; all of them for a file just added."""
        self._refresh()
        number = self._numbers.get(source)
        return -1 if number is None else self._graph.forwards[number]

    def _refresh(self) -> None:
        if not self._stale:
            return
        files = self._program.files
        gone = [path for path in self._stale if path not in files]
        added = [path for path in self._stale if path in files and path not in self._numbers]
        known = [path for path in self._stale if path in self._numbers and path in files]
        changed = [path for path in known if files[path].imported != self._imports.get(path)]
        if not gone and not changed and len(added) * 8 < len(self._numbers):
            self._stale.intersection_update(added)
            if len(self._stale) == len(added):
                return
        self._stale.clear()
        for path in changed:
            self._targets.pop(path, None)
        if gone or added:
            self._targets.clear()
        self._work_out()

    def _work_out(self) -> None:
        files = self._program.files
        self._imports = {path: file.imported for path, file in files.items()}
        for path, file in files.items():
            if path not in self._targets:
                self._targets[path] = self.targets_of(file, self._imports[path])
        numbers = self._numbers = {path: number for number, path in enumerate(files)}
        self._worked_out = Graph([[numbers[target] for target in self._targets[path]] for path in files])
        self._catalogue = None
        self._leading.clear()

    def targets_of(self, file: FileFacts, imports: tuple[Imports, ...]) -> frozenset[str]:
        """The files that these imports of a file name."""
        return frozenset(self._targets_of(file, imports))

    def _targets_of(self, file: FileFacts, imports: tuple[Imports, ...]) -> Iterator[str]:
        """The files that one file's imports name."""
        find = self._program.known_module
        for level, module, symbol, name in imports:
            if symbol:
                found = find(module, level, file)
                submodule = self._program.known_submodule(found, symbol) if found else None
                spelled = name
            else:
                parts = module.split(".")
                found = None
                for end in range(1, len(parts)):
                    outer = find(".".join(parts[:end]), 0, file)
                    if outer is not None:
                        yield outer
                submodule = find(module, 0, file)
                spelled = module if name == parts[0] else name
            if found is not None:
                yield found
            if submodule is not None:
                yield submodule
                yield from self._attributes(submodule, spelled, file)

    def _attributes(self, package: str, name: str, file: FileFacts) -> Iterator[str]:
        """The modules of a package that the file names as its attributes."""
        if not package.endswith("/__init__.py"):
            return
        for attribute in file.attributes_of(name):
            inner = self._program.known_submodule(package, attribute)
            if inner is not None:
                yield inner


def attributes_in(text: str, name: str) -> set[str]:
    """The attributes that a text spells behind a name."""
    found, spelled = set(), f"{name}."
    at = text.find(spelled)
    while at >= 0:
        attribute = _WORD.match(text, at + len(spelled))
        if attribute is not None and not is_letter(text[at - 1 : at]):
            found.add(attribute[0])
        at = text.find(spelled, at + len(spelled))
    return found


_WORD = re.compile(r"\w+")


_STATEMENT = re.compile(
    r"(?:.*[;:])?[ \t\f]*(?:from[ \t]*(\.*)[ \t]*([\w.]*)(?:[ \t]|\\\r?\n)+import\b[ \t]*(\([^)]*\)|(?:[^\n;#\\]|\\\r?\n)*)"
    r"|import[ \t]+((?:[^\n;#\\]|\\\r?\n)*))"
)
_COMMENT = re.compile(r"#[^\n]*")


def imports_in(text: str) -> tuple[Imports, ...]:
    """The imports that a text spells, those in its strings included."""
    found: dict[Imports, None] = {}
    at = text.find("import")
    while at >= 0:
        statement = _STATEMENT.match(text, _start_of_line(text, at))
        if statement is not None:
            found.update(dict.fromkeys(_spelled(*statement.groups())))
        at = text.find("import", max(at + 6, statement.end() if statement else 0))
    return tuple(found)


def _start_of_line(text: str, at: int) -> int:
    start = text.rfind("\n", 0, at) + 1
    while start > 1 and text.endswith(("\\\n", "\\\r\n"), 0, start):
        start = text.rfind("\n", 0, start - 1) + 1
    return start


def _spelled(
    dots: str | None, module: str | None, names: str | None, modules: str | None
) -> Iterator[Imports]:
    if modules:
        for each, bound in _bound(modules):
            owner, _, symbol = each.rpartition(".")
            if each.startswith(f"{bound}."):
                yield Imports(0, intern(owner), intern(symbol), bound)
            else:
                yield Imports(0, each, "", bound if bound != each else each.partition(".")[0])
        return
    listed = _COMMENT.sub("", names or "") if "#" in (names or "") else names or ""
    for each, bound in _bound(listed.strip("( )\n\r\t")):
        yield Imports(len(dots or ""), intern(module or ""), each, bound)


def _bound(names: str) -> Iterator[tuple[str, str]]:
    """`a, b as c` as pairs of what is imported and the name it gets."""
    for part in names.split(","):
        words = part.replace("\\", " ").split()
        if words:
            yield intern(words[0]), intern(words[-1] if len(words) == 3 else words[0])
