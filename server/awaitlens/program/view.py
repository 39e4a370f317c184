"""What one block may ask about the whole program.

A pitfall gets a View bound to the block it looks at, and every question goes through it: what a call really calls,
what colour that is, what type a receiver has, on which threads a function runs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from awaitlens.confidence import Confidence
from awaitlens.program.facts import Call, Term
from awaitlens.settings import Settings

Colour = Literal["sync", "async", "async generator", "generator", "unknown"]


@dataclass(frozen=True, slots=True)
class Target:
    """What a call calls.

    `name` is the dotted canonical name: "time.sleep", "requests.sessions.Session.get", "shop.models.Book.save", "" when
    unknown. `colour` is what calling it gives: "async" gives a coroutine that must be awaited. `symbol` identifies the
    function in the program, None for code outside it. `confidence` says how surely the names resolved.
    """

    name: str
    colour: Colour
    symbol: str | None
    confidence: Confidence


class View:
    """The program as seen from one block."""

    path: str
    module: str
    settings: Settings

    def target(self, call: Call) -> Target:
        """What the call calls; Target("", "unknown", None, "possible") when nothing is known."""
        raise NotImplementedError

    def name_of(self, term: Term, scope: int) -> str:
        """The dotted canonical name of the function, class or module a term stands for in a scope; "" if unknown."""
        raise NotImplementedError

    def type_of(self, term: Term, scope: int) -> str:
        """The dotted canonical name of the class a term's value is an instance of; "" if unknown."""
        raise NotImplementedError

    def is_subtype(self, name: str, ancestor: str) -> bool:
        """Whether the class `name` is `ancestor` or inherits from it, as far as the program and knowledge tell."""
        raise NotImplementedError
