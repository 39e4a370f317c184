"""What the texts of all files say, kept so that nobody need read them: an inverted index from names to files.

It is kept in many lists, of which a check reads those of the names that it asks for.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any
from zlib import crc32

from awaitlens.program.graph import Graph
from awaitlens.program.skim import (
    Kind,
    async_functions,
    names_defined,
    plain_functions,
    plain_properties,
    words,
)

_LISTS = 4096
_COLOURS = ("async ", "plain ", "property ")
Names = dict[str, bytes]
"""By name, the numbers of the files that hold it so, as an array; a name that is defined stands behind its kind."""


class Catalogue:
    """What is known of files, each of which has a number: see program/catalogue.py, whose Catalogue this is.

    `changed` are the lists that must be kept anew, `renamed` files whose module has another name since packages came or
    went. `is_led_anew` tells whether anything else must be kept anew: imports lead elsewhere, or files came or went.
    """

    def __init__(
        self,
        paths: Sequence[str],
        modules: Sequence[str],
        targets: Sequence[Sequence[int]],
        read: Callable[[int], Any],
    ) -> None:
        """`read` gives the list of that number, None where there is none."""
        self.paths = list(paths)
        self.modules = list(modules)
        self.changed: set[int] = set()
        self.renamed: list[str] = []
        self.is_led_anew = False
        self._targets = list(targets)
        self._read = read
        self._lists: dict[int, Names] = {}
        self._held: dict[str, bool] = {}
        self._packages: set[str] = set()

    @cached_property
    def numbers(self) -> dict[str, int]:
        return {path: number for number, path in enumerate(self.paths) if path}

    @cached_property
    def graph(self) -> Graph:
        """Which files the imports of each file name, as it is now."""
        return Graph(tuple(self._targets))

    def holding(self, kind: Kind, name: str) -> Sequence[int]:
        """The files that hold the name so; perhaps some more."""
        found = self._list(_number(name)).get(name if kind in ("called", "given") else f"{kind} {name}")
        return array("I", found) if found is not None else ()

    # --- changes ---------------------------------------------------------------------------------------------

    def add(self, path: str) -> int:
        """A new file, of which nothing is known yet: its number."""
        number = self.numbers[path] = len(self.paths)
        self.paths.append(path)
        self.modules.append("")
        self._targets.append(())
        self._move(path)
        return number

    def remove(self, path: str) -> None:
        number = self.numbers.pop(path)
        self.paths[number] = self.modules[number] = ""
        self._targets[number] = ()
        self._move(path)

    def _move(self, path: str) -> None:
        self._lead_anew()
        folder, _, name = path.rpartition("/")
        self._packages.add(folder if name == "__init__.py" else path)

    def name_modules(self, name: Callable[[str, Container[str]], str]) -> None:
        """Give modules their names, of what came and of what lies in packages that came or went. `name` makes one of a path
        and the folders that are packages."""
        if not self._packages:
            return
        packages = {path.rpartition("/")[0] for path in self.paths if path.endswith("/__init__.py")}
        moved = tuple(self._packages)
        for path, number in self.numbers.items():
            if path.startswith(moved):
                found = name(path, packages)
                if self.modules[number] not in ("", found):
                    self.renamed.append(path)
                self.modules[number] = found
        self._packages.clear()

    def lead(self, number: int, targets: Iterable[int]) -> bool:
        """Set what the imports of a file name. Whether that is new."""
        found = sorted(targets)
        if sorted(self._targets[number]) == found:
            return False
        self._targets[number] = found
        self._lead_anew()
        return True

    def _lead_anew(self) -> None:
        self.is_led_anew = True
        self.__dict__.pop("graph", None)

    def replace(self, number: int, before: str, after: str) -> None:
        """A file's text is another one."""
        old, new = _entries(before), _entries(after)
        for entry in old ^ new:
            where = _number(entry.rpartition(" ")[2])
            names = self._list(where)
            files = set(array("I", names.get(entry, b"")))
            if entry.startswith(_COLOURS):
                self._held.setdefault(entry, bool(files))
            (files.add if entry in new else files.discard)(number)
            names[entry] = array("I", sorted(files)).tobytes()
            if not files:
                del names[entry]
            self.changed.add(where)

    def held_anew(self) -> set[str]:
        """The names that are held so by some file now and were by none, or the other way round: by async functions, by plain
        ones, by properties."""
        turned = (
            entry.partition(" ")
            for entry, before in self._held.items()
            if before != (entry in self._list(_number(entry.rpartition(" ")[2])))
        )
        return {name for _, _, name in turned}

    # --- bytes -----------------------------------------------------------------------------------------------

    def packed(self) -> Any:
        return self.paths, self.modules, self._targets

    def packed_lists(self) -> Mapping[int, Names]:
        """Those that must be kept anew."""
        return {number: self._lists[number] for number in sorted(self.changed)}

    def read_all(self) -> None:
        """Whoever looks for names in a copy of this process cannot read."""
        for number in range(_LISTS):
            self._list(number)

    def _list(self, number: int) -> Names:
        found = self._lists.get(number)
        if found is None:
            found = self._lists[number] = self._read(number) or {}
        return found


def made_of(
    texts: Iterable[str], paths: Sequence[str], modules: Sequence[str], targets: Sequence[Sequence[int]]
) -> Catalogue:
    """The catalogue of files with these texts, numbered as they come."""
    files: dict[str, list[int]] = {}
    for number, text in enumerate(texts):
        for entry in _entries(text):
            known = files.get(entry)
            if known is None:
                files[entry] = [number]
            else:
                known.append(number)
    made = Catalogue(paths, modules, targets, lambda number: None)
    for entry, found in files.items():
        made._list(_number(entry.rpartition(" ")[2]))[entry] = array("I", found).tobytes()
    made.changed.update(range(_LISTS))
    made.is_led_anew = True
    made.read_all()
    return made


def _entries(text: str) -> set[str]:
    found = words(text)
    found.update([f"defined {name}" for name in names_defined(text)])
    found.update([f"async {name}" for name in async_functions(text)])
    found.update([f"plain {name}" for name in plain_functions(text)])
    found.update([f"property {name}" for name in plain_properties(text)])
    return found


def _number(name: str) -> int:
    return crc32(name.encode("utf-8", "surrogatepass")) % _LISTS
