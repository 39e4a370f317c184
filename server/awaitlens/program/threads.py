"""Which threads a function runs on, and the place that brings it there.

A function runs where it is sent (a thread, a pool, a loop's callbacks), where a framework calls it, or where its callers
run. The search goes up from the function through its callers, breadth first, so that the nearest reason is the one told.
What nothing in the program calls or hands over runs nobody knows where: then there is no answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Literal, NamedTuple

from awaitlens.confidence import Confidence, weakest
from awaitlens.knowledge import concurrency
from awaitlens.program import members, results
from awaitlens.program.facts import Attribute, Call, Constant, Facts, Lambda, Name, Result, Scope, Term
from awaitlens.program.index import Mention
from awaitlens.program.memory import LINES
from awaitlens.program.modules import FileFacts, qualname
from awaitlens.program.values import Class, External, Function, Inferred, Partial
from awaitlens.source import Span

if TYPE_CHECKING:
    from awaitlens.program.program import Program

Thread = Literal[
    "event loop", "worker thread", "thread-sensitive worker", "new thread", "process", "module level"
]
"""module level: while the module is imported or run as a script, before any loop runs."""

OFF_THE_LOOP: frozenset[Thread] = frozenset({"worker thread", "thread-sensitive worker", "new thread"})
"""The threads of the loop's own process on which no event loop runs."""

_THREADS: dict[str, Thread] = {
    "loop": "event loop",
    "worker thread": "worker thread",
    "sensitive thread": "thread-sensitive worker",
    "new thread": "new thread",
    "process": "process",
}
_RUN_METHODS: dict[tuple[str, str], Thread] = {
    ("threading.Thread", "run"): "new thread",
    ("multiprocessing.Process", "run"): "process",
    ("multiprocessing.process.BaseProcess", "run"): "process",
}
_MOST = 200


class RunsOn(NamedTuple):
    """One thread a function runs on. `path` and `span` (in that file's coordinates) are the place that says so.

    `words` say in a clause what happens there: "given to asyncio.to_thread()", "called from view()".
    """

    thread: Thread
    path: str
    span: Span
    words: str
    confidence: Confidence = "certain"


class Caller(NamedTuple):
    path: str
    qualname: str
    confidence: Confidence
    is_async: bool = False


def runs_on(program: Program, path: str, name: str) -> tuple[RunsOn, ...]:
    """The threads on which the function runs, each once, the nearest reason first; () when nothing is known."""
    found: dict[Thread, RunsOn] = {}
    for reason in _reasons(program, path, name, _all_said_of):
        found.setdefault(reason.thread, reason)
    return tuple(found.values())


def runs_only_on(program: Program, path: str, name: str, threads: frozenset[Thread]) -> RunsOn | None:
    """The nearest reason why the function runs on one of these threads; None where nobody knows, or another is possible.

    The search ends with the first reason that speaks against it.
    """

    def answer() -> RunsOn | None:
        if "event loop" not in threads and _is_called_on_loop(program, path, name):
            return None
        return _only(_reasons(program, path, name, _said_of), threads)

    return program.names.memory.about_bodies(("runs only on", path, name, threads), answer)


def _is_called_on_loop(program: Program, path: str, name: str) -> bool:
    """Whether an async function calls it: most are found at once, and speak against every other thread."""
    file = program.files.get(path)
    definition = file.definitions.get(name) if file else None
    if file is None or definition is None:
        return False
    facts, scope = file.facts(definition.block), file.scope(definition)
    return any(
        isinstance(caller, Caller) and caller.is_async
        for mention in _calls(program, scope, path, name)
        if mention.facts.has_async
        for caller in _calling(program, mention, path, name, scope, facts)
    )


def _only(reasons: Iterator[RunsOn], threads: frozenset[Thread]) -> RunsOn | None:
    nearest = None
    for reason in reasons:
        if reason.thread not in threads:
            return None
        nearest = nearest or reason
    return nearest


Said = Callable[["Program", str, str], Iterable["RunsOn | Caller"]]


def _reasons(program: Program, path: str, name: str, said_of: Said) -> Iterator[RunsOn]:
    """Every reason that is found going up through the callers, nearer ones first."""
    start = Caller(path, name, "certain")
    waiting, seen = [start], {start[:2]}
    for caller in waiting:
        for each in said_of(program, *caller[:2]):
            if isinstance(each, RunsOn):
                yield each if caller is start else _through(each, caller)
            elif each[:2] not in seen and len(seen) < _MOST:
                seen.add(each[:2])
                other = each._replace(confidence=weakest(caller.confidence, each.confidence))
                if other.is_async:
                    said = said_of(program, *other[:2])
                    yield from (_through(reason, other) for reason in said if isinstance(reason, RunsOn))
                else:
                    waiting.append(other)


def _all_said_of(program: Program, path: str, name: str) -> tuple[RunsOn | Caller, ...]:
    """The same, remembered: for those who want all of it anyway."""
    return program.names.memory.about_bodies(
        ("threads", path, name), lambda: tuple(dict.fromkeys(_said_of(program, path, name)))
    )


def _through(reason: RunsOn, caller: Caller) -> RunsOn:
    if reason.thread == "module level":
        return reason._replace(confidence=weakest(reason.confidence, caller.confidence))
    words = f"called from {caller.qualname.rpartition('.')[2]}()"
    return reason._replace(words=words, confidence=weakest(reason.confidence, caller.confidence))


def _said_of(program: Program, path: str, name: str) -> Iterator[RunsOn | Caller]:
    """What can be said of a function without looking at its callers' callers."""
    file = program.files.get(path)
    definition = file.definitions.get(name) if file else None
    if file is None or definition is None:
        return
    line, facts = file.blocks[definition.block]
    scope = file.scope(definition)
    program.names.memory.rests_on(path, id(facts))
    program.names.memory.rests_on(path, LINES)
    place = scope.name_span.shifted(line)
    if scope.is_async:
        yield RunsOn("event loop", path, place, "an async function")
        return
    yield from _decorated(program, file, facts, scope, place)
    yield from _called_by_framework(program, file, facts, scope, place)
    for mention in program.index.given(scope.name, path, _constructed(name)):
        term = mention.call.arguments[mention.argument].value
        _rest_on(program, mention)
        seen_here = isinstance(term, Lambda) or _may_mean(mention, term, path, scope, facts)
        if seen_here and _is_given(program, mention, path, name):
            yield from _handed_over(program, mention, mention.call)
    for mention in _calls(program, scope, path, name):
        yield from _calling(program, mention, path, name, scope, facts)


def _calling(
    program: Program, mention: Mention, path: str, name: str, scope: Scope, facts: Facts
) -> Iterator[RunsOn | Caller]:
    """What a call says of a function, if it calls that and not a namesake."""
    _rest_on(program, mention)
    if _may_mean(mention, mention.call.callee, path, scope, facts):
        confidence = _confidence_of_call(program, mention, path, name)
        if confidence is not None:
            yield from _called_from(program, mention, confidence)


def _rest_on(program: Program, mention: Mention) -> None:
    program.names.memory.rests_on(mention.file.path, id(mention.facts))
    program.names.memory.rests_on(mention.file.path, LINES)


# --- said where it is defined -------------------------------------------------------------------------------


def _decorated(
    program: Program, file: FileFacts, facts: Facts, scope: Scope, place: Span
) -> Iterator[RunsOn]:
    for decorator in scope.decorators:
        name = results.decorator_name(program.names, decorator, file, facts, scope)
        taker = concurrency.callback(name) if name else None
        entry = concurrency.decorator_entry(name) if name else None
        where = _where(taker.where if taker else entry.sync_where if entry else "", facts.call_of(decorator))
        if where:
            yield RunsOn(where, file.path, place, f"decorated with {name.rpartition('.')[2]}")


def _called_by_framework(
    program: Program, file: FileFacts, facts: Facts, scope: Scope, place: Span
) -> Iterator[RunsOn]:
    outer = facts.scopes[scope.parent]
    if outer.kind == "module":
        entry = concurrency.function_entry(file.module, scope.name)
        where = _where(entry.sync_where if entry else "", None)
        if entry and where:
            yield RunsOn(where, file.path, place, f"called by {entry.framework}")
        return
    if outer.kind != "class":
        return
    owner = qualname(facts, outer)
    for base in members.lineage(program.names, Class(f"{file.module}.{owner}", file.path, owner)):
        thread = _RUN_METHODS.get((base.name, scope.name))
        entry = concurrency.method_entry(base.name, scope.name) if not base.path and not thread else None
        where = thread or _where(entry.sync_where if entry else "", None)
        if where:
            yield RunsOn(where, file.path, place, f"called by {entry.framework if entry else base.name}")
            return


def _where(where: str, adapter: Call | None) -> Thread | None:
    sensitive = adapter.keyword("thread_sensitive") if adapter else None
    if where == "sensitive thread" and sensitive == Constant(False):
        return "worker thread"
    return _THREADS.get(where)


# --- said where it is used ----------------------------------------------------------------------------------


def _may_mean(mention: Mention, term: Term, path: str, scope: Scope, facts: Facts) -> bool:
    """A look at the spelling, which spares most of the resolving: methods have an owner, functions of others an import."""
    imports = mention.file.imports
    if isinstance(term, Name):
        return mention.file.path == path or term.id in imports or "*" in imports
    if facts.scopes[scope.parent].kind == "class":
        return True
    root: Term = term
    while isinstance(root, Attribute):
        root = root.value
    return isinstance(root, Name) and root.id in imports


def _is_given(program: Program, mention: Mention, path: str, name: str) -> bool:
    term = mention.call.arguments[mention.argument].value
    if isinstance(term, Lambda):
        here = mention.facts.scopes[term.scope]
        return mention.file.path == path and qualname(mention.facts, here) == name
    value = program.names.infer(
        term, mention.file, mention.facts, mention.call.scope, mention.call.span
    ).value
    return _is_function(value, path, name)


def _handed_over(program: Program, mention: Mention, call: Call) -> Iterator[RunsOn | Caller]:
    """The function, or a partial of it, is an argument of the call: who runs it?"""
    term = mention.call.arguments[mention.argument].value if call is mention.call else None
    callee = program.names.callee(call.number, mention.file, mention.facts)
    name = callee.value.name if isinstance(callee.value, (External, Class)) else ""
    if name == "functools.partial" and call.usage.kind == "argument":
        outer = mention.facts.calls[call.usage.call]
        yield from _taken(program, mention, outer, Result(call.number))
    elif term is not None and name:
        yield from _taken(program, mention, call, term)


def _taken(program: Program, mention: Mention, call: Call, term: Term) -> Iterator[RunsOn | Caller]:
    callee = program.names.callee(call.number, mention.file, mention.facts)
    name = callee.value.name if isinstance(callee.value, (External, Class)) else ""
    taker = concurrency.callback(name) if name else None
    entry = concurrency.argument_entry(name) if name and taker is None else None
    position, keyword = (taker.position, taker.keyword) if taker else (entry.position if entry else -1, "")
    argument = call.argument(position, keyword) if taker or entry else None
    if argument is None or argument.value != term:
        return
    where = taker.where if taker else entry.sync_where if entry else ""
    thread = _where(where, call)
    if thread:
        place = _place(mention.file, mention.facts, call)
        yield RunsOn(thread, mention.file.path, place, f"given to {_short(name)}()", callee.confidence)
    elif where == "caller":
        yield from _called_from(program, mention._replace(call=call), callee.confidence)


def _short(name: str) -> str:
    """How people say it: "asyncio.to_thread", and "sync_to_async" for what lies deeper than its package."""
    parts = name.split(".")
    return name if len(parts) == 2 and not parts[0][:1].isupper() else parts[-1]


def _calls(program: Program, scope: Scope, path: str, name: str) -> Iterator[Mention]:
    """The calls that may call the function: of its name, or of its class for a constructor."""
    owner = _constructed(name)
    if owner:
        yield from program.index.called(owner, path)
    yield from program.index.called(scope.name, path, owner)


def _constructed(name: str) -> str:
    """The last name of the class that a function is the constructor of; "" for any other function."""
    owner, _, last = name.rpartition(".")
    return owner.rpartition(".")[2] if last == "__init__" else ""


def _confidence_of_call(program: Program, mention: Mention, path: str, name: str) -> Confidence | None:
    callee: Inferred = program.names.callee(mention.call.number, mention.file, mention.facts)
    value = callee.value
    if isinstance(value, Class) and (value.path, f"{value.qualname}.__init__") == (path, name):
        return callee.confidence
    return callee.confidence if _is_function(value, path, name) else None


def _is_function(value: object, path: str, name: str) -> bool:
    while isinstance(value, Partial):
        value = value.function
    return isinstance(value, Function) and (value.path, value.qualname) == (path, name)


def _called_from(program: Program, mention: Mention, confidence: Confidence) -> Iterator[RunsOn | Caller]:
    """The function runs where the call stands."""
    file, facts, call = mention.file, mention.facts, mention.call
    scope = facts.scopes[call.scope]
    while scope.kind == "class":
        scope = facts.scopes[scope.parent] if scope.parent >= 0 else facts.scopes[0]
        if scope.number == 0:
            break
    if scope.kind == "function":
        yield Caller(file.path, qualname(facts, scope), confidence, scope.is_async)
    elif scope.kind == "lambda":
        for outer in facts.calls:
            if any(argument.value == Lambda(scope.number) for argument in outer.arguments):
                yield from _taken(program, mention, outer, Lambda(scope.number))
    else:
        where = _place(file, facts, call)
        yield RunsOn("module level", file.path, where, "called at module level", confidence)


def _place(file: FileFacts, facts: Facts, call: Call) -> Span:
    for line, block in file.blocks:
        if block is facts:
            return call.callee_span.shifted(line)
    return call.callee_span
