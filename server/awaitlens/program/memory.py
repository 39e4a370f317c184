"""Answers that are worked out once, in a program where questions may lead back to themselves.

Most answers rest on what names mean; an edit behind an equal outline leaves those alone. Some read the body of a block
that is not their own: those say so (`rests_on`), and are worked out again when that body changes.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from typing import Any, Literal, NamedTuple, TypeVar, cast

from awaitlens.program.facts import Facts

T = TypeVar("T")
Ground = tuple[str, Hashable]
"""What an answer rests on, in the file of that path: the body of one block (the identity of its facts); every block in
which a word stands (the word); what blocks tell (Told); the lines that blocks begin on (LINES). Or, with a path of "",
another answer (its key).
"""
Telling = Callable[[Facts], Mapping[str, object]]
"""What a block says on its own to one question, by the word it is about."""


class Told(NamedTuple):
    """What the blocks of a class, or of the module (), say about a word."""

    owner: tuple[str, ...]
    telling: Telling
    word: str


class OfFlows(str):
    """The key of an answer about a block that rests on its flows and bindings, and on what names mean."""


class Asked(NamedTuple):
    """Where a name is held, as somebody asked of all files; of those only whose names may lead to the file `target`, unless
    that is "". Stands as a ground with a path of ""."""

    kind: Literal["called", "async", "plain", "defined", "spelled"]
    name: str
    target: str


LINES = None
_DEEPEST = 24


class Memory:
    """Keeps answers: those about one block's own terms until the block changes, those about names until `forget`, those
    about bodies until one of them changes."""

    def __init__(self) -> None:
        self._answers: dict[Hashable, Any] = {}
        self._blocks: dict[str, dict[int, tuple[Facts, dict[Hashable, Any]]]] = {}
        self._active: set[tuple[int, Hashable]] = set()
        self._cut = False
        self._recorded: set[Ground] | None = None
        self._about_bodies: dict[Hashable, tuple[Any, Callable[[], Any], frozenset[Ground]]] = {}
        self._resting: dict[Ground, set[Hashable]] = {}
        self._words: dict[str, set[str]] = {}
        self._told: dict[tuple[str, tuple[str, ...]], dict[Telling, set[str]]] = {}
        self._said: dict[Telling, tuple[Facts, Mapping[str, object]]] = {}

    def forget(self) -> None:
        self._answers.clear()
        self._blocks.clear()
        self._about_bodies.clear()
        self._resting.clear()
        self._words.clear()
        self._told.clear()
        self._said.clear()

    def forget_block(self, path: str, facts: Facts) -> None:
        """Drop the answers about one block's terms: its facts are no longer part of the program."""
        self._blocks.get(path, {}).pop(id(facts), None)

    def carry_over(self, path: str, old: Facts, new: Facts, holds: Callable[[Hashable], bool]) -> None:
        """Keep those answers about one block that hold for the block it becomes."""
        blocks = self._blocks.get(path, {})
        if id(old) in blocks and id(new) not in blocks:
            kept = {key: answer for key, answer in blocks[id(old)][1].items() if holds(key)}
            blocks[id(new)] = (new, kept)

    def release_file(self, path: str) -> None:
        """Give back the answers about the terms of a file's blocks; those about names stay, and still hold."""
        self._blocks.pop(path, None)

    def about_block(
        self, path: str, facts: Facts, key: Hashable, work_out: Callable[[], T], meanwhile: T
    ) -> T:
        """The answer to `key` about one block of one file; see `about_names`."""
        # The facts are kept beside the answers, so that their id stays theirs.
        blocks = self._blocks.get(path)
        if blocks is None:
            blocks = self._blocks[path] = {}
        entry = blocks.get(id(facts))
        if entry is None:
            entry = blocks[id(facts)] = (facts, {})
        known = entry[1].get(key)
        # What is kept under a key is what it was asked for.
        return known if known is not None else self._worked_out(entry[1], key, work_out, meanwhile)

    def resting_on_names(self, path: str, facts: Facts, key: Hashable, work_out: Callable[[], T]) -> T:
        """The answer to `key` about one block, kept if it rests on nothing beside the block but what names mean."""
        entry = self._blocks.get(path, {}).get(id(facts))
        if entry is not None and key in entry[1]:
            return cast(T, entry[1][key])
        found, grounds = self.recorded(work_out)
        for ground in grounds:
            self.rests_on(*ground)
        if grounds or self._active:
            return found
        return self.about_block(path, facts, key, lambda: found, found)

    def about_names(self, key: Hashable, work_out: Callable[[], T], meanwhile: T) -> T:
        """The answer to `key`, from memory or from `work_out`.

        Who asks for it while it is being worked out gets `meanwhile`; an answer that rests on such a stopgap is kept
        only where nothing else was being worked out around it.
        """
        known = self._answers.get(key)
        return known if known is not None else self._worked_out(self._answers, key, work_out, meanwhile)

    def _worked_out(
        self, answers: dict[Hashable, Any], key: Hashable, work_out: Callable[[], T], meanwhile: T
    ) -> T:
        active = (id(answers), key)
        if active in self._active or len(self._active) > _DEEPEST:
            self._cut = True
            return meanwhile
        outer_cut, self._cut = self._cut, False
        self._active.add(active)
        try:
            found = work_out()
        finally:
            self._active.discard(active)
        if not self._cut or not self._active:
            answers[key] = found
        self._cut = (outer_cut or self._cut) and bool(self._active)
        return found

    # --- bodies ----------------------------------------------------------------------------------------------

    def about_bodies(self, key: Hashable, work_out: Callable[[], T]) -> T:
        """The answer to `key`, which may read bodies. Who asks rests on the answer, not on what was read for it.

        `work_out` is asked again after edits, so it holds on to no facts; it does not lead back to its own question.
        """
        kept = self._about_bodies.get(key)
        if kept is None:
            found, grounds = self.recorded(work_out)
            kept = self._about_bodies[key] = found, work_out, grounds
            for ground in grounds:
                self._resting.setdefault(ground, set()).add(key)
        self.rests_on("", key)
        return cast(T, kept[0])

    def rests_on(self, path: str, what: Hashable) -> None:
        """Note that what is being worked out reads this: see Ground."""
        if self._recorded is not None:
            self._recorded.add((path, what))
            if isinstance(what, Told):
                tellings = self._told.setdefault((path, what.owner), {})
                tellings.setdefault(what.telling, set()).add(what.word)
            elif isinstance(what, str) and path:
                self._words.setdefault(path, set()).add(what)

    def recorded(self, work_out: Callable[[], T]) -> tuple[T, frozenset[Ground]]:
        """An answer, and what it rests on beside the meaning of names."""
        outer, self._recorded = self._recorded, set()
        try:
            found = work_out()
            return found, frozenset(self._recorded)
        finally:
            self._recorded = outer

    def bases(self, grounds: Iterable[Ground]) -> set[Ground]:
        """These, with what the answers about bodies among them rest on in their place."""
        found, waiting, seen = set[Ground](), list(grounds), set[Ground]()
        while waiting:
            path, what = ground = waiting.pop()
            if path or what not in self._about_bodies:
                found.add(ground)
            elif ground not in seen:
                waiting.extend(self._about_bodies[what][2])
            seen.add(ground)
        return found

    def edited(self, path: str, old: Facts, new: Facts) -> set[Ground]:
        """What an edit of one block's body touches: grounds, and the answers about bodies that come out otherwise now."""
        words = [w for w in self._words.get(path, ()) if w in old.text or w in new.text]
        return self.touched(
            [(path, id(old)), *((path, each) for each in (*words, *self._told_anew(path, old, new)))]
        )

    def _told_anew(self, path: str, old: Facts, new: Facts) -> Iterator[Told]:
        """What the edited block says otherwise now, of what somebody has asked."""
        for telling, words in self._told.get((path, old.owner), {}).items():
            before, after = self._last_told(telling, old), self._last_told(telling, new)
            for word in words:
                if before.get(word) != after.get(word):
                    yield Told(old.owner, telling, word)

    def _last_told(self, telling: Telling, facts: Facts) -> Mapping[str, object]:
        """What a block says. The next edit mostly replaces the block that this one has made."""
        known = self._said.get(telling)
        if known is None or known[0] is not facts:
            known = self._said[telling] = facts, telling(facts)
        return known[1]

    def touched(self, grounds: Iterable[Ground]) -> set[Ground]:
        """These, and the answers that rested on them and come out otherwise now."""
        found = set(grounds)
        waiting = list(found)
        while waiting:
            for key in self._resting.pop(waiting.pop(), ()):
                before = self._about_bodies.pop(key, None)
                if before is not None and self.about_bodies(key, before[1]) != before[0]:
                    found.add(("", key))
                    waiting.append(("", key))
        return found
