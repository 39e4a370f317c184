"""Which files may call the constructor of a class by its own name, `__init__`: a look at their texts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from awaitlens.program.ondemand import FileOnDemand
from awaitlens.program.skim import words

_CLASS = re.compile(r"class[ \t]+(\w+)[ \t]*\(([^:]*)")
_DEFINED = re.compile(r"class[ \t]+(\w+)")
_ALIAS = re.compile(r"[ \t]*(\w+)[ \t]*(?::[^=\n]*)?=(?!=)[\w. \t]*")
_MOST = 20
"""Of a class with more heirs, most files speak."""


def constructing(
    name: str,
    files: Sequence[FileOnDemand],
    spelling: Callable[[str, Sequence[FileOnDemand]], Iterable[FileOnDemand]],
) -> Iterable[FileOnDemand]:
    """The files that define a class of that name or an heir of it, or spell one's `__init__`: nowhere else does anyone call
    that by its own name. All files, where the class, its heirs and what stands for them have many names. `spelling` gives those of
    some files that spell a name."""
    names, fresh = {name}, {name}
    found: dict[str, FileOnDemand] = {}
    while fresh and len(names) <= _MOST:
        spelled = {file.path: file for each in fresh for file in spelling(each, files)}
        found |= spelled
        fresh = {given for file in spelled.values() for given in _given(file, names)} - names
        names |= fresh
    if fresh:
        return files
    return [file for file in files if file.path in found and _constructs(file.text, names)]


def _constructs(text: str, names: set[str]) -> bool:
    """Whether the text defines a class of one of the names, or spells one's `__init__`."""
    if not names.isdisjoint(_DEFINED.findall(text)):
        return True
    ends = tuple(names)
    before = (code.rstrip(" \t") for code in text.split("__init__")[:-1])
    return any(code.endswith(".") and code[:-1].rstrip(" \t").endswith(ends) for code in before)


def _given(file: FileOnDemand, names: set[str]) -> Iterator[str]:
    """The names that the file gives to heirs of the classes of these names, and to the classes themselves."""
    text = file.text
    for each in file.imported:
        if each.symbol in names:
            yield each.name
    for given, bases in _CLASS.findall(text):
        if not names.isdisjoint(words(bases)):
            yield given
    for name in names:
        for found in re.finditer(rf"{name}(?:[ \t]*(?:#.*)?$|[ \t]+(?:if|or)\b)", text, re.MULTILINE):
            alias = _ALIAS.fullmatch(text, text.rfind("\n", 0, found.start()) + 1, found.start())
            if alias is not None:
                yield alias[1]
