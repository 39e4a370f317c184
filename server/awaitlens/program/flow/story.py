"""A proof told in the user's own expressions: who does what, and what they saw."""

from __future__ import annotations

from typing import NamedTuple

from awaitlens.program.facts import Facts
from awaitlens.program.flow.explorer import Move, Proof
from awaitlens.program.flow.graph import Graph
from awaitlens.program.flow.symbols import in_words, is_countable
from awaitlens.source import Span


class Scene(NamedTuple):
    """One step of the proof: `lane` is "task 1" or "task 2"."""

    lane: str
    span: Span
    words: str


def tell(graph: Graph, facts: Facts, proof: Proof, chain: tuple[int, ...]) -> tuple[Scene, ...]:
    """The moves that matter: reads and tests of the place, suspension points, writes of it."""
    teller = _Teller(graph, facts, proof, chain)
    scenes = [scene for move in proof.moves for scene in teller.scene(move)]
    last = scenes[-1]
    return (*scenes[:-1], last._replace(words=f"{last.words}: {teller.verdict()}"))


class _Teller:
    def __init__(self, graph: Graph, facts: Facts, proof: Proof, chain: tuple[int, ...]) -> None:
        self.graph, self.facts, self.proof, self.chain = graph, facts, proof, chain
        self.place = graph.events[chain[-1]].place
        self.countable = is_countable(proof.final)
        self.begun: set[int] = set()
        self.written: set[int] = set()
        self.waited: set[int] = set()

    def scene(self, move: Move) -> list[Scene]:
        words = self._words(move)
        return [Scene(f"task {move.task + 1}", self.graph.events[move.event].span, words)] if words else []

    def _words(self, move: Move) -> str:
        event = self.graph.events[move.event]
        if move.task in self.written:
            return ""
        if move.event == self.chain[0]:
            return self._seen(move)
        if move.event in self.graph.suspensions and move.task in self.begun:
            again = move.task in self.waited
            self.waited.add(move.task)
            return "" if again else "awaits, others run"
        if event.kind == "write" and event.place == self.place:
            if move.event == self.chain[-1]:
                self.written.add(move.task)
            return (
                "deletes it"
                if event.name in ("delete", "discard")
                else f"writes {in_words(move.seen, self.countable)}"
            )
        return ""

    def _seen(self, move: Move) -> str:
        self.begun.add(move.task)
        test = next((n for n in self.chain if self.graph.events[n].kind == "test"), None)
        if test is not None:
            return f"checks {self.facts.slice(self.graph.events[test].span)}"
        binding = self.graph.events[self.chain[1]]
        name = binding.name if binding.kind == "bind" and not binding.name.startswith("$") else ""
        name = name if binding.value.kind == "read" else ""
        subject = name or self.facts.slice(self.graph.events[self.chain[0]].span)
        return f"{subject} = {in_words(move.seen, self.countable)}"

    def verdict(self) -> str:
        write = self.graph.events[self.chain[-1]]
        if write.name == "delete":
            return "it is gone already"
        if self.proof.turned_away:
            return "both passed the check"
        restored = write.value.kind in ("local", "read") and not write.value.parts
        return "an old value is back" if restored and self._is_copy() else "one update lost"

    def _is_copy(self) -> bool:
        return all(self.graph.events[number].value.kind in ("local", "read") for number in self.chain[1:])
