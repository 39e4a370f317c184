"""Answers that are worked out once, in a program where questions may lead back to themselves."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, TypeVar, cast

from awaitlens.program.facts import Facts

T = TypeVar("T")
_DEEPEST = 24


class Memory:
    """Keeps answers: those about one block's own terms until the block changes, those about names until `forget`."""

    def __init__(self) -> None:
        self._answers: dict[Hashable, Any] = {}
        self._blocks: dict[tuple[str, int], tuple[Facts, dict[Hashable, Any]]] = {}
        self._active: set[tuple[int, Hashable]] = set()
        self._cut = False

    def forget(self) -> None:
        self._answers.clear()
        self._blocks.clear()

    def forget_block(self, path: str, facts: Facts) -> None:
        """Drop the answers about one block's terms: its facts are no longer part of the program."""
        self._blocks.pop((path, id(facts)), None)

    def about_block(
        self, path: str, facts: Facts, key: Hashable, work_out: Callable[[], T], meanwhile: T
    ) -> T:
        """The answer to `key` about one block of one file; see `about_names`."""
        # The facts are kept beside the answers, so that their id stays theirs.
        entry = self._blocks.get((path, id(facts)))
        if entry is None:
            entry = self._blocks[path, id(facts)] = (facts, {})
        return self._remembered(entry[1], key, work_out, meanwhile)

    def about_names(self, key: Hashable, work_out: Callable[[], T], meanwhile: T) -> T:
        """The answer to `key`, from memory or from `work_out`.

        Who asks for it while it is being worked out gets `meanwhile`; an answer that rests on such a stopgap is kept
        only where nothing else was being worked out around it.
        """
        return self._remembered(self._answers, key, work_out, meanwhile)

    def _remembered(
        self, answers: dict[Hashable, Any], key: Hashable, work_out: Callable[[], T], meanwhile: T
    ) -> T:
        known = answers.get(key)
        if known is not None:
            return cast(T, known)
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
