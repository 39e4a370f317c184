"""Values without numbers: what a task knows while the explorer runs it."""

from __future__ import annotations

from typing import Any

from awaitlens.program.flow.model import Event, Place, Value

Symbol = tuple[Any, ...]
"""A hashable shape: ("v0", "stats['alive']"), ("number", 1), ("sum", 1, ((a, 1), (b, 2))), ("own", task, event), ("text", "[]")."""

_ABSORBING = frozenset("|&")
GONE: Symbol = ("gone",)
_ONE: Symbol = ("one",)


class Task:
    """One task: its place on the path, its locals, what its reads and awaits gave."""

    __slots__ = ("locals", "number", "position", "seen")

    def __init__(self, number: int) -> None:
        self.number = number
        self.position = 0
        self.locals: dict[str, Symbol] = {}
        self.seen: dict[int, Symbol] = {}

    def copy(self) -> Task:
        other = Task(self.number)
        other.position = self.position
        other.locals, other.seen = dict(self.locals), dict(self.seen)
        return other

    def perform(self, event: Event, number: int, store: dict[Place, Symbol]) -> Symbol:
        """Do what the event does; the value read, written or bound."""
        if event.kind == "read":
            assert event.place is not None
            self.seen[number] = store.get(event.place, ("free", event.place.text))
            return self.seen[number]
        if event.kind == "suspend":
            self.seen[number] = ("own", self.number, number, self.position)
            return ()
        if event.kind == "bind":
            self.locals[event.name] = self.value(event.value)
            return self.locals[event.name]
        if event.kind == "write":
            return self._write(event, store)
        return ()

    def _write(self, event: Event, store: dict[Place, Symbol]) -> Symbol:
        """Store what is written. What lies in the place has changed in a way nobody follows; what contains it is still there,
        with something else in it."""
        assert event.place is not None
        before = store.get(event.place, ())
        written = GONE if event.name in ("delete", "discard") else self.value(event.value)
        if event.name == "mutate":
            written = ("mutated", "", before, written)
        for place in store:
            if place != event.place and (place.covers(event.place) or event.place.covers(place)):
                within = place.covers(event.place)
                how = ("refilled", event.place.path[len(place.path)][0]) if within else ("changed", "")
                store[place] = (*how, store[place], written)
        store[event.place] = written
        return written

    def value(self, value: Value) -> Symbol:
        if value.kind == "read":
            return self.seen.get(value.event, ("unknown",))
        if value.kind == "awaited":
            return ("result", self.seen.get(value.event, ()), *map(self.value, value.parts))
        if value.kind == "local":
            return self.locals.get(value.text) or ("own", self.number, value.text)
        if value.kind == "constant":
            return _constant(value.text)
        parts = tuple(map(self.value, value.parts))
        if value.kind in "+-" and len(parts) == 2:
            return _sum(value.kind, parts[0], parts[1])
        if value.text in _ABSORBING and len(parts) == 2 and parts[1] in _operands(value.text, parts[0]):
            return parts[0]
        if value.kind in ("call", "unknown") and not parts:
            return ("own", self.number, value.text, self.position)
        return (value.kind, value.text, *parts)

    def common(self, symbol: Symbol) -> Symbol:
        """The symbol with this task's own values named as any task would name them: equal for tasks that saw the same."""
        if symbol[:2] == ("own", self.number):
            return ("own", "", *symbol[2:])
        return tuple(self.common(part) if isinstance(part, tuple) else part for part in symbol)


def _constant(text: str) -> Symbol:
    digits = text.lstrip("-")
    return ("number", int(text)) if digits.isdigit() and len(digits) < 16 else ("text", text)


def _sum(operator: str, left: Symbol, right: Symbol) -> Symbol:
    """A sum as what is in it and how often, in no order: +1 and +1 is +2 whoever added it."""
    sign = 1 if operator == "+" else -1
    terms = _terms(left)
    for term, count in _terms(right).items():
        terms[term] = terms.get(term, 0) + sign * count
    number = terms.pop(_ONE, 0)
    rest = tuple(sorted(((term, count) for term, count in terms.items() if count), key=repr))
    if not rest:
        return ("number", number)
    if number == 0 and len(rest) == 1 and rest[0][1] == 1:
        return rest[0][0]
    return ("sum", number, rest)


def _terms(symbol: Symbol) -> dict[Symbol, int]:
    if symbol[0] == "number":
        return {_ONE: symbol[1]}
    if symbol[0] == "sum":
        return {_ONE: symbol[1], **dict(symbol[2])}
    return {symbol: 1}


def _operands(operator: str, symbol: Symbol) -> set[Symbol]:
    """What a chain of the same absorbing operator is made of: adding it again changes nothing."""
    if len(symbol) == 4 and symbol[1] == operator:
        return _operands(operator, symbol[2]) | {symbol[3]}
    return {symbol}


def outcome_of_test(value: Value, tested: Symbol) -> bool | None:
    """How a test comes out for a value another task has written; None when nobody can tell."""
    if value.kind == "not":
        inner = outcome_of_test(value.parts[0], tested[-1]) if value.parts else None
        return None if inner is None else not inner
    if value.kind in ("in", "not in"):
        present = _is_present(tested[-1])
        return None if present is None else present == (value.kind == "in")
    if value.kind in ("is None", "is not None"):
        absent = _is_none(tested[-1])
        return None if absent is None else absent == (value.kind == "is None")
    return _is_true(tested) if value.kind in ("read", "local") else None


def _is_present(symbol: Symbol) -> bool | None:
    if symbol[0] == "refilled":
        return _is_present(symbol[2])
    return None if symbol[0] in ("v0", "free", "unknown", "changed") else symbol != GONE


def _is_none(symbol: Symbol) -> bool | None:
    if symbol[0] == "refilled":
        return _is_none(symbol[2])
    if symbol in (("text", "None"), GONE):
        return True
    return None if symbol[0] in ("v0", "free", "unknown", "changed", "mutated") else False


def _is_true(symbol: Symbol) -> bool | None:
    if symbol[0] == "number":
        return bool(symbol[1])
    if symbol[0] == "text":
        return symbol[1] not in ("None", "False", "''", '""', "b''", "[]")
    if symbol == GONE:
        return False
    if symbol[0] == "refilled":
        return _is_refilled_true(*symbol[1:])
    return True if symbol[0] in ("result", "own", "call") else None


def _is_refilled_true(part: str, before: Symbol, written: Symbol) -> bool | None:
    """A container that holds what was put in is not empty; what got an attribute is as true as before."""
    if part == "[":
        return None if written == GONE else True
    return _is_true(before)


def is_countable(symbol: Symbol) -> bool:
    """Whether a value can be told by counting up from 0."""
    if symbol[0] == "sum":
        return any(term[0] == "v0" and count == 1 for term, count in symbol[2])
    return symbol[0] in ("v0", "number")


def in_words(symbol: Symbol, countable: bool) -> str:
    """A value as people read it: "0" and "1" where counting starts at 0, else "v0" and "f(v0)"."""
    if symbol[0] in ("number", "text"):
        return str(symbol[1])
    if symbol[0] == "v0":
        return "0" if countable else "v0"
    if symbol[0] == "sum":
        return _sum_in_words(symbol, countable)
    if symbol == GONE:
        return "nothing"
    if symbol[0] == "own" and len(symbol) == 3:
        return str(symbol[2])
    if symbol[0] == "result" and not mentions_initial(symbol):
        return "its result"
    return "f(v0)" if mentions_initial(symbol) else "its own value"


def _sum_in_words(symbol: Symbol, countable: bool) -> str:
    number, terms = symbol[1], sorted(symbol[2], key=lambda term: not mentions_initial(term[0]))
    if countable and len(terms) == 1 and terms[0] == (terms[0][0], 1) and terms[0][0][0] == "v0":
        return str(number)
    words = [in_words(term, countable) for term, count in terms for _ in range(abs(count))]
    signs = [" + " if count > 0 else " - " for _, count in terms for _ in range(abs(count))]
    told = words[0] + "".join(sign + word for sign, word in zip(signs[1:], words[1:]))
    return told if not number else f"{told} {'+' if number > 0 else '-'} {abs(number)}"


def mentions_initial(symbol: Symbol) -> bool:
    return symbol[:1] == ("v0",) or any(mentions_initial(part) for part in symbol if isinstance(part, tuple))


def is_own(symbol: Symbol) -> bool:
    """Whether a value belongs to the task that made it, so that two tasks make two of it."""
    return symbol[:1] == ("own",) or any(is_own(part) for part in symbol if isinstance(part, tuple))
