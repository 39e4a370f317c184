"""Which of `with` and `async with`, of `for` and `async for`, the objects of a program answer to.

A mismatch is claimed only where both halves are known: the object has the one protocol, and surely lacks the other.
`async with atomic()` is left to the pitfall about transactions, a queryset in a loop to the one about querysets (both
protocols are theirs), a coroutine that is entered or iterated to those about forgotten awaits.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from awaitlens.confidence import Confidence, weakest
from awaitlens.knowledge import coroutines, types
from awaitlens.program import members, results
from awaitlens.program.asked import asks_for_kind
from awaitlens.program.facts import (
    Awaited,
    Binding,
    Call,
    Context,
    Facts,
    Iterated,
    Result,
    Term,
    Unpacked,
    last_name,
)
from awaitlens.program.terms import dotted
from awaitlens.program.values import Class, Function, Inferred, Instance, Manager
from awaitlens.source import Span

if TYPE_CHECKING:
    from awaitlens.program.names import Names
    from awaitlens.program.view import View

Protocol = coroutines.Protocol

# What C code defines is not in the harvested tables (CPython 3.8-3.15).
_ITERATED = {
    **dict.fromkeys(("list", "dict", "set", "tuple", "str", "bytes", "frozenset", "range", "types.GeneratorType",
                     "collections.deque", "collections.defaultdict", "collections.abc.Generator"), "sync"),
    **dict.fromkeys(("types.AsyncGeneratorType", "collections.abc.AsyncGenerator", "collections.abc.AsyncIterator",
                     "collections.abc.AsyncIterable"), "async"),
}  # fmt: skip
ITERABLES = frozenset({"sorted", "range", "enumerate", "zip", "map", "filter", "reversed", "list", "dict", "set", "tuple"})  # fmt: skip
"""Built-in callables whose value has `__iter__` and no `__aiter__`."""

_OTHERS_BUSINESS = ("django.db.transaction.",)
_METHODS = {"with": ("__enter__", "__aenter__"), "for": ("__iter__", "__aiter__")}


class Mismatch(NamedTuple):
    """An object in the wrong kind of statement: `what` in the user's words, `span` what to underline, `statement` the
    header it stands in; `iterable` is its own span where a comprehension or loop goes over a call, else None."""

    span: Span
    what: str
    confidence: Confidence
    context: Context
    iterable: Span | None = None


_EXPECTING = ("raises", "assertRaises", "assertRaisesRegex", "suppress", "warns", "assertWarns")
_OTHER_FORM = {"with": "async with", "async with": "with", "for": "async for", "async for": "for"}


def _is_meant(context: Context, term: Term, facts: Facts) -> bool:
    """Whether a test looks here at what goes wrong, or the function asks first what the object is, or knows both forms."""
    if asks_for_kind(term, facts, context.scope):
        return True
    for around in facts.enclosing(context.number):
        for manager in around.terms if around.kind == "with" else ():
            call = facts.call_of(manager)
            if call is not None and last_name(call.callee) in _EXPECTING:
                return True
    other = _OTHER_FORM.get(context.kind, "")
    return any(each.kind == other and term in each.terms for each in facts.contexts)


def wrongly_entered(facts: Facts, view: View, kind: str) -> Iterator[Mismatch]:
    """The statements of kind "with" that need `async with`, or the other way round; one for each statement."""
    lacking = "async" if kind == "with" else "sync"
    for context in facts.contexts:
        if context.kind != kind:
            continue
        for term in context.terms:
            protocol, confidence = view.protocol("with", term, context.scope, context.span)
            if _is_meant(context, term, facts):
                continue
            if protocol == lacking and not view.type_of(term, context.scope).startswith(_OTHERS_BUSINESS):
                yield Mismatch(context.span, spelled(term, facts, view, context), confidence, context)
                break


def wrongly_iterated(facts: Facts, view: View, kind: str) -> Iterator[Mismatch]:
    """The loops and comprehensions of kind "for" that need `async for`, or the other way round."""
    lacking = "async" if kind == "for" else "sync"
    for context in facts.contexts:
        if context.kind == kind and not _is_meant(context, context.terms[0], facts):
            protocol, confidence = view.protocol("for", context.terms[0], context.scope, context.span)
            if protocol == lacking:
                what = spelled(context.terms[0], facts, view, context)
                yield Mismatch(context.span, what, confidence, context)
        elif context.kind == "comprehension":
            yield from _in_comprehension(context, facts, view, kind == "async for", lacking)


def sync_form_taken(facts: Facts, view: View) -> Iterator[Mismatch]:
    """Plain `with` in async functions, on objects of the program that have both forms, and await something in theirs."""
    for context in facts.contexts:
        if context.kind != "with" or not facts.scopes[context.scope].is_async:
            continue
        for term in context.terms:
            if view.waits_when_entered(term, context.scope, context.span) and not _is_meant(
                context, term, facts
            ):
                yield Mismatch(context.span, spelled(term, facts, view, context), "likely", context)
                break


def _in_comprehension(
    context: Context, facts: Facts, view: View, is_async: bool, lacking: str
) -> Iterator[Mismatch]:
    bindings = (b for b in facts.bindings if b.context == context.number and b.kind == "comprehension")
    for iterated, binding in {_iterated(b.value): b for b in reversed([*bindings])}.items():
        if iterated is None or iterated.is_async != is_async or _is_meant(context, iterated.value, facts):
            continue
        call = facts.call_of(iterated.value)
        span = call.span if call is not None else _named_behind(iterated.value, binding, context, facts)
        if span is None:
            continue
        protocol, confidence = view.protocol("for", iterated.value, context.scope, span)
        if protocol == lacking:
            what = spelled(iterated.value, facts, view, context)
            yield Mismatch(span, what, confidence, context, span)


def _named_behind(term: Term, target: Binding, context: Context, facts: Facts) -> Span | None:
    """Where a name or dotted name stands that a comprehension goes over: `in rows`, on the line of the target."""
    name = dotted(term)
    if not name or name == target.name:
        return None
    line = facts.text.split("\n")[target.span.line]
    found = re.compile(rf"\bin\s+({re.escape(name)})(?![\w.(\[])").search(line, target.span.end_column)
    if found is None or (target.span.line, found.end(1)) > context.span[2:]:
        return None
    return Span(target.span.line, found.start(1), target.span.line, found.end(1))


def _iterated(term: Term) -> Iterated | None:
    while isinstance(term, Unpacked):
        term = term.value
    return term if isinstance(term, Iterated) else None


def spelled(term: Term, facts: Facts, view: View, context: Context) -> str:
    """A manager or iterable in the user's words: `open()`, or the class it is an instance of."""
    call = facts.call_of(term)
    if call is not None:
        return _callee(call, facts, view)
    name = view.type_of(term, context.scope, context.span)
    kind = _GENERATORS.get(name) or name.removeprefix(view.module + ".")
    return f"{'an' if kind[0].lower() in 'aeiou' else 'a'} {kind}" if kind else "this object"


_GENERATORS = {"types.GeneratorType": "generator", "types.AsyncGeneratorType": "async generator"}


def _callee(call: Call, facts: Facts, view: View) -> str:
    text = facts.slice(call.callee_span)
    return f"{text if len(text) <= 40 and chr(10) not in text else view.target(call).name}()"


# --- what an object answers to ------------------------------------------------------------------------------


def protocol_of(names: Names, statement: str, value: Inferred) -> tuple[Protocol, Confidence]:
    """Which form of the statement ("with" or "for") the value supports, and how surely."""
    inner = value.value
    if isinstance(inner, Manager):
        return ("async" if inner.is_async else "sync") if statement == "with" else "unknown", value.confidence
    if not isinstance(inner, Instance):
        return "unknown", value.confidence
    if statement == "for" and inner.cls.name in _ITERATED:
        confidence = weakest(value.confidence, "likely") if ".abc." in inner.cls.name else value.confidence
        return _ITERATED[inner.cls.name], confidence  # type: ignore[return-value]
    if not inner.cls.path:
        known = (
            coroutines.enters(inner.cls.name) if statement == "with" else coroutines.iterates(inner.cls.name)
        )
        if known == "unknown" and names.program.packages and not coroutines.is_listed(inner.cls.name):
            known = names.program.packages.protocol(inner.cls.name, statement)
            return known, weakest(value.confidence, "likely")
        return known, value.confidence
    return of_class(names, inner.cls, statement), value.confidence


def of_class(names: Names, cls: Class, statement: str) -> Protocol:
    """For a class of the program: what it and its bases define, unless one of them is not known well enough."""
    sync, asynchronous = (has(names, cls, method) for method in _METHODS[statement])
    if sync and asynchronous:
        return "both"
    if not (sync or asynchronous) or not closed(names, cls):
        return "unknown"
    return "sync" if sync else "async"


def has(names: Names, cls: Class, method: str) -> bool:
    """Whether instances have the method; one that does nothing but raise is there to say that it is not supported."""
    found = members.of_class(names, cls, method, Instance(cls)).value
    if isinstance(found, Function):
        _, facts, scope = results.located(names, found)
        return facts is None or scope is None or not only_raises(facts, scope.number)
    return any(
        coroutines.kind(f"{base.name}.{method}") != "unknown"
        for base in members.lineage(names, cls)
        if not base.path
    )


def waits_when_entered(names: Names, cls: Class) -> bool:
    """Whether a class of the program has both forms of `with`, and its `__aenter__` or `__aexit__` awaits something."""
    if not cls.path or of_class(names, cls, "with") != "both":
        return False
    for method in ("__aenter__", "__aexit__"):
        found = members.of_class(names, cls, method, Instance(cls)).value
        _, facts, scope = results.located(names, found) if isinstance(found, Function) else (None, None, None)
        if facts and scope and any(s.scope == scope.number for s in facts.suspensions):
            return True
    return False


def only_raises(facts: Facts, scope: int) -> bool:
    jumps = [jump for jump in facts.jumps if jump.scope == scope]
    return bool(jumps) and all(jump.kind == "raise" and jump.context == -1 for jump in jumps)


def closed(names: Names, cls: Class) -> bool:
    """Whether all there is to know of a class is known: every base resolves, and is the program's or in the tables."""
    if members.has_unknown_base(names, cls):
        return False
    every = members.lineage(names, cls)
    known = all(base.path or base.name in _PLAIN_BASES or types.is_class(base.name) for base in every)
    return known and not any(defines(names, base, "__getattr__") for base in every)


def defines(names: Names, cls: Class, name: str) -> bool:
    """Whether a class of the program binds the name in its own statements."""
    file = names.program.files.get(cls.path) if cls.path else None
    return file is not None and name in file.members.get(cls.qualname, {})


def plainly_made(names: Names, cls: Class) -> bool:
    """Whether nothing but `type` and `object` makes instances: no metaclass, no `__new__` of its own."""
    for base in members.lineage(names, cls):
        file = names.program.files.get(base.path) if base.path else None
        definition = file.definitions.get(base.qualname) if file else None
        if file is None or definition is None:
            continue
        if defines(names, base, "__new__") or any(
            a.keyword == "metaclass" for a in file.scope(definition).bases
        ):
            return False
    return True


_PLAIN_BASES = frozenset({"object", "abc.ABC", "typing.Generic", "typing.Protocol", "typing_extensions.Protocol", "enum.Enum"})  # fmt: skip


def awaited_locks(facts: Facts, view: View) -> Iterator[Context]:
    """`with await lock:` and `with (yield from lock):` on an asyncio lock, which Python 3.9 took away."""
    for context in facts.contexts:
        term = context.terms[0] if context.kind == "with" and len(context.terms) == 1 else None
        if isinstance(term, Awaited) and not isinstance(term.value, Result):
            protocol, _ = view.protocol("with", term.value, context.scope, context.span)
            if protocol == "async" and view.type_of(term.value, context.scope, context.span).startswith(
                "asyncio."
            ):
                yield context
