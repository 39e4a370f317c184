"""What functions come to when called: whether they may block, and the calls that prove it.

Worked out on demand, from the callers down, and kept; a function in a cycle is taken as not blocking while it is
being worked out, and an answer that rests on that is not kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from awaitlens.confidence import Confidence, weakest
from awaitlens.knowledge import blocking as known
from awaitlens.program.facts import Call, Constant, Facts
from awaitlens.program.modules import FileFacts, qualname
from awaitlens.program.values import External, Function, Inferred, Partial

if TYPE_CHECKING:
    from awaitlens.program.program import Program

Key = tuple[str, str]
_LONGEST_CHAIN = 12


class Hop(NamedTuple):
    """One step on the way to a blocking call: which call, in which function."""

    path: str
    qualname: str
    call: int
    name: str


class Blocking(NamedTuple):
    """That a call blocks: the hops to the call that does, its knowledge, and how sure the way there is.

    `hops` begins with the call itself and ends with the call outside the program; one hop means it blocks directly.
    """

    hops: tuple[Hop, ...]
    call: known.BlockingCall
    confidence: Confidence

    @property
    def chain(self) -> tuple[str, ...]:
        return tuple(hop.name for hop in self.hops)


class Summaries:
    """Answers, per function, kept until something they rest on changes."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._blocking: dict[Key, Blocking | None] = {}
        self._dependents: dict[Key, set[Key]] = {}
        self._active: list[Key] = []
        self._cut = False

    def forget(self) -> None:
        self._blocking.clear()
        self._dependents.clear()

    def changed(self, path: str, old: Facts, new: Facts) -> bool:
        """A block's code changed behind an equal outline. True when some function's summary may differ now."""
        touched = [(path, qualname(new, scope)) for scope in new.scopes if scope.kind == "function"]
        before = {key: self._blocking.get(key) for key in touched if key in self._blocking}
        for key in touched:
            self._drop(key)
        return any(self.of(key) != answer for key, answer in before.items())

    def _drop(self, key: Key) -> None:
        self._blocking.pop(key, None)
        for dependent in self._dependents.pop(key, ()):
            self._drop(dependent)

    # --- blocking ------------------------------------------------------------------------------------------

    def of(self, key: Key) -> Blocking | None:
        """Whether calling the function blocks the thread it is called on, and how."""
        if self._active:
            self._dependents.setdefault(key, set()).add(self._active[-1])
        if key in self._blocking:
            return self._blocking[key]
        if key in self._active or len(self._active) >= _LONGEST_CHAIN:
            self._cut = True
            return None
        outer_cut, self._cut = self._cut, False
        self._active.append(key)
        try:
            found = self._work_out(key)
        finally:
            self._active.pop()
        if found is not None or not self._cut or not self._active:
            self._blocking[key] = found
        self._cut = outer_cut or self._cut
        return found

    def _work_out(self, key: Key) -> Blocking | None:
        file = self.program.files.get(key[0])
        definition = file.definitions.get(key[1]) if file else None
        if file is None or definition is None:
            return None
        facts, scope = file.facts(definition.block), file.scope(definition)
        if self._vouched(file, scope.directives, key[1]) or scope.is_async or scope.is_generator:
            return None
        best: Blocking | None = None
        for call in facts.calls_in(scope.number):
            found = self.of_call(call, file, facts)
            if found is not None and (best is None or len(found.hops) < len(best.hops)):
                best = found
        return best

    def _vouched(self, file: FileFacts, directives: tuple[str, ...], name: str) -> bool:
        return (
            "not-blocking" in directives
            or f"{file.module}.{name}" in self.program.settings_for(file.path).not_blocking
        )

    def of_call(self, call: Call, file: FileFacts, facts: Facts) -> Blocking | None:
        """Whether this call blocks the thread it stands on, and how."""
        if call.usage.kind in ("awaited", "async entered", "async iterated"):
            return None
        callee = self.program.names.callee(call.number, file, facts)
        value = callee.value
        while isinstance(value, Partial):
            value = value.function
        if isinstance(value, External):
            return self._external(value.name, call, callee, file, facts)
        if isinstance(value, Function):
            return self._project(value, call, callee, file, facts)
        return None

    def _external(
        self, name: str, call: Call, callee: Inferred, file: FileFacts, facts: Facts
    ) -> Blocking | None:
        entry = known.blocking_call(name)
        if (
            entry is None
            or name in self.program.settings_for(file.path).not_blocking
            or any(_holds(condition, call, facts) for condition in entry.unless)
        ):
            return None
        hop = Hop(
            file.path, qualname(facts, facts.scopes[call.scope]), call.number, spelled(name, call, facts)
        )
        return Blocking((hop,), entry, callee.confidence)

    def _project(
        self, function: Function, call: Call, callee: Inferred, file: FileFacts, facts: Facts
    ) -> Blocking | None:
        inner = self.of((function.path, function.qualname))
        if inner is None:
            return None
        hop = Hop(file.path, qualname(facts, facts.scopes[call.scope]), call.number, function.qualname)
        return Blocking((hop, *inner.hops), inner.call, weakest(callee.confidence, inner.confidence))


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
