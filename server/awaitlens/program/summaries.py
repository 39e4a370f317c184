"""What functions come to when called: whether they may block or query the database, and the calls that prove it.

A fixpoint over the call graph, worked out on demand: everything a function reaches is looked at once, then the answers
spread from the calls that block towards the callers, surest first, and of equally sure ones the shortest. So recursion needs
no special case, every answer is final when it is given, and each is kept until something it rests on changes.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Set
from itertools import islice
from typing import TYPE_CHECKING

from awaitlens.program.callgraph import CallGraph, rank, spelled
from awaitlens.program.chains import QUESTIONS, Chain, Hop, Link, Node, Question
from awaitlens.program.dispatch import Key
from awaitlens.program.facts import Call, Context, Facts
from awaitlens.program.memory import Ground
from awaitlens.program.modules import FileFacts, qualname
from awaitlens.program.waits import certainty

if TYPE_CHECKING:
    from awaitlens.program.program import Program

__all__ = ["Chain", "Hop", "Question", "Summaries", "certainty", "spelled"]

_Waiting = tuple[int, bool, bool, int, tuple[Hop, ...], int, Key]
"""A chain that may still be beaten: its rank, whether it happens once, its length, its hops, its number in the order they were found, whose it is."""


class Summaries:
    """Answers per question and function, kept until something they rest on changes."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.graph = CallGraph(program)
        self._nodes: dict[Key, Node] = {}
        self._callers: dict[Key, set[Key]] = {}
        self._on_objects: dict[tuple[str, str], set[Key]] = {}
        self._grounds: dict[Key, frozenset[Ground]] = {}
        self._known: dict[Question, dict[Key, Chain | None]] = {question: {} for question in QUESTIONS}

    # --- answers -------------------------------------------------------------------------------------------

    def of(self, key: Key, question: Question = "blocks") -> Chain | None:
        """Whether calling the function comes to what is asked, on the thread it is called on, and how.

        Calling a coroutine or generator function runs nothing of its body.
        """
        file = self.program.files.get(key[0])
        definition = file.definitions.get(key[1]) if file else None
        if file is None or definition is None:
            return None
        scope = file.scope(definition)
        return None if scope.is_async or scope.is_generator else self.of_body(key, question)

    def of_body(self, key: Key, question: Question = "blocks") -> Chain | None:
        """Whether running the body of the function comes to what is asked."""
        self.program.names.memory.rests_on("", ("chain", question, key))
        known = self._known[question]
        if key not in known:
            self._work_out(key, question)
        return known[key]

    def of_call(
        self, call: Call, file: FileFacts, facts: Facts, question: Question = "blocks"
    ) -> Chain | None:
        """Whether this call comes to what is asked, on the thread it stands on, and how."""
        return self.best(self.run_by(call, file, facts), question)

    def run_by(self, call: Call, file: FileFacts, facts: Facts) -> tuple[Link | Chain, ...]:
        """What the call runs before it returns: to be asked more than one question with `best`."""
        if call.usage.kind in ("awaited", "async entered", "async iterated"):
            return ()
        return tuple(self.graph.called(call, file, facts))

    def of_statement(
        self, context: Context, file: FileFacts, facts: Facts, question: Question = "blocks"
    ) -> Chain | None:
        """Whether a `with` or `for` comes to what is asked by what it runs without saying so, and how."""
        return self.best(self.graph.implied(context, file, facts), question)

    def best(self, found: Iterable[Link | Chain], question: Question) -> Chain | None:
        """The best proof among what a place runs."""
        chains = []
        for each in found:
            if isinstance(each, Link):
                inner = self.of_body(each.target, question)
                if inner is not None and each.reaches(inner):
                    chains.append(inner.behind(each))
            elif _answers(each, question):
                chains.append(each)
        return min(chains, key=_order, default=None)

    # --- the fixpoint --------------------------------------------------------------------------------------

    def _work_out(self, start: Key, question: Question) -> None:
        """Answer for `start` and for everything it reaches that has no answer yet."""
        known = self._known[question]
        reached = self._reached(start, known)
        calling: dict[Key, list[tuple[Key, Link]]] = {}
        found: list[Chain] = []
        waiting: list[_Waiting] = []

        def offer(key: Key, chain: Chain) -> None:
            heapq.heappush(waiting, (*_order(chain), len(found), key))
            found.append(chain)

        def offer_through(key: Key, link: Link, chain: Chain) -> None:
            if link.reaches(chain):
                offer(key, chain.behind(link))

        for key, node in reached.items():
            end = node.end(question)
            if end is not None:
                offer(key, end)
            for link in node.links:
                inner = known.get(link.target)
                if inner is not None:
                    offer_through(key, link, inner)
                elif link.target in reached:
                    calling.setdefault(link.target, []).append((key, link))
        while waiting:
            *_, number, key = heapq.heappop(waiting)
            if key in known:
                continue
            known[key] = found[number]
            for caller, link in calling.get(key, ()):
                if caller not in known:
                    offer_through(caller, link, found[number])
        for key in reached:
            known.setdefault(key, None)

    def _reached(self, start: Key, known: dict[Key, Chain | None]) -> dict[Key, Node]:
        """The functions that `start` may run and that have no answer yet, itself included."""
        reached: dict[Key, Node] = {}
        waiting = [start]
        while waiting:
            key = waiting.pop()
            if key not in reached and key not in known:
                reached[key] = node = self._node(key)
                waiting.extend(link.target for link in node.links)
        return reached

    def _node(self, key: Key) -> Node:
        known = self._nodes.get(key)
        if known is not None:
            return known
        node, grounds = self.program.names.memory.recorded(lambda: self.graph.node(key))
        self._nodes[key] = node
        if len(key) == 3:
            self._on_objects.setdefault(key[:2], set()).add(key)
        if grounds:
            self._grounds[key] = grounds
        for link in node.links:
            self._callers.setdefault(link.target, set()).add(key)
        return node

    def runs(self, told: int) -> Iterator[tuple[Key, set[Key]]]:
        """For each function looked at so far but the first `told`, what its answers rest on: functions, and the files in which
        code was read for them, each as a key without a function."""
        memory = self.program.names.memory
        for key, node in islice(self._nodes.items(), told, None):
            read: set[Key] = {(path, "") for path, _ in memory.bases(self._grounds.get(key, ())) if path}
            yield key, read.union(link.target for link in node.links)

    # --- changes -------------------------------------------------------------------------------------------

    def forget(self) -> None:
        self._nodes.clear()
        self._callers.clear()
        self._on_objects.clear()
        self._grounds.clear()
        for known in self._known.values():
            known.clear()

    def changed(self, path: str, old: Facts, new: Facts, touched: Set[Ground]) -> set[Ground]:
        """A block's code changed behind an equal outline, and `touched` is what else was read of it. The answers that come
        out otherwise now."""
        own = [(path, qualname(new, scope)) for scope in new.scopes if scope.kind in ("function", "lambda")]
        own_keys = {*own}.union(*(self._on_objects.get(key, ()) for key in own))
        found = self._renewed(own_keys) | self._resting_on(touched)
        waiting = self.program.names.memory.touched(found)
        while waiting - found:
            found |= waiting
            waiting = self.program.names.memory.touched(self._resting_on(found))
        return found

    def _resting_on(self, touched: Set[Ground]) -> set[Ground]:
        return self._renewed([k for k, grounds in self._grounds.items() if not grounds.isdisjoint(touched)])

    def _renewed(self, keys: Iterable[Key]) -> set[Ground]:
        """Look at these functions again. The answers, theirs and those of their callers, that come out otherwise now."""
        stale = [key for key in keys if key in self._nodes and self._nodes.pop(key) != self._node(key)]
        before: dict[tuple[Question, Key], Chain | None] = {}
        for key in stale:
            self._drop(key, before)
        return {
            ("", ("chain", *asked))
            for asked, answer in before.items()
            if self.of_body(*asked[::-1]) != answer
        }

    def _drop(self, start: Key, answers: dict[tuple[Question, Key], Chain | None]) -> None:
        """Forget the answers of a function and of everybody who may reach it, but note what they were."""
        waiting, seen = [start], {start}
        while waiting:
            key = waiting.pop()
            for question, known in self._known.items():
                if key in known:
                    answers[question, key] = known.pop(key)
            fresh = self._callers.get(key, set()) - seen
            seen |= fresh
            waiting.extend(fresh)


def _order(chain: Chain) -> tuple[int, bool, bool, int, tuple[Hop, ...]]:
    """The surest first, of these what happens more than once, of these what always happens, of these the shortest, of these
    the first in the text."""
    return rank(chain), chain.is_once, chain.is_sometimes, len(chain.hops), chain.hops


def _answers(chain: Chain, question: Question) -> bool:
    queries = chain.blocking is None and chain.name.startswith("django.db.")
    return queries == (question == "queries")
