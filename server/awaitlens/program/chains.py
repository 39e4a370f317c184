"""The values of the call graph: what a place runs, what a function's body runs, and the way to what it comes to."""

from __future__ import annotations

from typing import Literal, NamedTuple

from awaitlens.confidence import Confidence, weakest
from awaitlens.knowledge import blocking as known
from awaitlens.program.dispatch import Key
from awaitlens.program.waits import certainty
from awaitlens.source import Span

Question = Literal["blocks", "queries"]
"""blocks: holds up the thread it is called on; queries: uses Django's database connection of that thread."""

QUESTIONS: tuple[Question, ...] = ("blocks", "queries")
_MOST_BEHIND_A_GETTER = 2
"""A getter that goes further mostly looks for something once, and keeps it."""
_MOST_CONDITIONS = 2
_WAITED_FOR_ONCE = frozenset({"file", "path", "lock", "thread"})


class Hop(NamedTuple):
    """One step on the way: which call, in which function, and how the user spells what it calls.

    `call` is a number in the function's `Facts.calls`; -1 for a statement that calls without saying so: then `context`
    is its number in `Facts.contexts`, or `at` the place of a read.
    """

    path: str
    qualname: str
    call: int
    name: str
    context: int = -1
    at: Span | None = None


class Chain(NamedTuple):
    """That a call comes to something: the hops from the call itself to the call outside the program that does it.

    One hop means the call does it directly. `name` is the canonical name at the end; `blocking` what knowledge says of
    it, None for the question "queries" and where the user says that the function blocks. `needs` is the parameter of the
    function it starts in that has to be true for it, `conditions` the number of functions on the way that an `if` or the
    like may lead past it; `may_return` that one of them may have returned before; `is_once` that one of them keeps what it
    got.
    """

    hops: tuple[Hop, ...]
    name: str
    blocking: known.BlockingCall | None
    confidence: Confidence
    needs: str = ""
    conditions: int = 0
    may_return: bool = False
    is_once: bool = False

    @property
    def is_sometimes(self) -> bool:
        """Whether some calls of what it starts in do not come to it."""
        return self.conditions > 0 or self.may_return

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(hop.name for hop in self.hops)

    def behind(self, link: Link) -> Chain:
        """The chain as it looks from a function one step further up."""
        conditions = self.conditions + link.conditional
        confidence = weakest(link.confidence, self.confidence)
        is_sure = self.blocking is None or certainty(self.blocking) == "certain"
        if conditions > _MOST_CONDITIONS or (link.conditional and not is_sure):
            confidence = "possible"
        if link.hop.at is not None and len(self.hops) > _MOST_BEHIND_A_GETTER:
            confidence = "possible"
        hops = (link.hop, *self.hops)
        may_return = self.may_return or link.may_return
        needs = link.needs or dict(link.handed_on).get(self.needs, "")
        chain = Chain(hops, self.name, self.blocking, confidence, needs, conditions, may_return)
        return chain.once() if link.is_once or self.is_once else chain

    def once(self) -> Chain:
        """Where what it gets is kept: a file that is read when first needed is worth no word, nor is a thread that says when
        it is up; a server may be, if no other condition has to be met."""
        if self.blocking is None:
            return self
        is_likely = self.blocking.category not in _WAITED_FOR_ONCE and self.conditions + self.may_return < 2
        confidence = weakest(self.confidence, "likely" if is_likely else "possible")
        return self._replace(confidence=confidence, is_once=True)


class Link(NamedTuple):
    """A place that runs the body of a function of the program; `conditional` where an `if` or a cache decides, `may_return`
    where the function around may have returned before.

    `needs` is the parameter of the function around that has to be true for it; `left_off` are those of the target that
    this call leaves false, `handed_on` those that it gives parameters of the function around; `is_once` where what it makes is kept, and not made again.
    """

    hop: Hop
    confidence: Confidence
    target: Key
    conditional: bool = False
    needs: str = ""
    may_return: bool = False
    left_off: frozenset[str] = frozenset()
    handed_on: tuple[tuple[str, str], ...] = ()
    is_once: bool = False

    def reaches(self, chain: Chain) -> bool:
        """Whether the chain of the target is not ruled out by what this call gives it."""
        return chain.needs not in self.left_off


class Node(NamedTuple):
    """What the body of a function runs: functions of the program, and the best direct answer to each question."""

    links: tuple[Link, ...] = ()
    blocks: Chain | None = None
    queries: Chain | None = None

    def end(self, question: Question) -> Chain | None:
        return self.blocks if question == "blocks" else self.queries
