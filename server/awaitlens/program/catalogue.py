"""What is known of files that nobody has read. Who keeps it, keeps it in line with their texts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from typing import Protocol

from awaitlens.program.graph import Graph
from awaitlens.program.modules import FileFacts
from awaitlens.program.skim import Kind


class Catalogue(Protocol):
    """What the files of a program say, known without reading them. Each file has a number: its place in `paths`, where a
    file that is gone has left ""; `modules` are their dotted names, `graph` shows which files the imports of each name."""

    @property
    def paths(self) -> Sequence[str]: ...

    @property
    def modules(self) -> Sequence[str]: ...

    @property
    def numbers(self) -> Mapping[str, int]: ...

    @property
    def graph(self) -> Graph: ...

    def holding(self, kind: Kind, name: str) -> Sequence[int]:
        """The files that hold the name so; perhaps some more."""


class Unopened(MutableMapping[str, FileFacts]):
    """Files by path, each made when somebody first asks for it: most of a large program never are."""

    def __init__(self, catalogue: Catalogue, make: Callable[[str, str], FileFacts]) -> None:
        """`make` gives the file of a path and a module's name."""
        self._files: dict[str, FileFacts | None] = dict.fromkeys(filter(None, catalogue.paths))
        self._catalogue = catalogue
        self._make = make

    def modules(self) -> list[tuple[str, str]]:
        """The modules' names, each with its path."""
        return [(m, path) for m, path in zip(self._catalogue.modules, self._catalogue.paths) if path]

    def __getitem__(self, path: str) -> FileFacts:
        found = self._files[path]
        if found is None:
            module = self._catalogue.modules[self._catalogue.numbers[path]]
            found = self._files[path] = self._make(path, module)
        return found

    def __setitem__(self, path: str, file: FileFacts) -> None:
        self._files[path] = file

    def __delitem__(self, path: str) -> None:
        del self._files[path]

    def __contains__(self, path: object) -> bool:
        return path in self._files

    def __iter__(self) -> Iterator[str]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)
