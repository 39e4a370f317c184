"""What functions come to when called: whether they may block or query the database, and the calls that prove it.

Worked out on demand, from the callers down, and kept; a function in a cycle is taken as harmless while it is being
worked out, and an answer that rests on that is not kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from awaitlens.confidence import Confidence, weakest
from awaitlens.knowledge import blocking as known
from awaitlens.knowledge import django
from awaitlens.program.facts import Call, Constant, Facts
from awaitlens.program.modules import FileFacts, qualname
from awaitlens.program.values import Class, External, Function, Inferred, Partial

if TYPE_CHECKING:
    from awaitlens.program.program import Program

Question = Literal["blocks", "queries"]
"""blocks: holds up the thread it is called on; queries: uses Django's database connection of that thread."""

QUESTIONS: tuple[Question, ...] = ("blocks", "queries")
Key = tuple[str, str]
_LONGEST_CHAIN = 12


class Hop(NamedTuple):
    """One step on the way: which call, in which function, and how the user spells what it calls."""

    path: str
    qualname: str
    call: int
    name: str


class Chain(NamedTuple):
    """That a call comes to something: the hops from the call itself to the call outside the program that does it.

    One hop means the call does it directly. `name` is the canonical name at the end; `blocking` what knowledge says of
    it, None for the question "queries".
    """

    hops: tuple[Hop, ...]
    name: str
    blocking: known.BlockingCall | None
    confidence: Confidence

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(hop.name for hop in self.hops)


class Summaries:
    """Answers per question and function, kept until something they rest on changes."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._known: dict[tuple[Question, Key], Chain | None] = {}
        self._dependents: dict[Key, set[Key]] = {}
        self._active: list[Key] = []
        self._cut = False

    def forget(self) -> None:
        self._known.clear()
        self._dependents.clear()

    def changed(self, path: str, old: Facts, new: Facts) -> bool:
        """A block's code changed behind an equal outline. True when some function's summary differs now."""
        touched = [(path, qualname(new, scope)) for scope in new.scopes if scope.kind == "function"]
        before = {
            (q, key): self._known[q, key] for key in touched for q in QUESTIONS if (q, key) in self._known
        }
        for key in touched:
            self._drop(key)
        return any(self.of(key, question) != answer for (question, key), answer in before.items())

    def _drop(self, key: Key) -> None:
        for question in QUESTIONS:
            self._known.pop((question, key), None)
        for dependent in self._dependents.pop(key, ()):
            self._drop(dependent)

    def of(self, key: Key, question: Question = "blocks") -> Chain | None:
        """Whether calling the function comes to what is asked, on the thread it is called on, and how."""
        if self._active:
            self._dependents.setdefault(key, set()).add(self._active[-1])
        if (question, key) in self._known:
            return self._known[question, key]
        if key in self._active or len(self._active) >= _LONGEST_CHAIN:
            self._cut = True
            return None
        outer_cut, self._cut = self._cut, False
        self._active.append(key)
        try:
            found = self._work_out(key, question)
        finally:
            self._active.pop()
        if found is not None or not self._cut or not self._active:
            self._known[question, key] = found
        self._cut = outer_cut or self._cut
        return found

    def _work_out(self, key: Key, question: Question) -> Chain | None:
        file = self.program.files.get(key[0])
        definition = file.definitions.get(key[1]) if file else None
        if file is None or definition is None:
            return None
        facts, scope = file.facts(definition.block), file.scope(definition)
        if (
            scope.is_async
            or scope.is_generator
            or (question == "blocks" and self._vouched(file, scope.directives, key[1]))
        ):
            return None
        best: Chain | None = None
        for call in facts.calls_in(scope.number):
            found = self.of_call(call, file, facts, question)
            if found is not None and (best is None or len(found.hops) < len(best.hops)):
                best = found
        return best

    def _vouched(self, file: FileFacts, directives: tuple[str, ...], name: str) -> bool:
        return (
            "not-blocking" in directives
            or f"{file.module}.{name}" in self.program.settings_for(file.path).not_blocking
        )

    def of_call(
        self, call: Call, file: FileFacts, facts: Facts, question: Question = "blocks"
    ) -> Chain | None:
        """Whether this call comes to what is asked, on the thread it stands on, and how."""
        if call.usage.kind in ("awaited", "async entered", "async iterated"):
            return None
        callee = self.program.names.callee(call.number, file, facts)
        value = callee.value
        while isinstance(value, Partial):
            value = value.function
        if isinstance(value, External):
            return self._external(value.name, call, callee, file, facts, question)
        if isinstance(value, Function):
            return self._through(Function(*value[:3]), call, callee, file, facts, question)
        if isinstance(value, Class) and value.path:
            constructor = Function(f"{value.name}.__init__", value.path, f"{value.qualname}.__init__")
            return self._through(constructor, call, callee, file, facts, question)
        return None

    def _external(
        self, name: str, call: Call, callee: Inferred, file: FileFacts, facts: Facts, question: Question
    ) -> Chain | None:
        entry = None
        if question == "queries":
            if not (
                name.startswith("django.db.")
                and (django.reaction(name) == "raises" or name.endswith(".atomic"))
            ):
                return None
        else:
            entry = known.blocking_call(name)
            vouched = name in self.program.settings_for(file.path).not_blocking
            if entry is None or vouched or any(_holds(condition, call, facts) for condition in entry.unless):
                return None
        return Chain((self._hop(call, file, facts, name),), name, entry, callee.confidence)

    @staticmethod
    def _hop(call: Call, file: FileFacts, facts: Facts, name: str) -> Hop:
        return Hop(
            file.path, qualname(facts, facts.scopes[call.scope]), call.number, spelled(name, call, facts)
        )

    def _through(
        self,
        function: Function,
        call: Call,
        callee: Inferred,
        file: FileFacts,
        facts: Facts,
        question: Question,
    ) -> Chain | None:
        inner = self.of((function.path, function.qualname), question)
        if inner is None:
            return None
        hop = self._hop(call, file, facts, function.qualname)
        return inner._replace(
            hops=(hop, *inner.hops), confidence=weakest(callee.confidence, inner.confidence)
        )


_UNSEEN = frozenset({"cpu", "lock", "socket", "queue", "tls"})
"""Where the wait depends on what cannot be seen: how large the data is, who else holds the lock."""


def certainty(row: known.BlockingCall) -> Confidence:
    """How surely the call of a row holds up its thread long enough to matter."""
    if row.confidence == "high":
        return "certain"
    return "likely" if row.confidence == "medium" and row.category not in _UNSEEN else "possible"


def _holds(condition: known.Unless, call: Call, facts: Facts) -> bool:
    """Whether an argument makes the call return at once."""
    argument = call.argument(condition.position, condition.keyword)
    if argument is None:
        return condition.value == "absent" and not any(a.keyword in ("*", "**") for a in call.arguments)
    if isinstance(argument.value, Constant):
        value = argument.value.value
        return repr(value) == condition.value or (
            condition.value == "0" and value == 0 and value is not False
        )
    return "." in condition.value and condition.value.rpartition(".")[2] in facts.slice(argument.span)


def spelled(name: str, call: Call, facts: Facts) -> str:
    """How the user writes what is called, if that fits on a line; else its dotted name."""
    text = facts.slice(call.callee_span)
    return text if "\n" not in text and len(text) <= 40 else name
