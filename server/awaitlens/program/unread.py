"""Where a name is defined, called and handed over in files that are read on demand: only blocks that spell it are parsed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from awaitlens.program.heirs import constructing
from awaitlens.program.mentions import Place, table_of
from awaitlens.program.modules import FileFacts
from awaitlens.program.ondemand import FileOnDemand
from awaitlens.program.skim import Kind, may_hold

if TYPE_CHECKING:
    from awaitlens.program.catalogue import Catalogue
    from awaitlens.program.program import Program

_MOST_SEARCHED = 100_000
"""Words looked for in files: some 20 MB of answers, most of which say that a word is not there."""


class Unread:
    """The files of a program that are read on demand, and what was found in them."""

    def __init__(self, program: Program, catalogue: Catalogue | None) -> None:
        self._program = program
        self._catalogue = catalogue
        self._files: dict[str, FileOnDemand] = {}
        self._defining: dict[str, list[FileOnDemand]] = {}
        self._fresh: list[FileOnDemand] = []
        self._places: dict[tuple[str, str], dict[str, Sequence[Place]]] = {}
        self._searched = 0
        self._found: dict[tuple[Kind, str, str, str], list[tuple[FileFacts, Sequence[Place]]]] = {}

    def add(self, file: FileOnDemand) -> None:
        self._files[file.path] = file
        self._fresh.append(file)
        self._forget_places(file.path)

    def drop(self, path: str) -> None:
        file = self._files.pop(path, None)
        if file is not None:
            self._fresh = [other for other in self._fresh if other is not file]
            for files in self._defining.values():
                if file in files:
                    files.remove(file)
            self._forget_places(path)

    def _forget_places(self, path: str) -> None:
        for places in self._places.values():
            places.pop(path, None)
        self._found.clear()

    def forget(self) -> None:
        self._found.clear()
        if self._searched > _MOST_SEARCHED:
            self._places.clear()
            self._searched = 0

    def find(
        self, kind: Kind, name: str, target: str, constructor_of: str = ""
    ) -> Iterator[tuple[FileFacts, Sequence[Place]]]:
        """The files that hold the name, with the places; what was searched to the end is not searched again.

        Where it is the constructor of a class of the target, files that do not call that by its own name are passed over.
        """
        key = kind, name, target, constructor_of
        known = self._found.get(key)
        if known is not None:
            yield from known
            return
        found: list[tuple[FileFacts, Sequence[Place]]] = []
        searched = self._places.setdefault(("defined" if kind in ("async", "plain") else kind, name), {})
        candidates = self._candidates(kind, name, target)
        for file in (
            constructing(constructor_of, candidates, self._spelling) if constructor_of else candidates
        ):
            places = searched.get(file.path)
            if places is None:
                self._searched += 1
                places = searched[file.path] = _searched(file, kind, name) if name in file.text else ()
            if places:
                found.append((file, places))
                yield file, places
        self._found[key] = found

    def _candidates(self, kind: Kind, name: str, target: str) -> list[FileOnDemand]:
        """By path, but for the target, which comes first."""
        found = self._listed(kind, name, target) if self._catalogue is not None else []
        if kind in ("called", "given"):
            paths = self._program.reach.leading_to(target) if target else sorted(self._files)
            found += [self._files[path] for path in paths if path in self._files]
            return found
        for file in self._fresh:
            for defined in file.defined_names:
                self._defining.setdefault(defined, []).append(file)
        self._fresh.clear()
        leads = self._program.reach.leads
        found += [
            file
            for file in self._defining.get(name, ())
            if (kind == "defined" or name in (file.async_names if kind == "async" else file.plain_names))
            and (not target or leads(file.path, target))
        ]
        return sorted(found, key=lambda file: (file.path != target, file.path))

    def _spelling(self, name: str, files: Sequence[FileOnDemand]) -> list[FileOnDemand]:
        """Those of the files that spell a name."""
        if self._catalogue is None:
            return [file for file in files if name in file.text]
        listed = {self._catalogue.paths[number] for number in self._catalogue.holding("called", name)}
        return [f for f in files if f.path in listed or (f.path in self._files and name in f.text)]

    def _listed(self, kind: Kind, name: str, target: str) -> list[FileOnDemand]:
        """Those of which the catalogue speaks."""
        assert self._catalogue is not None
        leads, files = self._program.reach.leads, self._program.files
        paths = (self._catalogue.paths[number] for number in self._catalogue.holding(kind, name))
        candidates = sorted(paths, key=lambda path: (path != target, path))
        found = (files.get(path) for path in candidates if not target or leads(path, target))
        return [
            file
            for file in found
            if isinstance(file, FileOnDemand) and self._files.get(file.path) is not file
        ]


def _searched(file: FileOnDemand, kind: Kind, name: str) -> list[Place]:
    blocks = file.blocks
    return [
        place._replace(block=block)
        for block in blocks.holding(name)
        if blocks.is_whole or may_hold(blocks.text(block), kind, name)
        for place in table_of(file.facts(block)).of(kind).get(name, ())
    ]
