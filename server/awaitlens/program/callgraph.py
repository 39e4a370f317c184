"""Who runs whom on the same thread: the calls of a function, and the statements that call without saying so.

`with x` runs `x.__enter__` and `x.__exit__`, `for x in f()` the body of the generator `f`, `Client()` the constructor.
A function that is only handed over (to a thread, a pool, a loop) is not run by the one that hands it over, and a
coroutine function not by the one that calls it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from awaitlens.confidence import weakest
from awaitlens.knowledge import blocking as known
from awaitlens.knowledge import coroutines, django
from awaitlens.program import generators, members, results
from awaitlens.program.alternatives import alternatives
from awaitlens.program.chains import Chain, Hop, Link, Node
from awaitlens.program.conditions import (
    handed_on,
    is_conditional,
    is_ordinary,
    left_off,
    needed_parameter,
    never_runs,
    turned_back,
)
from awaitlens.program.decorators import in_place, is_cached
from awaitlens.program.dispatch import Key, key_of, seen_by
from awaitlens.program.facts import Call, Context, Facts, Result, Scope, Term, last_name
from awaitlens.program.inmemory import asks_memory
from awaitlens.program.lookups import looked_up
from awaitlens.program.modules import FileFacts, qualname
from awaitlens.program.once import happens_once
from awaitlens.program.reads import Read, getter, reads
from awaitlens.program.terms import dotted
from awaitlens.program.values import Class, External, Function, Inferred, Instance, Partial
from awaitlens.program.waits import certainty, holds_up_callers, needed_argument, seen_to_wait, waits
from awaitlens.source import Span

if TYPE_CHECKING:
    from awaitlens.program.program import Program

IMPLIED = {
    "with": ("__enter__", "__exit__"),
    "for": ("__iter__", "__next__"),
    "comprehension": ("__iter__", "__next__"),
}
_ITERATION = ("__iter__", "__next__")
ASKED = {
    "len": ("__len__",),
    "next": ("__next__",),
    **dict.fromkeys(("list", "tuple", "set", "frozenset", "dict", "sorted", "sum", "any", "all"), _ITERATION),
}
"""Builtins that run methods of their one argument before they return."""
_ASKS_FOR_LOOP = frozenset({"get_running_loop", "_get_running_loop", "current_async_library", "current_task"})


class CallGraph:
    """The nodes of the program's functions, worked out when asked for."""

    def __init__(self, program: Program) -> None:
        self.program = program

    def node(self, key: Key) -> Node:
        """What running the function's body runs. Functions that the user vouches for are looked at no further."""
        file = self.program.files.get(key[0])
        definition = file.definitions.get(key[1]) if file else None
        if file is None or definition is None:
            return Node()
        facts, scope = file.facts(definition.block), file.scope(definition)
        dotted = f"{file.module}.{key[1]}"
        said = self._said(file, scope, dotted)
        if said == "blocking":
            return Node(blocks=Chain((), dotted, None, "certain"))
        receiver = key[2] if len(key) == 3 else None
        places = self._places(file, facts, scope.number, receiver)
        found = [] if self._looks_for_loop(facts, scope) else list(places)
        links = tuple(link for link in found if isinstance(link, Link))
        ends = [end for end in found if isinstance(end, Chain)]
        queries = _best([end for end in ends if end.blocking is None and end.name.startswith("django.")])
        if said == "not-blocking":
            return Node((), None, queries)
        return Node(links, _best([end for end in ends if _counts(end, facts)]), queries)

    def _said(self, file: FileFacts, scope: Scope, dotted: str) -> str:
        """What the user says of a function, on its header or in the configuration."""
        settings = self.program.settings_for(file.path)
        if "not-blocking" in scope.directives or dotted in settings.not_blocking:
            return "not-blocking"
        return "blocking" if "blocking" in scope.directives or dotted in settings.blocking else ""

    @staticmethod
    def _looks_for_loop(facts: Facts, scope: Scope) -> bool:
        """Whether the function asks if a loop is running: then it knows where it must not block."""
        return any(last_name(call.callee) in _ASKS_FOR_LOOP for call in facts.calls_in(scope.number))

    def _places(
        self, file: FileFacts, facts: Facts, scope: int, receiver: Class | None
    ) -> Iterator[Link | Chain]:
        for context, at, found in self._run(file, facts, scope, receiver):
            yield from _under_condition(found, facts, scope, context, at)

    def _run(
        self, file: FileFacts, facts: Facts, scope: int, receiver: Class | None
    ) -> Iterator[tuple[int, Span, Iterator[Link | Chain]]]:
        """What each call, statement and read of a function runs, with the construct it stands in, and its place."""
        for call in facts.calls_in(scope):
            if call.usage.kind not in ("awaited", "async entered", "async iterated"):
                yield call.context, call.span, self.called(call, file, facts, receiver)
        for context in facts.contexts:
            if context.scope == scope and context.kind in IMPLIED:
                yield context.parent, context.span, self.implied(context, file, facts)
        for read in reads(self.program.names, file.path, facts):
            if read.scope == scope:
                yield read.context, read.span, self.read(read, file, facts, receiver)

    def read(
        self, read: Read, file: FileFacts, facts: Facts, receiver: Class | None = None
    ) -> Iterator[Link | Chain]:
        """What the read of a property runs."""
        found = getter(read, self.program.names, file, facts, receiver)
        if found is not None:
            function = qualname(facts, facts.scopes[read.scope])
            hop = Hop(file.path, function, -1, read.spelled(facts), at=read.span)
            yield Link(hop, found[1], key_of(self.program.names, found[0]))

    # --- calls ---------------------------------------------------------------------------------------------

    def called(
        self, call: Call, file: FileFacts, facts: Facts, receiver: Class | None = None
    ) -> Iterator[Link | Chain]:
        """What a call runs before it returns; `receiver` is the class of the object that the method around runs on."""
        if generators.is_put_off(call, facts):
            return
        names = self.program.names
        callee = seen_by(names, names.callee(call.number, file, facts), call, file, facts, receiver)
        if callee:
            yield from self._called(callee, call, file, facts)
            return
        is_one_of_many = looked_up(call.callee, facts, call.scope) is not None
        for option in alternatives(call.callee, names, file, facts, call.scope, call.span):
            for each in self._called(option, call, file, facts):
                is_link = is_one_of_many and isinstance(each, Link)
                yield each._replace(conditional=True) if is_link else each  # type: ignore[call-arg]

    def _called(self, callee: Inferred, call: Call, file: FileFacts, facts: Facts) -> Iterator[Link | Chain]:
        value = callee.value
        while isinstance(value, Partial):
            value = value.function
        if isinstance(value, External):
            yield from self._outside(value.name, call, callee, file, facts)
            yield from self._advanced(value.name, call, file, facts)
            yield from self._asked(value.name, call, file, facts)
        elif isinstance(value, Function):
            yield from self._function(value, call, callee, file, facts)
        elif isinstance(value, Class) and value.path:
            yield from self._constructed(value, call, callee, file, facts)
        elif isinstance(value, Instance) and value.cls.path:
            method = members.of_class(self.program.names, value.cls, "__call__", value)
            if isinstance(method.value, Function):
                yield from self._function(method.value, call, callee, file, facts)

    def _outside(
        self, name: str, call: Call, callee: Inferred, file: FileFacts, facts: Facts
    ) -> Iterator[Chain]:
        settings, entry = self.program.settings_for(file.path), known.blocking_call(name)
        vouched = name in settings.blocking
        if not (entry or vouched or self.program.packages or name.startswith("django.db.")):
            return
        hop = self._hop(call, file, facts, name)
        if name.startswith("django.db.") and (django.reaction(name) == "raises" or name.endswith(".atomic")):
            yield Chain((hop,), name, None, callee.confidence)
        if vouched:
            yield Chain((hop,), name, None, callee.confidence)
        if vouched or name in settings.not_blocking:
            return
        if entry is None:
            yield from self._in_package(name, hop, callee)
        elif waits(entry, call, facts) and not asks_memory(name, call, self.program.names, file, facts):
            needs, sure = needed_argument(entry, call, facts), seen_to_wait(entry, call, facts)
            yield Chain((hop,), name, entry, weakest(callee.confidence, sure), needs)

    def _in_package(self, name: str, hop: Hop, callee: Inferred) -> Iterator[Chain]:
        """What a function of an installed package comes to that no table knows."""
        inside = self.program.packages.blocking(name) if self.program.packages else None
        if inside is not None and not coroutines.is_listed(name):
            confidence = weakest(callee.confidence, inside.confidence)
            yield inside._replace(hops=(hop, *inside.hops), confidence=confidence)

    def _function(
        self,
        function: Function,
        call: Call,
        callee: Inferred,
        file: FileFacts,
        facts: Facts,
        applied: Hop | None = None,
    ) -> Iterator[Link]:
        """A plain function runs when it is called; a generator's body where its values are asked for at once. Where the call
        only has it `applied` to something, it decides nothing about the arguments."""
        names = self.program.names
        _, home, scope = results.located(names, function)
        if home is None or scope is None or scope.is_async:
            return
        if scope.is_generator and (applied or not generators.runs(function, call, names, facts)):
            return
        confidence = callee.confidence
        if scope.decorators:
            confidence = weakest(confidence, in_place(names, function))
        hop = applied or self._hop(call, file, facts, function.qualname)
        cached = bool(scope.decorators) and is_cached(names, function)
        key = key_of(names, function)
        link = Link(hop, confidence, key, cached, is_once=cached and not scope.parameters)
        if applied:
            yield link
            return
        off = left_off(call, scope, home.scopes[scope.parent])
        yield link._replace(left_off=off, handed_on=handed_on(call, facts))

    def _constructed(
        self, cls: Class, call: Call, callee: Inferred, file: FileFacts, facts: Facts
    ) -> Iterator[Link | Chain]:
        names = self.program.names
        once = members.is_kept_by_metaclass(names, cls)
        for method in ("__new__", "__init__", "__post_init__"):
            found = members.of_class(names, cls, method, Instance(cls))
            if isinstance(found.value, Function):
                for link in self._function(found.value, call, callee, file, facts):
                    yield link._replace(is_once=True) if once else link
            elif isinstance(found.value, External) and method == "__init__":
                base = found.value.name.rpartition(".")[0]
                yield from self._outside(base, call, callee, file, facts)

    def _advanced(self, name: str, call: Call, file: FileFacts, facts: Facts) -> Iterator[Link]:
        """`next(rows)`, `list(rows)`, where `rows` is the generator that a function of the program gave; `list(map(f, rows))`
        and `sorted(rows, key=f)`, which call f for each row."""
        if name not in generators.CONSUMERS or not call.arguments:
            return
        given = call.arguments[0]
        function = generators.behind(given.value, self.program.names, file, facts, call.scope)
        if function is not None and not isinstance(given.value, Result):
            hop = self._hop(call, file, facts, function.qualname)
            yield Link(hop, "likely", (function.path, function.qualname))
        for term in generators.applied(call, facts):
            found = self.program.names.infer(term, file, facts, call.scope, call.span)
            if isinstance(found.value, Function):
                hop = self._hop(call, file, facts, found.value.qualname)
                if not found.value.qualname.endswith("<lambda>"):
                    hop = hop._replace(name=found.value.qualname)
                yield from self._function(found.value, call, found.because_of("likely"), file, facts, hop)

    def _asked(self, name: str, call: Call, file: FileFacts, facts: Facts) -> Iterator[Link | Chain]:
        """`len(box)`, `list(box)`, `next(box)`: builtins that run a method of what they are given."""
        methods = ASKED.get(name, ())
        if not methods or len(call.arguments) != 1:
            return
        found = self.program.names.infer(call.arguments[0].value, file, facts, call.scope, call.span)
        if isinstance(found.value, Instance) and found.value.cls.path:
            for method in methods:
                hop = self._hop(call, file, facts, "")._replace(name=f"{found.value.cls.qualname}.{method}")
                yield from self._methods(found, found.value.cls, (method,), hop)

    # --- statements ----------------------------------------------------------------------------------------

    def implied(self, context: Context, file: FileFacts, facts: Facts) -> Iterator[Link | Chain]:
        """What a `with` or `for` runs by itself, the call of a generator function in its header aside."""
        methods = IMPLIED.get(context.kind, ())
        for term in context.terms if methods else ():
            if context.kind == "for" and not isinstance(term, Result):
                function = generators.behind(term, self.program.names, file, facts, context.scope)
                if function is not None:
                    hop = self._hop_of(context, term, file, facts)
                    yield Link(hop, "likely", (function.path, function.qualname))
            found = self.program.names.infer(term, file, facts, context.scope, context.span)
            if isinstance(found.value, Instance):
                hop = self._hop_of(context, term, file, facts)
                yield from self._methods(found, found.value.cls, methods, hop)

    def _methods(
        self, found: Inferred, cls: Class, methods: tuple[str, ...], hop: Hop
    ) -> Iterator[Link | Chain]:
        for method in methods:
            name = f"{cls.name}.{method}"
            if cls.path:
                defined = members.of_class(self.program.names, cls, method, Instance(cls)).value
                if isinstance(defined, Function):
                    yield Link(hop, found.confidence, key_of(self.program.names, defined))
                name = defined.name if isinstance(defined, External) else ""
            entry = known.blocking_call(name) if name else None
            if entry is not None and entry.name.endswith(method):
                yield Chain((hop,), name, entry, found.confidence)

    @staticmethod
    def _hop_of(context: Context, term: Term, file: FileFacts, facts: Facts) -> Hop:
        function = qualname(facts, facts.scopes[context.scope])
        call = facts.call_of(term)
        kind = "with" if context.kind == "with" else "for"
        if call is not None:
            return Hop(file.path, function, call.number, f"{kind} {spelled('...', call, facts)}()")
        header = facts.slice(context.span).splitlines()[0].rstrip(": ")
        name = header if len(header) <= 60 and context.kind == kind else f"this {context.kind}"
        return Hop(file.path, function, -1, name, context.number)

    @staticmethod
    def _hop(call: Call, file: FileFacts, facts: Facts, name: str) -> Hop:
        function = qualname(facts, facts.scopes[call.scope])
        return Hop(file.path, function, call.number, spelled(name, call, facts))


def rank(chain: Chain) -> int:
    """How good a proof the chain is: 0 for the best."""
    row = chain.blocking
    confidence = weakest(chain.confidence, certainty(row) if row else "certain")
    return ("certain", "likely", "possible").index(confidence)


def _under_condition(
    found: Iterable[Link | Chain], facts: Facts, scope: int, context: int, at: Span
) -> Iterator[Link | Chain]:
    """What only matters now and then is not passed on from a place that is not always reached."""
    found = [] if never_runs(facts, context) else list(found)
    returns = turned_back(facts, scope, context, at) if found else ()
    needs = needed_parameter(facts, context, returns) if found else ""
    once = bool(found) and happens_once(facts, context, returns)
    for each in found:
        each = each._replace(needs=needs or each.needs, may_return=each.may_return or bool(returns))
        if once:
            each = each._replace(is_once=True) if isinstance(each, Link) else each.once()
        if not is_conditional(facts, context):
            yield each
        elif is_ordinary(facts, context):
            yield each._replace(may_return=True)
        elif isinstance(each, Link):
            yield each._replace(conditional=True)
        elif each.blocking is None or certainty(each.blocking) == "certain":
            yield each._replace(conditions=1)


def _counts(end: Chain, facts: Facts) -> bool:
    """Whether a function that makes this call is to be called blocking for it."""
    row = end.blocking
    if row is None:
        return not end.name.startswith("django.db.")
    return holds_up_callers(row, end.hops[0].call, facts)


def _best(ends: list[Chain]) -> Chain | None:
    """The surest of the direct answers, of these what always happens, and of equals the first in the text."""
    return min(ends, key=lambda end: (rank(end), end.is_sometimes), default=None)


def spelled(name: str, call: Call, facts: Facts) -> str:
    """How the user writes what is called, if that fits on a line; else its dotted name."""
    text = dotted(call.callee) or facts.slice(call.callee_span)
    return text if "\n" not in text and len(text) <= 40 else name
