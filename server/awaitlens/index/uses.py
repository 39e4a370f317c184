"""The names that a block of code uses: called, handed over or read; not those in its strings, nor those it binds itself.

A look at the text, before anything is parsed. What is in doubt is used.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_QUOTED = r'"""(?:[^"\\]|\\.|"(?!""))*"""' + r"|'''(?:[^'\\]|\\.|'(?!''))*'''"
_ONE_LINE = r'"(?:[^"\\\n]|\\.)*"' + r"|'(?:[^'\\\n]|\\.)*'"
# Each begins with what is rare: so it is found quicker.
_STRINGS = re.compile(rf"{_QUOTED}|{_ONE_LINE}|#[^\n]*", re.DOTALL)
_STRINGS_WITH_CODE = re.compile(
    rf"((?:[fF][rR]?|[rR][fF])(?:{_QUOTED}|{_ONE_LINE}))|{_STRINGS.pattern}", re.DOTALL
)
_FORMATTED = re.compile(r"""["'](?:(?<=[fF].)|(?<=[fF][rR].))""")
_IN_BRACKETS = re.compile(r"\([^()]*\)")
_HEADER = re.compile(r"\bdef[ \t]+\w+[ \t]*\(((?:[^()]|\((?:[^()]|\([^()]*\))*\))*)\)")
_BRACKETS = re.compile(r"\([^()\[\]{}]*\)|\[[^()\[\]{}]*\]|\{[^()\[\]{}]*\}")
_PARAMETER = re.compile(r"(?:^|,)[\s*]*(\w+)")
_SCOPES = re.compile(r"\b(?:def|lambda|class|global)\b")
_BOUND = re.compile(r"\n[ \t]+(\w+)[ \t]*(?::[^=\n]+)?=(?!=)")
_USE = re.compile(r"(\.?)[ \t]*\b([^\W\d]\w*)(?=[ \t]*(\.|=(?!=)|))")
_WORD = re.compile(r"\w+")
_DEFINED = re.compile(r"(?:def(?<!\w\w{3})|class(?<!\w\w{5}))[ \t]+\w+")


class Used(NamedTuple):
    """The names of a block: those that may stand for what is called or handed over; those of which an attribute is read;
    and all that its code spells."""

    called: set[str]
    read: set[str]
    spelled: set[str]


def used_names(text: str) -> Used:
    code = without_strings(text)
    own = _own_names(code)
    used = Used(set(), set(), set(_WORD.findall(code)))
    for dot, name, sign in _USE.findall(_DEFINED.sub("", code)):
        if sign != "=" and (dot or name not in own):
            (used.read if sign else used.called).add(name)
    return used


def only_imports(text: str) -> bool:
    """Whether the block imports, and does nothing else."""
    if not text.startswith(_IMPORTING) or ";" in text:
        return False
    lines = _IN_BRACKETS.sub("", _STRINGS.sub("", text)).split("\n")
    return all(line.startswith(_IMPORTING) for line in lines if line.strip())


_IMPORTING = ("import ", "from ")


def without_strings(text: str) -> str:
    """The code without strings and comments, all but formatted strings: those hold code."""
    if _FORMATTED.search(text):
        return _STRINGS_WITH_CODE.sub(_formatted_alone, text)
    return _STRINGS.sub('""', text)


def _formatted_alone(found: re.Match[str]) -> str:
    return found[1] or '""'


def _own_names(code: str) -> set[str]:
    """The parameters of the function that the block is, and its variables where no other scope lies in it."""
    header = _HEADER.search(code)
    if header is None or "\n" in code[: header.start()].strip():
        return set()
    inner = header[1]
    while (shorter := _BRACKETS.sub("", inner)) != inner:
        inner = shorter
    own = set(_PARAMETER.findall(inner))
    if _SCOPES.search(code, header.end()) is None:
        own.update(_BOUND.findall(code, header.end()))
    return own
