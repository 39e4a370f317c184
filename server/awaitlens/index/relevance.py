"""Which code without a word of async may still hold a pitfall: code that names something asynchronous.

A pitfall that can sit in plain code (an async function called and not awaited, a callback that is one) needs a name
there that leads to something asynchronous: a function of the program, or of a library. All other plain code need not
even be parsed.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from functools import lru_cache

from awaitlens.knowledge.coroutines import asynchronous_names
from awaitlens.knowledge.tables import cells
from awaitlens.program.modules import FileFacts
from awaitlens.program.ondemand import FileOnDemand

_FUNCTION = re.compile(r"\basync[ \t]+def[ \t]+(\w+)")
_IMPORTED_AS = re.compile(r"\b(\w+)[ \t]+as[ \t]+(\w+)[ \t]*(?=[,)\n;#])")
_ASSIGNED = re.compile(r"^[ \t]*(\w+)[ \t]*=[ \t]*(?:\w+\.)*(\w+)[ \t]*$", re.MULTILINE)
_GIVEN_BACK = re.compile(r"\bdef[ \t]+(\w+)|\breturn[ \t]+(?:\w+\.)*(\w+)[ \t]*\(")
_DOCUMENTATION = re.compile(r'"""[^"]*"""')
_GLOBAL = re.compile(r"^(\w+)[ \t]*(?::[^=\n]*)?=(?!=)", re.MULTILINE)
_IMPORTED = re.compile(r"^[ \t]*(?:from|import)[ \t]+(\w+)", re.MULTILINE)
_PLAIN = str.maketrans(
    {chr(code): " " for code in range(128) if not (chr(code).isalnum() or chr(code) == "_")}
)


def asynchronous_words(texts: Collection[str], known: Iterable[str] = ()) -> frozenset[str]:
    """The names by which code of these texts may reach something asynchronous; `known` are such names already."""
    functions = set(known)
    packages = {"asyncio", "builtins"}
    for text in texts:
        packages.update(_IMPORTED.findall(text))
        if "async" in text:
            functions.update(_FUNCTION.findall(text))
    words = functions | _library_words() | asynchronous_names(frozenset(packages))
    for text in texts:
        words.update(alias for name, alias in _IMPORTED_AS.findall(text) if name in words)
        words.update(alias for alias, name in _ASSIGNED.findall(text) if name in functions)
    return frozenset(words | _giving_back(functions, texts))


def _giving_back(functions: set[str], texts: Iterable[str]) -> set[str]:
    """The functions that return what a call of one of these gives, directly or not."""
    returned: dict[str, set[str]] = {}
    for text in texts:
        around = ""
        for defined, called in _GIVEN_BACK.findall(text):
            if called:
                returned.setdefault(called, set()).add(around)
            else:
                around = defined
    found: set[str] = set()
    waiting = [name for name in functions if name in returned]
    while waiting:
        fresh = returned[waiting.pop()] - found - functions
        found |= fresh
        waiting.extend(name for name in fresh if name in returned)
    return found


@lru_cache(maxsize=1)
def _library_words() -> frozenset[str]:
    """The last parts of the names of what runs functions and of what tasks wait for."""
    words = set(_ALWAYS)
    for table in ("callbacks", "spawners", "locks"):
        words.update(row[0].rpartition(".")[2] for row in cells(table))
    return frozenset(words)


_ALWAYS = frozenset(
    [
        "asyncio",
        "anyio",
        "trio",
        "curio",
        "uvloop",
        "asgiref",
        "loop",
        "partial",
        "wraps",
        "Mock",
        "MagicMock",
        "AsyncMock",
        "patch",
        "__aenter__",
        "__aexit__",
        "__aiter__",
        "__anext__",
        "__await__",
        "__del__",
        "get_event_loop",
        "new_event_loop",
        "set_event_loop",
        "run_until_complete",
        "run_forever",
        "create_task",
        "ensure_future",
    ]
)


def looked_at(file: FileFacts, words: frozenset[str]) -> Iterable[int]:
    """The numbers of the blocks in which a pitfall may be."""
    if not isinstance(file, FileOnDemand):
        return range(len(file.blocks))
    blocks = file.blocks
    own = frozenset(_GLOBAL.findall(file.text)) if "async" in file.text else frozenset()
    return [
        number
        for number in blocks.every()
        if blocks.has_async(number) or _names(blocks.text(number), words, own)
    ]


def _names(text: str, words: frozenset[str], own: frozenset[str]) -> bool:
    found = _DOCUMENTATION.sub("", text).translate(_PLAIN).split()
    if not words.isdisjoint(found):
        return True
    return any(
        re.search(rf"^[ \t]+{name}[ \t]*=(?!=)", text, re.MULTILINE) for name in own.intersection(found)
    )
