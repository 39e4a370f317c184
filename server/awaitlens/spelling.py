"""Guessing what a misspelt name was meant to be."""

from __future__ import annotations

from collections.abc import Iterable


def nearest(name: str, names: Iterable[str]) -> str:
    """The name that was probably meant; "" when none is near."""
    from difflib import get_close_matches

    return next(iter(get_close_matches(name, list(names), n=1, cutoff=0.65)), "")


def did_you_mean(name: str, names: Iterable[str]) -> str:
    """The end of a complaint about an unknown name: "; did you mean 'x'?", or "" when nothing is near."""
    near = nearest(name, names)
    return f"; did you mean {near!r}?" if near else ""
