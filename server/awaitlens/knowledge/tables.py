"""Reads the tables in `data/`: lines of cells parted by tabs, `#` starts a comment line.

A grouped table has one line per owner (a module or class): the owner, then cells `word: name name name`. It is the
short form of `owner.name -> word`. A line is taken apart when its owner is first asked for, so that opening a table
of some thousand lines costs about a millisecond.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

_FOLDER = Path(__file__).with_name("data")


def lines(table: str) -> Iterator[str]:
    """The lines of `data/<table>.tsv` that say something."""
    text = (_FOLDER / f"{table}.tsv").read_text(encoding="utf-8")
    return (line for line in text.split("\n") if line and line[0] != "#")


def cells(table: str) -> Iterator[list[str]]:
    """The lines as lists of cells."""
    return (line.split("\t") for line in lines(table))


class Grouped:
    """One or more grouped tables read as one; what an earlier table says of a name wins.

    The name `*` speaks for every name of its owner that no table lists.
    """

    def __init__(self, *tables: str) -> None:
        self._tables = tables
        self._parsed: dict[str, dict[str, str]] = {}

    @cached_property
    def _raw(self) -> dict[str, list[str]]:
        raw: dict[str, list[str]] = {}
        for table in self._tables:
            for line in lines(table):
                owner, _, rest = line.partition("\t")
                raw.setdefault(owner, []).append(rest)
        return raw

    def owners(self) -> Iterator[str]:
        return iter(self._raw)

    def __contains__(self, owner: str) -> bool:
        return owner in self._raw

    def of(self, owner: str) -> dict[str, str]:
        """All names of an owner with their words, in the order of the tables."""
        found = self._parsed.get(owner)
        if found is None:
            found = self._parsed[owner] = _parse(self._raw.get(owner, ()))
        return found

    def get(self, owner: str, name: str) -> str | None:
        if owner not in self._raw:
            return None
        names = self.of(owner)
        return names.get(name) or names.get("*")


def _parse(rests: list[str] | tuple[()]) -> dict[str, str]:
    names: dict[str, str] = {}
    for rest in rests:
        for cell in rest.split("\t"):
            word, _, listed = cell.partition(": ")
            for name in listed.split(" "):
                names.setdefault(name, word)
    return names
