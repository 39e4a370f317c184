"""What is seen of a block's text without parsing it: what it is, and what it may bind, assign, define, call or hand over.

Generous: what a block does hold is never denied, and some blocks are read in vain.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from awaitlens.syntax.blocks import Block

Kind = Literal["defined", "async", "plain", "property", "called", "given"]
"""How a name is held: a function or class of that name, an async function, a plain one, a plain property, a call, an argument
uncalled."""

_FUNCTION = re.compile(r"[ \t\f]*(?:async[ \t]+)?def[ \t]+(\w+)")
_DECORATED_FUNCTION = re.compile(r"^[ \t\f]*(?:async[ \t]+)?def[ \t]+(\w+)", re.MULTILINE)
_CLASS = re.compile(r"^[ \t\f]*class[ \t]+(\w+)", re.MULTILINE)


class Skim(NamedTuple):
    """What is seen of a block without parsing it: `name` is that of the function or class it is, "" for other code."""

    name: str
    is_function: bool

    @classmethod
    def of(cls, block: Block) -> Skim:
        text = block.text
        if block.kind == "class header":
            found = _CLASS.search(text)
            return cls(found[1] if found else "", False)
        if text.lstrip(" \t\f").startswith("@"):
            found = _DECORATED_FUNCTION.search(text)
        else:
            found = _FUNCTION.match(text)
        return cls(found[1] if found else "", found is not None)


_COMPOUND = re.compile(r"[ \t\f]*(?:(?:async|for|if|match|try|while|with|class|def|type)\b|[#(\[*@])")
_ANYWHERE = ("import", ":=", ";", "lambda")


def may_bind(block: Block, name: str) -> bool:
    """Whether the statements of a block may bind the name: simple ones do at the start of a line, keywords stand deeper."""
    text = block.text
    at = text.find(name)
    if at < 0:
        return False
    if _COMPOUND.match(text) or any(word in text for word in _ANYWHERE):
        return True
    depth = len(block.indent)
    while at >= 0:
        start = text.rfind("\n", 0, at) + 1
        if text[start + depth : start + depth + 1].strip():
            return True
        at = text.find(name, at + 1)
    return False


_ASSIGNED = re.compile(r"[ \t]*(?:=(?!=)|[:,)\]\\\n#]|in\b)")


def may_assign(text: str, attribute: str) -> bool:
    """Whether `.name` may be given a value: also as one of several targets, and by `for` and `with`."""
    at = text.find(attribute)
    while at >= 0:
        if _ASSIGNED.match(text, at + len(attribute)):
            return True
        at = text.find(attribute, at + 1)
    return False


_CALLED = re.compile(r"(?:[ \t]|\\\r?\n)*\(")
_NAMED = re.compile(r"(?:[ \t]|\\\r?\n)*(?:=(?!=)|:)")
_DEFINING = ("def", "class")


def may_hold(text: str, kind: Kind, name: str) -> bool:
    """Whether the text may define, call or hand over the name: a look at the signs around it."""
    at = text.find(name)
    while at >= 0:
        end = at + len(name)
        is_word = not (is_letter(text[at - 1 : at]) or is_letter(text[end : end + 1]))
        if is_word:
            is_defined = text[max(at - 12, 0) : at].rstrip(" \t\\\r\n").endswith(_DEFINING)
            is_called = not is_defined and _CALLED.match(text, end) is not None
            if kind == "called" and is_called:
                return True
            if kind == "given" and not (is_defined or is_called or _NAMED.match(text, end)):
                return True
            if kind not in ("called", "given") and is_defined:
                return True
        at = text.find(name, end)
    return False


# --- whole texts ----------------------------------------------------------------------------------------------

_CLASSES = re.compile(r"\n[ \t\f]*class[ \t]+(\w+)")
_PLAIN_FUNCTION = re.compile(r"\n[ \t\f]*def[ \t]+(\w+)")
_ASYNC_FUNCTION = re.compile(r"async[ \t]+def[ \t]+(\w+)")
# To begin with a letter is found quicker than to begin between two.
_ASYNC = re.compile(r"a(?:sync|wait)(?<!\w\w{5})\b")
_PROPERTY = re.compile(r"@property\b[^\n]*\n(?:[ \t]*[@#][^\n]*\n)*[ \t]*def[ \t]+(\w+)")
_SIGNS = str.maketrans(
    {chr(code): " " for code in range(128) if not (chr(code).isalnum() or chr(code) == "_")}
)


def has_async(text: str) -> bool:
    """Whether one of the words `async` and `await` stands in the text."""
    return ("async" in text or "await" in text) and _ASYNC.search(text) is not None


def names_defined(text: str) -> list[str]:
    """The names of all functions and classes; perhaps some more."""
    return [*async_functions(text), *plain_functions(text), *classes(text)]


def classes(text: str) -> list[str]:
    return _after_line_end(_CLASSES, "class", text)


def async_functions(text: str) -> list[str]:
    return _ASYNC_FUNCTION.findall(text) if "async" in text else []


def plain_functions(text: str) -> list[str]:
    return _after_line_end(_PLAIN_FUNCTION, "def", text)


def plain_properties(text: str) -> list[str]:
    """The names of all plain properties; perhaps some more."""
    return _PROPERTY.findall(text) if "@property" in text else []


def _after_line_end(pattern: re.Pattern[str], word: str, text: str) -> list[str]:
    """What a pattern that begins with a line end finds, which is looked for quicker than the start of a line."""
    return pattern.findall("\n" + text) if word in text else []


def words(text: str) -> set[str]:
    """All words of the code, those of its prose mostly among them."""
    return set(text.translate(_SIGNS).split())


def is_letter(sign: str) -> bool:
    return sign.isalnum() or sign == "_"
