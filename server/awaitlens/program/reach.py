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

from awaitlens.program.skim import is_letter

if TYPE_CHECKING:
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

    def __init__(self, program: Program) -> None:
        self._program = program
        self._stale: set[str] = set()
        self._imports: dict[str, tuple[Imports, ...]] = {}
        self._targets: dict[str, frozenset[str]] = {}
        self._numbers: dict[str, int] = {}
        self._backwards: dict[str, int] = {}
        self._forwards: dict[str, int] = {}
        self._leading: dict[int, list[str]] = {}

    def touch(self, path: str) -> None:
        """The file at the path is new, changed or gone."""
        self._stale.add(path)

    def leads(self, source: str, target: str) -> bool:
        """Whether a name in the file `source` may stand for something in the file `target`."""
        if source == target:
            return True
        self._refresh()
        number, backwards = self._numbers.get(source), self._backwards.get(target)
        return number is None or backwards is None or bool(backwards >> number & 1)

    def leading_to(self, target: str) -> Sequence[str]:
        """The files whose names may stand for something in the file `target`; itself first."""
        self._refresh()
        bits = self._backwards.get(target)
        found = self._leading.get(bits or 0)
        if found is None and bits is not None:
            found = self._leading[bits] = [path for path, n in self._numbers.items() if bits >> n & 1]
        others = [*self._program.files] if found is None else [*found, *self._stale]
        return sorted(others, key=target.__ne__)

    def closed_among(self, sources: Iterable[str], targets: Sequence[str]) -> list[str]:
        """Those of the targets to which only the sources lead."""
        self._refresh()
        among = 0
        for path in sources:
            among |= 1 << self._numbers[path] if path in self._numbers else 0
        return [path for path in targets if not self._backwards.get(path, -1) & ~among]

    def numbers(self) -> Mapping[str, int]:
        """A number for each file, for sets of files as bits of one integer."""
        self._refresh()
        return self._numbers

    def forwards(self) -> Sequence[int]:
        """What each file reaches, as bits, by its number."""
        self._refresh()
        return [*self._forwards.values()]

    def reached(self, source: str) -> int:
        """The files that names of this one may lead to, itself included, as bits; all of them for a file just added."""
        self._refresh()
        return self._forwards.get(source, -1)

    def _refresh(self) -> None:
        if not self._stale:
            return
        files = self._program.files
        gone = [path for path in self._stale if path not in files]
        added = [path for path in self._stale if path in files and path not in self._numbers]
        known = [path for path in self._stale if path in self._numbers and path in files]
        changed = [path for path in known if files[path].imported != self._imports[path]]
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
                self._targets[path] = frozenset(self._targets_of(file, self._imports[path]))
        self._numbers = {path: number for number, path in enumerate(files)}
        numbered = [[self._numbers[target] for target in self._targets[path]] for path in files]
        groups = _mutual(numbered)
        forwards = _closed(groups, numbered)
        backwards = _closed(groups[::-1], _reversed(numbered))
        self._forwards = dict(zip(files, forwards))
        self._backwards = dict(zip(files, backwards))
        self._leading.clear()

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


# --- graphs: a list of each node's targets, nodes being their positions -------------------------------------


def _reversed(targets: list[list[int]]) -> list[list[int]]:
    found: list[list[int]] = [[] for _ in targets]
    for source, reached in enumerate(targets):
        for target in reached:
            found[target].append(source)
    return found


def _closed(groups: list[list[int]], targets: list[list[int]]) -> list[int]:
    """What each node reaches, itself included, as bits. No group reaches a later one."""
    reached = [0] * len(targets)
    for group in groups:
        bits = 0
        for node in group:
            bits |= 1 << node
            for target in targets[node]:
                bits |= reached[target]
        for node in group:
            reached[node] = bits
    return reached


def _mutual(targets: list[list[int]]) -> list[list[int]]:
    """The groups of nodes that all reach each other, none before one that it reaches (Tarjan's algorithm)."""
    order = [-1] * len(targets)
    lowest = [0] * len(targets)
    open_nodes: list[int] = []
    is_open = bytearray(len(targets))
    groups: list[list[int]] = []
    count = 0
    for start in range(len(targets)):
        if order[start] >= 0:
            continue
        work = [(start, iter(targets[start]))]
        order[start] = lowest[start] = count
        count += 1
        open_nodes.append(start)
        is_open[start] = True
        while work:
            node, rest = work[-1]
            for target in rest:
                if order[target] < 0:
                    order[target] = lowest[target] = count
                    count += 1
                    open_nodes.append(target)
                    is_open[target] = True
                    work.append((target, iter(targets[target])))
                    break
                if is_open[target]:
                    lowest[node] = min(lowest[node], order[target])
            else:
                work.pop()
                if work:
                    lowest[work[-1][0]] = min(lowest[work[-1][0]], lowest[node])
                if lowest[node] == order[node]:
                    group: list[int] = []
                    while not group or group[-1] != node:
                        group.append(open_nodes.pop())
                        is_open[group[-1]] = False
                    groups.append(group)
    return groups
