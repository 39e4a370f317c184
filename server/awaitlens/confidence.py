"""How sure a statement about the program is."""

from typing import Literal

Confidence = Literal["certain", "likely", "possible"]
"""certain: every step resolved; likely: one step rests on a convention or an annotation; possible: a guess, off by default."""

_ORDER: tuple[Confidence, ...] = ("possible", "likely", "certain")


def weakest(*confidences: Confidence) -> Confidence:
    """A chain of steps is as sure as its weakest one; no steps at all are certain."""
    return min(confidences, key=_ORDER.index, default="certain")
