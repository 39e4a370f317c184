"""What becomes of an awaitable that nobody awaits: thrown away, or used as if it were its result."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from awaitlens.confidence import Confidence
from awaitlens.knowledge import consumers, coroutines
from awaitlens.program.asked import asks_for_callee, asks_for_kind
from awaitlens.program.facts import (
    Attribute,
    Binding,
    Call,
    Context,
    Facts,
    Item,
    Name,
    Result,
    Suspension,
    Term,
    Unpacked,
    Usage,
    Use,
    last_name,
)
from awaitlens.program.terms import dotted
from awaitlens.program.values import Coroutine
from awaitlens.program.view import Target, View
from awaitlens.source import Span

# aiohttp's session.get() is awaited or entered, and may be entered by hand.
_COROUTINE_ATTRIBUTES = frozenset(
    {"close", "send", "throw", "__await__", "__name__", "__qualname__", "__aenter__", "__aexit__"}
)

_GENERATOR_ATTRIBUTES = frozenset({"aclose", "asend", "athrow", "__aiter__", "__anext__"})
"""Whoever asks for these takes `async def stream(self): ...` for what its heirs make of it: an async generator."""
_EXPECTING = frozenset(
    {"raises", "warns", "deprecated_call", "assertRaises", "assertWarns", "assertRaisesRegex"}
)
_FAILING = frozenset({"attribute", "called", "indexed", "iterated", "operand", "raised", "starred"})


def is_unawaited(target: Target) -> bool:
    """Whether a call of the target gives a coroutine, of which nothing runs until it is awaited."""
    return target.colour in ("async", "awaitable manager") and target.confidence != "possible"


def unawaited_calls(facts: Facts, view: View) -> Iterator[tuple[Call, Target]]:
    """The calls whose value is a coroutine and is neither awaited nor entered on the spot."""
    for call in facts.calls:
        if call.usage.kind in ("awaited", "async entered", "returned", "yielded"):
            continue
        target = view.target(call)
        if not is_unawaited(target) or asks_for_callee(call, facts):
            continue
        if not view.is_overridden_otherwise(target):
            yield call, target


def is_expected_to_fail(call: Call, facts: Facts) -> bool:
    """Whether a test looks here at what goes wrong: `with pytest.raises(...)`, `with self.assertWarns(...)`."""
    for context in facts.enclosing(call.context):
        for term in context.terms:
            manager = facts.call_of(term)
            if manager is not None and last_name(manager.callee) in _EXPECTING:
                return True
    return False


def misuse(usage: Usage, facts: Facts, view: View) -> str:
    """In words, how this usage takes a coroutine for its result; "" when it does not, or may not.

    The words complete "the coroutine ...": "is always true", "has no attribute name".
    """
    kind = usage.kind
    if kind == "tested":
        return "is always true"
    if kind == "compared":
        return "cannot be searched" if usage.name in ("In", "NotIn") else "never equals the result"
    if kind == "formatted":
        return "prints as <coroutine object ...>"
    if kind == "operand":
        return "is no operand"
    if kind == "indexed":
        return "has no items"
    if kind == "iterated":
        return "cannot be iterated"
    if kind == "called":
        return "cannot be called"
    if kind == "raised":
        return "is no exception"
    if kind == "starred" or (kind == "argument" and usage.name in ("*", "**")):
        return "cannot be unpacked"
    if kind == "attribute" and usage.name not in _COROUTINE_ATTRIBUTES | _GENERATOR_ATTRIBUTES:
        return f"has no attribute {usage.name}" if not usage.name.startswith("cr_") else ""
    return _consumed(usage, facts, view)


def _consumed(usage: Usage, facts: Facts, view: View) -> str:
    final = usage.final
    if final.kind != "argument":
        return ""
    consumer = view.target(facts.calls[final.call])
    if usage is not final and consumers.keeps_elements(consumer.name):
        return ""
    method = consumer.name.rpartition(".")[2]
    if consumers.looks_at_values(consumer.name):
        return f"goes to {method}() as it is"
    if usage is final and view.takes_plain_value(facts.calls[final.call], final.name):
        return f"goes to {method}() as it is"
    return ""


def held_by(call: Call, facts: Facts) -> Binding | None:
    """The local variable that holds the value of a call and nothing else, in a function; None if there is none."""
    if call.usage.kind != "assigned":
        return None
    for binding in facts.bindings:
        if binding.kind == "assign" and binding.scope == call.scope and binding.value == Result(call.number):
            scope = facts.scopes[binding.scope]
            shared = binding.name in scope.global_names or binding.name in scope.nonlocal_names
            return binding if scope.kind == "function" and not shared else None
    return None


def uses_of(binding: Binding, facts: Facts) -> tuple[Use, ...]:
    """The reads of a binding's name in its function and the functions nested there."""
    return tuple(u for u in facts.uses if u.name == binding.name and facts.is_within(u.scope, binding.scope))


def fate_of(binding: Binding, facts: Facts, view: View) -> str:
    """In words what becomes of a variable that holds a coroutine; "" when some use may await it.

    One use that fails on a coroutine is enough, whatever the others do. Tests and comparisons fail nowhere, so all uses
    must be such, or hand the variable to the caller as the result it is not.
    """
    uses = uses_of(binding, facts)
    if not uses:
        return " that nobody uses"
    if any(asks_for_kind(Name(binding.name), facts, use.scope) for use in uses):
        return ""
    mine, is_open = [], False
    for use in uses:
        at = use.span if use.scope == binding.scope else None
        found = view.infer(Name(binding.name), use.scope, at)
        if isinstance(found.value, Coroutine) and found.confidence != "possible":
            mine.append(use)
        is_open = is_open or not found
    told = [(use.usage.kind, misuse(use.usage, facts, view)) for use in mine]
    failing = next((words for kind, words in told if words and kind in _FAILING), "")
    if failing:
        return f", and {failing}"
    fates = [words for kind, words in told if words]
    given_on = [
        kind for kind, words in told if not words and kind == "returned" and _gives_result(binding, facts)
    ]
    return f", and {fates[0]}" if fates and not is_open and len(fates) + len(given_on) == len(mine) else ""


def _gives_result(binding: Binding, facts: Facts) -> bool:
    """Whether what the function returns is what awaiting it gives."""
    scope = facts.scopes[binding.scope]
    return scope.is_async and not scope.is_generator


def given_out(call: Call, facts: Facts) -> tuple[str, str]:
    """What is not awaited, and its fate in words, where the coroutine is not held by one variable.

    That is a cache that an async function fills with the coroutine and answers from, and `a, b = f()`.
    """
    if any(isinstance(b.value, Unpacked) and b.value.value == Result(call.number) for b in facts.bindings):
        return "what is unpacked", ", and has no elements"
    if call.usage.kind != "assigned" or not facts.scopes[call.scope].is_async:
        return "", ""
    for access in facts.accesses:
        place = access.place
        if access.kind != "write" or access.value != Result(call.number) or not isinstance(place, Item):
            continue
        returned = any(j.kind == "return" and j.scope == call.scope and j.value == place for j in facts.jumps)
        taken_out = any(s.operand == place for s in facts.suspensions)
        if returned and not taken_out:
            return call.usage.name, ", and is returned as if it were the value"
    return "", ""


def awaited_again(binding: Binding, facts: Facts) -> Iterator[tuple[Suspension, bool]]:
    """The awaits of a variable that surely come after another one of the same value, and whether a loop repeats them."""
    awaits = [
        s
        for s in facts.suspensions
        if s.kind == "await" and s.scope == binding.scope and s.operand == Name(binding.name)
    ]
    rebound = [b for b in facts.bindings if b.name == binding.name and b.scope == binding.scope]
    for position, later in enumerate(awaits):
        if later.span[:2] < binding.span[:2]:
            continue
        if _in_every_turn(later, binding, rebound, facts):
            yield later, True
        elif any(_surely_before(e, later, binding, rebound, facts) for e in awaits[:position]):
            yield later, False


def _surely_before(
    earlier: Suspension, later: Suspension, binding: Binding, rebound: list[Binding], facts: Facts
) -> bool:
    """Whether the earlier await has been passed, with the same value, whenever the later one is reached."""
    if earlier.span[:2] < binding.span[:2]:
        return False
    if any(earlier.span[:2] < b.span[:2] < later.span[:2] for b in rebound):
        return False
    around = {context.number for context in facts.enclosing(later.context)} | {-1}
    return earlier.context in around and not any(
        context.kind in ("try", "comprehension") for context in facts.enclosing(earlier.context)
    )


def _in_every_turn(suspension: Suspension, binding: Binding, rebound: list[Binding], facts: Facts) -> bool:
    """Whether the await stands in a loop that does not end in its first turn, and the value is made outside of it."""
    outside = {context.number for context in facts.enclosing(binding.context)}
    for context in facts.enclosing(suspension.context):
        if context.number in outside or context.kind not in ("while", "for", "async for"):
            continue
        inside = [b for b in rebound if context in facts.enclosing(b.context)]
        leaves = [
            j
            for j in facts.jumps
            if j.kind in ("return", "break", "raise") and context in facts.enclosing(j.context)
        ]
        if not inside and not leaves and not _is_guarded(suspension, context, facts):
            return True
    return False


def _is_guarded(suspension: Suspension, loop: Context, facts: Facts) -> bool:
    """Whether the await stands behind a condition or in a try inside the loop."""
    for context in facts.enclosing(suspension.context):
        if context == loop:
            return False
        if context.kind in ("if", "else", "try", "except", "case"):
            return True
    return False


def all_async_by_name(call: Call, view: View) -> bool:
    """Whether nothing is known of what is called but its name, and all functions of that name are async.

    One word is too little to go by, and a name that a known library uses for a plain method says nothing. The object
    must bear the name of a class that has the method: `order` for Order or BulkOrder.
    """
    name = last_name(call.callee)
    if "_" not in name.strip("_") or name.startswith("__") or not isinstance(call.callee, Attribute):
        return False
    owner = last_name(call.callee.value).replace("_", "").lower()
    if len(owner) < 3 or owner == "self" or not view.is_unknown(call):
        return False
    classes = view.classes_with_async(name)
    return any(cls.lower().endswith(owner) for cls in classes) and name not in coroutines.plain_members()


# --- async properties ---------------------------------------------------------------------------------------


class PropertyRead(NamedTuple):
    """A place where an async property is taken for its value. `fate` ends the sentence "... is a coroutine"."""

    span: Span
    fate: str
    confidence: Confidence


def property_reads(facts: Facts, view: View) -> Iterator[PropertyRead]:
    """The reads of async properties in tests, as receivers of methods, and as arguments of what awaits nothing."""
    for context in facts.contexts:
        if context.kind in ("if", "while", "assert") and len(context.terms) == 1:
            found = _read(context.terms[0], context.scope, context.span, ": it is always true", facts, view)
            yield from found
    for call in facts.calls:
        yield from _read_in_call(call, facts, view)


def _read_in_call(call: Call, facts: Facts, view: View) -> Iterator[PropertyRead]:
    whole: Term = call.callee
    while isinstance(whole, Attribute):
        owner: Term = whole.value
        if isinstance(owner, Attribute) and whole.attr not in _COROUTINE_ATTRIBUTES:
            fate = f", and has no attribute {whole.attr}"
            yield from _read(owner, call.scope, call.callee_span, fate, facts, view)
        whole = owner
    position = 0
    for argument in call.arguments:
        name = argument.keyword or str(position)
        position += not argument.keyword
        if isinstance(argument.value, Attribute) and view.is_async_somewhere(argument.value.attr):
            wrong = _consumed(Usage("argument", call.number, name), facts, view)
            if wrong:
                yield from _read(argument.value, call.scope, argument.span, f", and {wrong}", facts, view)


def _read(
    term: Term, scope: int, around: Span, fate: str, facts: Facts, view: View
) -> Iterator[PropertyRead]:
    if not isinstance(term, Attribute) or not view.is_async_somewhere(term.attr):
        return
    span = _found_in(term, around, facts)
    if span is None:
        return
    found = view.infer(term, scope, span)
    is_coroutine = isinstance(found.value, Coroutine) and found.confidence != "possible"
    if is_coroutine and view.is_property(term, scope, span):
        yield PropertyRead(span, fate, found.confidence)


def _found_in(term: Term, span: Span, facts: Facts) -> Span | None:
    """Where a dotted name stands on the first line of a stretch of text."""
    line = facts.text.split("\n")[span.line]
    found = (
        re.search(rf"(?<![\w.]){re.escape(dotted(term))}(?!\w)", line[span.column :])
        if dotted(term)
        else None
    )
    if found is None:
        return None
    return Span(span.line, span.column + found.start(), span.line, span.column + found.end())
