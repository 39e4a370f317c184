"""Who runs whom on the same thread: the calls of a function, and the statements that call without saying so.

`with x` runs `x.__enter__` and `x.__exit__`, `for x in f()` the body of the generator `f`, `Client()` the constructor.
A function that is only handed over (to a thread, a pool, a loop) is not run by the one that hands it over, and a
coroutine function not by the one that calls it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Literal, NamedTuple

from awaitlens.confidence import Confidence, weakest
from awaitlens.knowledge import blocking as known
from awaitlens.knowledge import coroutines, django
from awaitlens.program import generators, members, results
from awaitlens.program.alternatives import alternatives
from awaitlens.program.conditions import is_conditional, left_off, needed_parameter, never_runs, turned_back
from awaitlens.program.decorators import in_place, runs_once
from awaitlens.program.facts import Call, Context, Facts, Result, Scope, Term, last_name
from awaitlens.program.inmemory import asks_memory
from awaitlens.program.modules import FileFacts, qualname
from awaitlens.program.once import happens_once
from awaitlens.program.reads import Read, getter, reads
from awaitlens.program.terms import dotted
from awaitlens.program.values import Class, External, Function, Inferred, Instance, Partial
from awaitlens.program.waits import certainty, holds_up_callers, waits
from awaitlens.source import Span

if TYPE_CHECKING:
    from awaitlens.program.program import Program

Question = Literal["blocks", "queries"]
"""blocks: holds up the thread it is called on; queries: uses Django's database connection of that thread."""

QUESTIONS: tuple[Question, ...] = ("blocks", "queries")
Key = tuple[str, str]
"""A function of the program: its file's path and its qualname."""

IMPLIED = {
    "with": ("__enter__", "__exit__"),
    "for": ("__iter__", "__next__"),
    "comprehension": ("__iter__", "__next__"),
}
_ASKS_FOR_LOOP = frozenset({"get_running_loop", "_get_running_loop", "current_async_library", "current_task"})
_MOST_BEHIND_A_GETTER = 2
"""A getter that goes further mostly looks for something once, and keeps it."""
_MOST_CONDITIONS = 2


class Hop(NamedTuple):
    """One step on the way: which call, in which function, and how the user spells what it calls.

    `call` is a number in the function's `Facts.calls`; -1 for a statement that calls without saying so: then `context`
    is its number in `Facts.contexts`, or `at` the place of a read.
    """

    path: str
    qualname: str
    call: int
    name: str
    context: int = -1
    at: Span | None = None


class Chain(NamedTuple):
    """That a call comes to something: the hops from the call itself to the call outside the program that does it.

    One hop means the call does it directly. `name` is the canonical name at the end; `blocking` what knowledge says of
    it, None for the question "queries" and where the user says that the function blocks. `needs` is the parameter of the
    function it starts in that has to be true for it, `conditions` the number of functions on the way that an `if` or the
    like may lead past it; `may_return` that one of them may have returned before; `is_once` that one of them keeps what it
    got.
    """

    hops: tuple[Hop, ...]
    name: str
    blocking: known.BlockingCall | None
    confidence: Confidence
    needs: str = ""
    conditions: int = 0
    may_return: bool = False
    is_once: bool = False

    @property
    def is_sometimes(self) -> bool:
        """Whether some calls of what it starts in do not come to it."""
        return self.conditions > 0 or self.may_return

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(hop.name for hop in self.hops)

    def behind(self, link: Link) -> Chain:
        """The chain as it looks from a function one step further up."""
        conditions = self.conditions + link.conditional
        confidence = weakest(link.confidence, self.confidence)
        is_sure = self.blocking is None or certainty(self.blocking) == "certain"
        if conditions > _MOST_CONDITIONS or (link.conditional and not is_sure):
            confidence = "possible"
        if link.hop.at is not None and len(self.hops) > _MOST_BEHIND_A_GETTER:
            confidence = "possible"
        hops = (link.hop, *self.hops)
        may_return = self.may_return or link.may_return
        chain = Chain(hops, self.name, self.blocking, confidence, link.needs, conditions, may_return)
        return chain.once() if link.is_once or self.is_once else chain

    def once(self) -> Chain:
        """Where what it gets is kept: a file that is read when first needed is worth no word, a server may be, if no other
        condition has to be met."""
        if self.blocking is None:
            return self
        is_likely = self.blocking.category not in ("file", "path") and self.conditions + self.may_return < 2
        confidence = weakest(self.confidence, "likely" if is_likely else "possible")
        return self._replace(confidence=confidence, is_once=True)


class Link(NamedTuple):
    """A place that runs the body of a function of the program; `conditional` where an `if` or a cache decides, `may_return`
    where the function around may have returned before.

    `needs` is the parameter of the function around that has to be true for it; `left_off` are those of the target that
    this call leaves false; `is_once` where what it makes is kept, and not made again.
    """

    hop: Hop
    confidence: Confidence
    target: Key
    conditional: bool = False
    needs: str = ""
    may_return: bool = False
    left_off: frozenset[str] = frozenset()
    is_once: bool = False

    def reaches(self, chain: Chain) -> bool:
        """Whether the chain of the target is not ruled out by what this call gives it."""
        return chain.needs not in self.left_off


class Node(NamedTuple):
    """What the body of a function runs: functions of the program, and the best direct answer to each question."""

    links: tuple[Link, ...] = ()
    blocks: Chain | None = None
    queries: Chain | None = None

    def end(self, question: Question) -> Chain | None:
        return self.blocks if question == "blocks" else self.queries


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
        found = [] if self._looks_for_loop(facts, scope) else list(self._places(file, facts, scope.number))
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

    def _places(self, file: FileFacts, facts: Facts, scope: int) -> Iterator[Link | Chain]:
        for context, at, found in self._run(file, facts, scope):
            yield from _under_condition(found, facts, scope, context, at)

    def _run(
        self, file: FileFacts, facts: Facts, scope: int
    ) -> Iterator[tuple[int, Span, Iterator[Link | Chain]]]:
        """What each call, statement and read of a function runs, with the construct it stands in, and its place."""
        for call in facts.calls_in(scope):
            if call.usage.kind not in ("awaited", "async entered", "async iterated"):
                yield call.context, call.span, self.called(call, file, facts)
        for context in facts.contexts:
            if context.scope == scope and context.kind in IMPLIED:
                yield context.parent, context.span, self.implied(context, file, facts)
        for read in reads(self.program.names, file.path, facts):
            if read.scope == scope:
                yield read.context, read.span, self.read(read, file, facts)

    def read(self, read: Read, file: FileFacts, facts: Facts) -> Iterator[Link | Chain]:
        """What the read of a property runs."""
        found = getter(read, self.program.names, file, facts)
        if found is not None:
            function = qualname(facts, facts.scopes[read.scope])
            hop = Hop(file.path, function, -1, facts.slice(read.span), at=read.span)
            yield Link(hop, found[1], (found[0].path, found[0].qualname))

    # --- calls ---------------------------------------------------------------------------------------------

    def called(self, call: Call, file: FileFacts, facts: Facts) -> Iterator[Link | Chain]:
        """What a call runs before it returns."""
        names = self.program.names
        callee = names.callee(call.number, file, facts)
        if callee:
            yield from self._called(callee, call, file, facts)
            return
        for option in alternatives(call.callee, names, file, facts, call.scope):
            yield from self._called(option, call, file, facts)

    def _called(self, callee: Inferred, call: Call, file: FileFacts, facts: Facts) -> Iterator[Link | Chain]:
        value = callee.value
        while isinstance(value, Partial):
            value = value.function
        if isinstance(value, External):
            yield from self._outside(value.name, call, callee, file, facts)
            yield from self._advanced(value.name, call, file, facts)
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
            yield Chain((hop,), name, entry, callee.confidence)

    def _in_package(self, name: str, hop: Hop, callee: Inferred) -> Iterator[Chain]:
        """What a function of an installed package comes to that no table knows."""
        inside = self.program.packages.blocking(name) if self.program.packages else None
        if inside is not None and not coroutines.is_listed(name):
            confidence = weakest(callee.confidence, inside.confidence)
            yield inside._replace(hops=(hop, *inside.hops), confidence=confidence)

    def _function(
        self, function: Function, call: Call, callee: Inferred, file: FileFacts, facts: Facts
    ) -> Iterator[Link]:
        """A plain function runs when it is called; a generator's body where its values are asked for at once."""
        names = self.program.names
        _, home, scope = results.located(names, function)
        if home is None or scope is None or scope.is_async:
            return
        if scope.is_generator and not generators.runs(function, call, names, facts):
            return
        confidence = callee.confidence
        if scope.decorators:
            confidence = weakest(confidence, in_place(names, function))
        hop = self._hop(call, file, facts, function.qualname)
        is_cached = bool(scope.decorators) and runs_once(names, function)
        key = (function.path, function.qualname)
        off = left_off(call, scope, home.scopes[scope.parent])
        is_once = is_cached and not scope.parameters
        yield Link(hop, confidence, key, is_cached, left_off=off, is_once=is_once)

    def _constructed(
        self, cls: Class, call: Call, callee: Inferred, file: FileFacts, facts: Facts
    ) -> Iterator[Link | Chain]:
        names = self.program.names
        for method in ("__new__", "__init__", "__post_init__"):
            found = members.of_class(names, cls, method, Instance(cls))
            if isinstance(found.value, Function):
                yield from self._function(found.value, call, callee, file, facts)
            elif isinstance(found.value, External) and method == "__init__":
                base = found.value.name.rpartition(".")[0]
                yield from self._outside(base, call, callee, file, facts)

    def _advanced(self, name: str, call: Call, file: FileFacts, facts: Facts) -> Iterator[Link]:
        """`next(rows)`, `list(rows)`, where `rows` is the generator that a function of the program gave."""
        if name not in generators.CONSUMERS or not call.arguments:
            return
        given = call.arguments[0]
        function = generators.behind(given.value, self.program.names, file, facts, call.scope)
        if function is not None and not isinstance(given.value, Result):
            hop = self._hop(call, file, facts, function.qualname)
            yield Link(hop, "likely", (function.path, function.qualname))

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
                    yield Link(hop, found.confidence, (defined.path, defined.qualname))
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
        each = each._replace(needs=needs, may_return=each.may_return or bool(returns))
        if once:
            each = each._replace(is_once=True) if isinstance(each, Link) else each.once()
        if not is_conditional(facts, context):
            yield each
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
    """The surest of the direct answers, and of equals the first in the text."""
    return min(ends, key=rank, default=None)


def spelled(name: str, call: Call, facts: Facts) -> str:
    """How the user writes what is called, if that fits on a line; else its dotted name."""
    text = dotted(call.callee) or facts.slice(call.callee_span)
    return text if "\n" not in text and len(text) <= 40 else name
