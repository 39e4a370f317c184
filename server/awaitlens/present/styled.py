"""Text in pieces, each with the name of a style: plain when joined, coloured by whoever writes to a terminal."""

from __future__ import annotations

from collections.abc import Iterable

Piece = tuple[str, str]
"""Text, and a style in rich's words ("bold red"); "" for none."""

Line = list[Piece]


def plain(lines: Iterable[Line]) -> str:
    """The lines without their styles, each ended by a line feed."""
    return "".join("".join(text for text, _ in line).rstrip() + "\n" for line in lines)
