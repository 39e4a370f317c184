"""How wide text is where every letter has a cell: a wide character takes two columns, a combining one none."""

from __future__ import annotations

import re
import unicodedata

from awaitlens.present.escape import visible

TAB = 4


def displayed(text: str) -> str:
    """A line of code as it can be printed: tabs become spaces, unprintable characters are spelled out."""
    if "\t" not in text:
        return visible(text)
    shown, columns = [], 0
    for piece in re.split("(\t)", text):
        cell = " " * (TAB - columns % TAB) if piece == "\t" else visible(piece)
        columns += _columns(cell)
        shown.append(cell)
    return "".join(shown)


def len_displayed(text: str) -> int:
    """How many columns the text takes once it is displayed."""
    return _columns(displayed(text))


def fitted(text: str, columns: int) -> str:
    """The text padded with spaces to a width in columns."""
    return text + " " * (columns - _columns(text))


def _columns(text: str) -> int:
    if text.isascii():
        return len(text)
    return sum(map(_width, text))


def _width(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
