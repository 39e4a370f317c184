"""Tells the code in a sentence from its words, so that hover and slides can set names as code.

Messages are plain sentences, since some editors show nothing else. The names in them are recognised again here:
`stats["alive"]`, `time.sleep`, `load()`, `my_view`, or whatever stands between two backticks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from awaitlens.present.escape import code_span, markdown_text

_CODE = re.compile(
    r"(?<!`)`(?!\s)([^`\n]*[^`\s])`(?!`)"
    r"|(?<![\w`])(async (?:for|with|def)|yield from)(?![\w`])"
    r"|(?<![\w.@/`])((?:await )?@?[^\W\d]\w*(?:\.[^\W\d]\w*|\[[^\]\s]*\]|\((?:[^()\n]|\([^()\n]*\)){0,60}\))*)(?![\w@/`])"
)

_ABBREVIATIONS = {"e.g", "i.e"}

_OPENERS = re.compile(
    r"(after|an?|another|any|each|every|it|nobody|nothing|no|of|one|only|plain|some|the|this|there|these|two|what|when|while)\b(?![.(\[])"
)


class Piece(NamedTuple):
    """A stretch of a sentence that is all code or all words."""

    text: str
    is_code: bool


def pieces(sentence: str) -> Iterator[Piece]:
    """The sentence cut into words and code; joined together they are the sentence without its backticks."""
    start = 0
    for match in _CODE.finditer(sentence):
        name = match[1] or match[2] or match[3]
        if match[3] and not _looks_like_code(name) and not _is_in_chain(sentence, match):
            continue
        if match.start() > start:
            yield Piece(sentence[start : match.start()], False)
        yield Piece(name, True)
        start = match.end()
    if start < len(sentence):
        yield Piece(sentence[start:], False)


def plain_sentence(sentence: str) -> str:
    """The sentence as plain text: backticks stay only around what would read like words without them."""
    return _CODE.sub(lambda match: match[1] if _looks_like_code(match[1] or "") else match[0], sentence)


def markdown_sentence(sentence: str) -> str:
    """The sentence as Markdown, its names set as code and its words escaped."""
    parts = []
    for piece in pieces(" ".join(sentence.split())):
        text = piece.text
        if piece.is_code:
            parts.append(code_span(text))
            continue
        before, after = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
        parts.append(before + markdown_text(text) + after if text.strip() else text)
    return "".join(parts)


def opened(sentence: str) -> str:
    """The sentence with a capital, if it begins with a word of English and not with one of the user's names."""
    return sentence[:1].upper() + sentence[1:] if _OPENERS.match(sentence) else sentence


def _is_in_chain(sentence: str, match: re.Match[str]) -> bool:
    """Whether the name stands beside an arrow, as in `load > requests.get`."""
    return sentence.startswith(" > ", match.end()) or sentence.endswith(" > ", 0, match.start())


def _looks_like_code(name: str) -> bool:
    return any(mark in name for mark in "._[(@") and name.removeprefix("await ") not in _ABBREVIATIONS
