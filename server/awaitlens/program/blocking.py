"""Which calls hold up the event loop from the function they stand in, and which pitfall speaks of each.

One pitfall per place: `time.sleep` is blocking-sleep's, what Django's tables know is orm-call-in-async's and
sync-django-api-in-async's, a second loop is nested-event-loop's, a lock held over an await sync-lock-across-await's, a
call made where its function was to be handed to a thread thread-offload-called-eagerly's. The rest is told apart here
by what is waited for. A call of the program's own function that comes to one of these is blocking-call-chain's.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from awaitlens.confidence import Confidence, weakest
from awaitlens.knowledge import concurrency, django, types
from awaitlens.knowledge.blocking import BlockingCall
from awaitlens.program.callgraph import spelled
from awaitlens.program.chains import Chain
from awaitlens.program.facts import Attribute, Call, Context, Facts, Name, Result, Scope, last_name
from awaitlens.program.giving import NEVER_AWAITABLE
from awaitlens.program.reads import Read
from awaitlens.program.started import runs_alone
from awaitlens.program.testfiles import is_test
from awaitlens.program.values import Instance
from awaitlens.program.view import View
from awaitlens.program.waits import ANSWERS_AT_ONCE, certainty
from awaitlens.source import Span

HTTP = frozenset({"http", "cloud", "grpc"})
SUBPROCESSES = frozenset({"subprocess", "process-wait"})
FILES = frozenset({"file", "path"})
PEOPLE = frozenset({"stdin"})
STORES = frozenset({"db", "cache", "mq"})
THREADS = frozenset({"lock", "queue", "future", "executor", "thread", "mp", "scheduler"})
NETWORK = frozenset({"socket", "dns", "tls", "mail", "ssh", "ldap"})
COMPUTATION = frozenset({"cpu"})
SLEEP = frozenset({"sleep"})
DIRECT = frozenset().union(HTTP, SUBPROCESSES, FILES, PEOPLE, STORES, THREADS, NETWORK, COMPUTATION)


class Blocked(NamedTuple):
    """A place in a function of the loop that blocks by itself. `name` is how the user spells what it calls."""

    span: Span
    function: Scope
    row: BlockingCall
    name: str
    confidence: Confidence

    @property
    def message(self) -> str:
        return f"{self.name} blocks the event loop: it {self.row.reason}"


def direct(facts: Facts, view: View, categories: frozenset[str]) -> Iterator[Blocked]:
    """The places in async functions that block by themselves, by what they wait for."""
    return (found for found in view.once(blocked, facts) if found.row.category in categories)


def blocked(facts: Facts, view: View) -> Iterator[Blocked]:
    """All such places."""
    if not is_test(view):
        for function in facts.async_functions():
            yield from blocked_in(function, facts, view)


def blocked_in(
    function: Scope, facts: Facts, view: View, categories: frozenset[str] = DIRECT
) -> Iterator[Blocked]:
    """The calls and `with` statements of one function that block by themselves."""
    for found in _direct_in(function, facts, view, categories):
        if not runs_alone(found.span, function, facts, view):
            yield found


def _direct_in(function: Scope, facts: Facts, view: View, categories: frozenset[str]) -> Iterator[Blocked]:
    for call in facts.calls_in(function.number):
        row, chain = _row(view.blocking(call), categories)
        if row is None or chain is None or _is_offloaded_beside(call, facts):
            continue
        if not is_eager(call, facts, view):
            name = f"{spelled(chain.name, call, facts)}()"
            yield Blocked(call.span, function, row, name, weakest(chain.confidence, certainty(row)))
    for context in facts.contexts:
        if context.scope == function.number:
            row, chain = _row(view.statement_blocks(context), categories)
            if row is None or chain is None or _is_over(context, facts):
                continue
            if row.category != "executor" or not _waits_inside(context, facts):
                name = _statement(chain.hops[0].name)
                confidence = weakest(chain.confidence, certainty(row))
                yield Blocked(_manager(context, facts), function, row, name, confidence)


def _row(chain: Chain | None, categories: frozenset[str]) -> tuple[BlockingCall | None, Chain | None]:
    """What the tables say of something that blocks by itself, if it is of one of the kinds asked for."""
    row = chain.blocking if chain is not None and len(chain.hops) == 1 else None
    return (row, chain) if row is not None and row.category in categories else (None, None)


def _waits_inside(context: Context, facts: Facts) -> bool:
    """Whether the body awaits: then what leaving the pool would wait for is mostly done."""
    return any(context in facts.enclosing(suspension.context) for suspension in facts.suspensions)


def _manager(context: Context, facts: Facts) -> Span:
    call = facts.call_of(context.terms[0]) if len(context.terms) == 1 else None
    return call.span if call is not None else context.span


# --- what returns at once, or is no matter ------------------------------------------------------------------


def _is_offloaded_beside(call: Call, facts: Facts) -> bool:
    """`pack(data) if small else await to_thread(pack, data)`: the function knows which call is worth a thread."""
    if not isinstance(call.callee, (Name, Attribute)):
        return False
    beside = [
        other
        for other in facts.calls_in(call.scope)
        if other.usage.kind == "awaited" and any(a.value == call.callee for a in other.arguments)
    ]
    return any(_is_branch(facts, place.context) for place in (call, *beside)) if beside else False


def _is_branch(facts: Facts, context: int) -> bool:
    return any(outer.kind in ("if", "else", "case", "operand") for outer in facts.enclosing(context))


def _asked_by_caller(chain: Chain, function: Scope, facts: Facts, view: View) -> bool:
    """Whether the caller of the method that waits has asked before: `while self.jobs.empty(): await more`."""
    asked = ANSWERS_AT_ONCE.get(chain.blocking.category, frozenset()) if chain.blocking else frozenset()
    hop = chain.hops[-1]
    if not asked or hop.call < 0:
        return False
    waiting = view.call_of_hop(hop).callee
    if not isinstance(waiting, Attribute) or not isinstance(waiting.value, Attribute):
        return False
    questions = {Attribute(waiting.value, method) for method in asked}
    return any(call.callee in questions for call in facts.calls_in(function.number))


def _is_over(context: Context, facts: Facts) -> bool:
    """`with self.process` after `self.process.poll()`: the process has ended, and the `with` tidies up."""
    asked = {Attribute(term, "poll") for term in context.terms if isinstance(term, (Name, Attribute))}
    return any(
        call.callee in asked and call.span.line < context.span.line for call in facts.calls_in(context.scope)
    )


# --- functions handed over ----------------------------------------------------------------------------------


def is_eager(call: Call, facts: Facts, view: View) -> bool:
    """Whether the call stands where a function is to be handed to a thread: `to_thread(f())`."""
    if call.usage.kind != "argument":
        return False
    taker = facts.calls[call.usage.call]
    if last_name(taker.callee) not in concurrency.takers():
        return False
    callback = concurrency.callback(view.target(taker).name)
    if callback is None or not callback.off_the_loop:
        return False
    return call.usage.name in (str(callback.position), callback.keyword)


# --- chains -------------------------------------------------------------------------------------------------


class Reached(NamedTuple):
    """A call of the program's own functions that comes to something. `proof` holds spans, words and paths ("" here)."""

    span: Span
    message: str
    confidence: Confidence
    proof: tuple[tuple[Span, str, str], ...]
    chain: Chain


def reached(place: Call | Context | Read, function: Scope, facts: Facts, view: View) -> Reached | None:
    """Whether a call, statement or read blocks, or queries the database, through functions of the program, and how."""
    chain = view.comes_to_query(place) if isinstance(place, Call) else None
    if chain is None or len(chain.hops) < 2:
        chain = _blocks(place, view)
        if chain is None or (len(chain.hops) < 2 and chain.blocking is not None):
            return None
    if isinstance(place, Call) and (is_eager(place, facts, view) or _is_offloaded_beside(place, facts)):
        return None
    if chain.blocking is not None and (
        _asked_by_caller(chain, function, facts, view) or runs_alone(place.span, function, facts, view)
    ):
        return None
    confidence = weakest(chain.confidence, certainty(chain.blocking) if chain.blocking else "certain")
    span = _manager(place, facts) if isinstance(place, Context) else place.span
    here = place.callee_span if isinstance(place, Call) else span
    proof = tuple(_proof(chain, here, function, view))
    return Reached(span, f"{_claim(chain)}: {way(chain)}", confidence, proof, chain)


def _blocks(place: Call | Context | Read, view: View) -> Chain | None:
    if isinstance(place, Read):
        return view.read_blocks(place)
    return view.blocking(place) if isinstance(place, Call) else view.statement_blocks(place)


def _claim(chain: Chain) -> str:
    name = chain.hops[0].name
    subject = (
        f"reading {name}"
        if chain.hops[0].at is not None and not name.startswith("in ")
        else _statement(name) or (f"`{name}()`" if " " in name else f"{name}()")
    )
    if chain.name.startswith("django.") and django.reaction(chain.name) == "raises":
        return f"{subject} {'can raise' if chain.is_sometimes else 'raises'} SynchronousOnlyOperation in async code"
    return f"{subject} {'can block' if chain.is_sometimes else 'blocks'} the event loop"


def _statement(name: str) -> str:
    """How a message speaks of a `with` or `for`; "" for the name of a call."""
    return (
        f"`{name}`" if name.startswith(("with ", "for ", "in ")) else name if name.startswith("this ") else ""
    )


def way(chain: Chain) -> str:
    """The functions on the way and the call at its end: "load > Client.fetch > requests.get"."""
    if len(chain.hops) == 1:
        return "it is marked as blocking"
    names = [chain.hops[0].name, *(_short(hop.qualname) for hop in chain.hops[2:]), _end(chain)]
    if len(names) > 6:
        names = [*names[:2], "...", *names[-3:]]
    return " > ".join(names)


def _end(chain: Chain) -> str:
    """What waits: by its library's name, which says most; a query as the user writes it, who never wrote QuerySet."""
    return chain.hops[-1].name if chain.name.startswith("django.db.models.") else chain.name


def _short(qualname: str) -> str:
    """A function as people call it: without the function it stands in, a constructor by its class."""
    return qualname.rpartition("<locals>.")[2].removesuffix(".__init__")


def _proof(chain: Chain, here: Span, function: Scope, view: View) -> Iterator[tuple[Span, str, str]]:
    last = len(chain.hops) - 1
    for number, hop in enumerate(chain.hops):
        caller = function.name if number == 0 else _short(hop.qualname)
        called = f"{_end(chain)}()" if number == last else f"{_short(chain.hops[number + 1].qualname)}()"
        why = f", which {chain.blocking.reason}" if number == last and chain.blocking else ""
        words = f"{caller}() calls {called}{why}"
        yield (here, words, "") if number == 0 else (view.hop_span(hop), words, hop.path)


def own_functions(facts: Facts, view: View) -> Iterator[tuple[Scope, Call | Context | Read]]:
    """Every call, `with` and `for` of the async functions of a block, and every read that may run a getter."""
    for read in view.property_reads() if facts.has_async else ():
        if facts.scopes[read.scope].is_async:
            yield facts.scopes[read.scope], read
    for function in facts.async_functions():
        for call in facts.calls_in(function.number):
            yield function, call
        for context in facts.contexts:
            if context.scope == function.number:
                yield function, context


# --- functions that the loop calls --------------------------------------------------------------------------


def runs_on_loop(function: Scope, view: View) -> str:
    """Who calls a plain function on the event loop's thread, in words; "" where nobody is known to."""
    if function.kind != "function" or function.is_async:
        return ""
    for base in view.class_lineage(function.number) if _methods_on_loop(function.name) else ():
        entry = concurrency.method_entry(base, function.name)
        if entry is not None:
            return f"{entry.framework} calls" if entry.sync_where == "loop" else ""
    for name in view.decorator_names(function.number) if function.decorators else ():
        entry = concurrency.decorator_entry(name) if name else None
        if entry is not None and entry.sync_where == "loop":
            return f"{entry.framework} calls"
    return ""


@lru_cache(maxsize=4096)
def _methods_on_loop(name: str) -> bool:
    """Whether some framework calls plain methods of that name on the loop."""
    entries = (e for e in concurrency.entry_points() if e.how == "method" and e.sync_where == "loop")
    return any(entry.takes(name) for entry in entries)


def handed(call: Call, facts: Facts, view: View) -> Reached | None:
    """What becomes of the loop that `loop.call_soon(f)` gives a function that blocks."""
    if last_name(call.callee) not in concurrency.takers():
        return None
    callback = concurrency.callback(view.target(call).name)
    if callback is None or callback.where != "loop" or callback.coroutines == "run":
        return None
    argument = call.argument(callback.position, callback.keyword)
    chain = view.blocks_when_run(argument.value, call.scope, argument.span) if argument else None
    if argument is None or chain is None:
        return None
    text = facts.slice(argument.span)
    name = text if "\n" not in text and len(text) <= 40 and "lambda" not in text else "this function"
    name = f"{name}()" if name.replace(".", "").isidentifier() else name
    names = [name.removesuffix("()"), *(_short(hop.qualname) for hop in chain.hops[1:])]
    names += [_end(chain)] if chain.hops else []
    confidence = weakest(chain.confidence, certainty(chain.blocking) if chain.blocking else "certain")
    proof = [(argument.span, f"{callback.name.rpartition('.')[2]}() has the loop call {name}", "")]
    proof += [
        (view.hop_span(hop), f"{_short(hop.qualname)}() calls {called}()", hop.path)
        for hop, called in zip(chain.hops, [*(_short(h.qualname) for h in chain.hops[1:]), _end(chain)])
    ]
    blocks = "can block" if chain.is_sometimes else "blocks"
    way = f": {' > '.join(names)}" if chain.hops else ""
    message = f"{name} {blocks} the event loop, which runs it{way}"
    return Reached(argument.span, message, confidence, tuple(proof), chain)


_CALLABLE = frozenset(
    {"functools.partial", "type", "types.FunctionType", "types.MethodType", "types.LambdaType", "operator.itemgetter",
     "operator.attrgetter", "operator.methodcaller", "collections.abc.Callable", "typing.Callable", "object"}
)  # fmt: skip


def gives_no_function(call: Call, view: View) -> Confidence | None:
    """How surely what the call gives cannot be called; None where it may be a function."""
    if view.target(call).colour == "async" or view.is_any_callable(call):
        return None
    given = view.infer(Result(call.number), call.scope)
    if isinstance(given.value, Instance):
        cls = given.value.cls
        known = (
            bool(cls.path) or types.is_class(cls.name) or cls.name in NEVER_AWAITABLE or "." not in cls.name
        )
        callable_there = view.may_have(cls, "__call__") or cls.name in _CALLABLE
        return (
            weakest(given.confidence, "likely")
            if (known or ".models." in cls.name) and not callable_there
            else None
        )
    return view.gives_no_awaitable(call)
