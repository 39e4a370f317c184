"""What a test says of a local name past it: `if isinstance(x, C):`, `assert isinstance(x, C)`, `case C():`.

A test holds until the name is bound again, and to the end of the suite that it decides.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from awaitlens.program import declared, members
from awaitlens.program.facts import (
    Attribute,
    Binding,
    Call,
    Context,
    Display,
    Either,
    Facts,
    Name,
    Other,
    Result,
    Term,
)
from awaitlens.program.modules import FileFacts
from awaitlens.program.reaching import by_scope_and_name
from awaitlens.program.values import Class, Inferred, Instance, join
from awaitlens.source import Span

if TYPE_CHECKING:
    from awaitlens.program.names import Names

_LEAVING = frozenset({"return", "raise", "break", "continue"})
_TELLS_LITTLE = ("collections.abc.", "object", "type")
"""What is an Iterable may be an AsyncIterable as well."""


class Narrowing(NamedTuple):
    """The name is of one of `kinds` from `start` (line, column) to the end of the line `end`, if it was so at `tested`."""

    kinds: tuple[Term, ...]
    tested: tuple[int, int]
    start: tuple[int, int]
    end: int


Narrowings: TypeAlias = Mapping[tuple[int, str], Sequence[Narrowing]]


def narrowings(facts: Facts) -> Narrowings:
    """What the tests of a block say, by scope and name."""
    found: dict[tuple[int, str], list[Narrowing]] = {}
    tests = [call for call in facts.calls if _tested(call)] if "isinstance" in facts.text else []
    for call, start, end in _stretches(facts, tests) if tests else ():
        name, kinds = call.arguments[0].value, call.arguments[1].value
        narrowing = Narrowing(_options(kinds), call.span[:2], start, end)
        found.setdefault((call.scope, name.id), []).append(narrowing)  # type: ignore[union-attr]
    for context in facts.contexts:
        if context.kind == "case" and len(context.terms) == 2 and isinstance(context.terms[0], Name):
            narrowing = Narrowing(
                _options(context.terms[1]), context.span[:2], context.span[2:], context.body_span.end_line
            )
            found.setdefault((context.scope, context.terms[0].id), []).append(narrowing)
    return found


def _tested(call: Call) -> bool:
    """`isinstance(x, C)` for a bare name; not where the class is worked out."""
    if call.callee != Name("isinstance") or len(call.arguments) != 2 or call.arguments[1].keyword:
        return False
    return isinstance(call.arguments[0].value, Name) and bool(_options(call.arguments[1].value))


def _options(kinds: Term) -> tuple[Term, ...]:
    if isinstance(kinds, Other) and kinds.kind == "BitOr":
        return tuple(option for part in kinds.parts for option in _options(part))
    if isinstance(kinds, Display) and kinds.kind == "tuple":
        return kinds.elements
    return (kinds,) if isinstance(kinds, (Name, Attribute)) else ()


def _stretches(facts: Facts, tests: Sequence[Call]) -> Iterator[tuple[Call, tuple[int, int], int]]:
    """Each test with the stretches of text in which it holds: where they start, and their last line."""
    by_number = {call.number: call for call in tests}
    for context in facts.contexts:
        if context.kind not in ("if", "else", "while") or not _mentions(context.terms, by_number):
            continue
        words = facts.slice(context.span).split()[1:]
        holds, fails = _parts(context.terms[0], words, "and"), _parts(context.terms[0], words, "or")
        fails = [_negated(part) for part in fails]
        inside, behind = (fails, holds) if context.kind == "else" else (holds, fails)
        for number in inside:
            if number in by_number:
                start = context.body_span[:2] if context.kind == "else" else by_number[number].span[2:]
                yield by_number[number], start, context.body_span.end_line
        if context.kind != "else" and context.span.end_line < context.body_span.line:
            yield from (
                (by_number[n], by_number[n].span[2:], context.span.end_line) for n in behind if n in by_number
            )
        if context.kind != "while" and not by_number.keys().isdisjoint(behind) and _leaves(context, facts):
            whole = max(c.body_span.end_line for c in facts.contexts if c.span == context.span)
            end = _end_of_suite(context.parent, context.scope, facts)
            yield from ((by_number[n], (whole + 1, 0), end) for n in behind if n in by_number)
    for call in tests if "assert isinstance" in facts.text else ():
        if _is_asserted(call, facts):
            yield (
                call,
                (call.span.end_line, call.span.end_column),
                _end_of_suite(call.context, call.scope, facts),
            )


def _mentions(terms: tuple[Term, ...], calls: Mapping[int, Call]) -> bool:
    """Whether a condition consists of such calls: a cheap question before a dear one."""
    return any(
        term.call in calls
        if isinstance(term, Result)
        else isinstance(term, (Either, Other))
        and _mentions(term.options if isinstance(term, Either) else term.parts, calls)
        for term in terms
    )


def _parts(test: Term, words: Sequence[str], joint: str) -> list[int | Term]:
    """What all holds where a test holds ("and"), or all fails where it fails ("or"): numbers of calls, or other terms."""
    others = {"and", "or", "if", "else"} - {joint}
    if isinstance(test, Either):
        options = () if joint not in words or others.intersection(words) else test.options
    else:
        options = (test,)
    return [option.call if isinstance(option, Result) else option for option in options]


def _negated(part: int | Term) -> int | Term:
    """The call of `not isinstance(x, C)`, which has held where the test fails."""
    if isinstance(part, Other) and part.kind == "Not" and isinstance(part.parts[0], Result):
        return part.parts[0].call
    return -1


def _leaves(branch: Context, facts: Facts) -> bool:
    """Whether nothing behind the branch runs when it was taken."""
    return any(jump.context == branch.number and jump.kind in _LEAVING for jump in facts.jumps)


def _end_of_suite(context: int, scope: int, facts: Facts) -> int:
    return (facts.contexts[context].body_span if context >= 0 else facts.scopes[scope].span).end_line


def _is_asserted(call: Call, facts: Facts) -> bool:
    """`assert isinstance(x, C)`, also with a message, or with more that has to hold."""
    lines = facts.text.split("\n")
    before = lines[call.span.line][: call.span.column].strip()
    behind = lines[call.span.end_line][call.span.end_column :].strip()
    sure = not behind or behind.startswith((",", "#")) or (behind.startswith("and ") and " or " not in behind)
    return before == "assert" and sure


def narrowed_at(facts: Facts, table: Narrowings, scope: int, name: str, at: Span) -> Narrowing | None:
    """The last test that says at a place what the name is. None where the name may have been bound again since."""
    for each in reversed(table.get((scope, name), ())):
        if each.start <= at[:2] and at.line <= each.end:
            return None if _is_bound_since(facts, scope, name, each, at) else each
    return None


def _is_bound_since(facts: Facts, scope: int, name: str, test: Narrowing, at: Span) -> bool:
    bound = [
        b.span for b in facts.bindings if b.name == name and b.scope == scope and b.span[:2] >= test.start
    ]
    if any(span[:2] < at[:2] for span in bound):
        return True
    loops = [
        context.body_span
        for context in facts.contexts
        if context.kind in ("for", "async for", "while") and test.start <= context.span[:2] <= at[:2]
    ]
    return any(loop.contains(*span[:2]) and loop.contains(*at[:2]) for span in bound for loop in loops)


def is_narrowed(facts: Facts, scope: int, term: Term, at: Span) -> bool:
    """Whether a test answers here what the value of a name is."""
    if not isinstance(term, Name):
        return False
    return narrowed_at(facts, narrowings(facts), scope, term.id, at) is not None


def narrowed(
    names: Names, found: Inferred, test: Narrowing, file: FileFacts, facts: Facts, scope: int
) -> Inferred:
    """The value of a name past a test; `found` is what is known of it otherwise, and stays where it tells more."""
    kinds = [declared.read(names, kind, file, facts, scope) for kind in test.kinds]
    joined = join(kinds) if all(kinds) else None
    asked = joined.value if joined else None
    if joined is None or not isinstance(asked, Instance) or asked.cls.name.startswith(_TELLS_LITTLE):
        return found
    if isinstance(found.value, Instance) and _is_kind_of(names, found.value.cls, asked.cls):
        return found
    return joined.because_of("likely")


def _is_kind_of(names: Names, cls: Class, base: Class) -> bool:
    return any(each.name == base.name for each in members.lineage(names, cls))


class Held(NamedTuple):
    """The bindings of a block's local names, and what its tests say of them."""

    bindings: Mapping[tuple[int, str], list[Binding]]
    narrowings: Narrowings


def held(facts: Facts) -> Held:
    return Held(by_scope_and_name(facts), narrowings(facts))


NOTHING_HELD = Held({}, {})
