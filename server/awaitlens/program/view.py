"""What one block may ask about the whole program.

A pitfall gets a View bound to the block it looks at, and every question goes through it: what a call really calls,
what colour that is, what type a receiver has, whether a call blocks.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast

from awaitlens.confidence import Confidence
from awaitlens.knowledge import coroutines, django
from awaitlens.program import lookups, members, namesakes, parameters, protocols, results, threads
from awaitlens.program.asked import asks_for_callee
from awaitlens.program.callgraph import IMPLIED
from awaitlens.program.chains import Chain, Hop, Link, Question
from awaitlens.program.dispatch import key_of
from awaitlens.program.facts import Attribute, Call, Context, Facts, Name, Result, Scope, Term, Usage
from awaitlens.program.giving import GIVES_PLAINLY, NEVER_AWAITABLE, gives_nothing
from awaitlens.program.memory import OfFlows
from awaitlens.program.modules import FileFacts, qualname
from awaitlens.program.reads import Read, reads
from awaitlens.program.surroundings import Surroundings
from awaitlens.program.target import UNKNOWN_TARGET as UNKNOWN_TARGET
from awaitlens.program.target import Colour as Colour
from awaitlens.program.target import Target as Target
from awaitlens.program.target import external_target, target_by_name, unless_plain
from awaitlens.program.values import (
    Adapted,
    Class,
    Coroutine,
    External,
    Function,
    Inferred,
    Instance,
    Manager,
    Module,
    Partial,
    Value,
)
from awaitlens.source import Span

if TYPE_CHECKING:
    from awaitlens.program.program import Program

T = TypeVar("T")
_RENAMING = frozenset({"assign", "walrus", "for", "with"})


class View(Surroundings):
    """The program as seen from one block of one file."""

    def __init__(self, program: Program, file: FileFacts, facts: Facts) -> None:
        super().__init__(program, file, facts)
        self._targets: dict[int, Target] = {}
        self._run_by: dict[int, tuple[Link | Chain, ...]] = {}
        self._chains: dict[tuple[Question, int], Chain | None] = {}
        self._statements: dict[int, Chain | None] = {}
        self._shared: dict[Hashable, Any] = {}

    def of(self, file: FileFacts, facts: Facts) -> View:
        """The program as seen from another block."""
        return View(self._program, file, facts)

    def once(self, question: Callable[[Facts, View], Iterable[T]], facts: Facts) -> tuple[T, ...]:
        """The answers to a question that several pitfalls ask about this block, worked out for the first of them."""
        return self.kept(facts, question, lambda: tuple(question(facts, self)))

    def kept(self, facts: Facts, key: Hashable, work_out: Callable[[], T]) -> T:
        """An answer about this block, worked out once, or until its flows change; one about another block is not kept."""
        if facts is not self._facts:
            return work_out()
        if key not in self._shared:
            memory = self._names.memory
            self._shared[key] = (
                memory.resting_on_names(self.path, facts, key, work_out)
                if isinstance(key, OfFlows)
                else work_out()
            )
        return cast(T, self._shared[key])

    def forget(self) -> None:
        """Drop the answers that were kept: some of them hold on to the view, and would go only with the next search for
        garbage."""
        self._shared.clear()

    # --- calls ---------------------------------------------------------------------------------------------

    def target(self, call: Call) -> Target:
        """What the call calls; where nothing is known of it, what its words tell, or UNKNOWN_TARGET."""
        found = self._targets.get(call.number)
        if found is None:
            callee = self._names.callee(call.number, self._file, self._facts)
            if not isinstance(call.callee, Attribute):
                callee = lookups.settled(self._names, callee, call, self._file, self._facts)
            known = self._target(callee, call)
            if known.colour == "async" and not self._facts.scopes[call.scope].is_async:
                known = unless_plain(known)
            found = target_by_name(call.callee) if known.colour == "unknown" else None
            found = self._targets[call.number] = found or known
        return found

    def may_be_named(self, term: Term, is_wanted: Callable[[str], bool]) -> bool:
        """Whether what a term stands for may bear a name that is wanted: it is spelled so, or by a name given in this file.

        A cheap question before `target`. Attributes are taken to be called by the names they have elsewhere.
        """
        if isinstance(term, Attribute):
            return is_wanted(term.attr)
        if not isinstance(term, Name) or is_wanted(term.id):
            return True
        name = term.id
        if any(binding.name == name and binding.kind in _RENAMING for binding in self._facts.bindings):
            return True
        if any(is_wanted(each.item.symbol) for each in self._file.imports.get(name, ())):
            return True
        return any(member.binding.kind in _RENAMING for member in self._file.globals.get(name, ()))

    def _target(self, callee: Inferred, call: Call | None) -> Target:
        value = callee.value
        while isinstance(value, Partial):
            value = value.function
        if isinstance(value, External):
            return external_target(value.name, self._names, callee.confidence)
        if isinstance(value, Class):
            return Target(value.name, "sync", value.path, value.qualname, callee.confidence)
        if isinstance(value, Adapted):
            inner = value.function
            where = (inner.path, inner.qualname) if isinstance(inner, Function) else ("", "")
            return Target(
                value.adapter, "async" if value.colour == "async" else "sync", *where, callee.confidence
            )
        if isinstance(value, Instance):
            value = members.of_class(self._names, value.cls, "__call__", value).value
        if isinstance(value, Function) and call is not None:
            given = results.called(self._names, callee, call, self._file, self._facts)
            confidence = given.confidence if isinstance(given.value, Coroutine) else callee.confidence
            return Target(value.name, self._colour(value, given), value.path, value.qualname, confidence)
        return UNKNOWN_TARGET

    def _colour(self, function: Function, given: Inferred) -> Colour:
        if isinstance(given.value, Coroutine):
            return "async"
        if isinstance(given.value, Manager):
            return "async manager" if given.value.is_async else "sync"
        _, _, scope = results.located(self._names, function)
        if scope is not None and scope.is_async and scope.is_generator:
            return "async generator"
        return "sync" if scope is not None else "unknown"

    def callable(self, term: Term, scope: int, at: Span | None = None) -> Target:
        """What calling the term would call: for functions that are handed over uncalled."""
        found = self._names.infer(term, self._file, self._facts, scope, at)
        value = found.value
        while isinstance(value, Partial):
            value = value.function
        if isinstance(value, Function):
            given = results.function_called(self._names, value)
            return Target(
                value.name, self._colour(value, given), value.path, value.qualname, found.confidence
            )
        return self._target(found.holding(value), None)

    def blocking(self, call: Call) -> Chain | None:
        """Whether the call blocks the thread it stands on: directly, or through functions of the program."""
        return self._comes_to(call, "blocks")

    def comes_to_query(self, call: Call) -> Chain | None:
        """Whether the call uses Django's database on the thread it stands on, and how."""
        return self._comes_to(call, "queries")

    def _comes_to(self, call: Call, question: Question) -> Chain | None:
        summaries = self._program.summaries
        if call.usage is not self._facts.calls[call.number].usage:
            return summaries.of_call(call, self._file, self._facts, question)
        found = self._run_by.get(call.number)
        if found is None:
            found = self._run_by[call.number] = summaries.run_by(call, self._file, self._facts)
        if not found:
            return None
        key = question, call.number
        if key not in self._chains:
            self._chains[key] = summaries.best(found, question)
        return self._chains[key]

    def statement_blocks(self, context: Context) -> Chain | None:
        """Whether a `with` or `for` blocks by what it runs without saying so: `__enter__`, `__exit__`, a generator."""
        if context.kind not in IMPLIED:
            return None
        if context.number not in self._statements:
            chain = self._program.summaries.of_statement(context, self._file, self._facts)
            self._statements[context.number] = chain
        return self._statements[context.number]

    def property_reads(self) -> tuple[Read, ...]:
        """The reads of attributes of this block that may run a property's getter."""
        return reads(self._names, self.path, self._facts)

    def read_blocks(self, read: Read) -> Chain | None:
        """Whether the read of a property blocks, and how."""
        summaries = self._program.summaries
        return summaries.best(summaries.graph.read(read, self._file, self._facts), "blocks")

    def blocks_when_run(self, function: Term, scope: int, at: Span | None = None) -> Chain | None:
        """Whether a function that is handed over (not called here) blocks the thread that runs it, and how."""
        value = self.infer(function, scope, at).value
        while isinstance(value, Partial):
            value = value.function
        if isinstance(value, Function):
            return self._program.summaries.of(key_of(self._names, value))
        return None

    def would_block(self, call: Call) -> bool:
        """Whether the call blocks when it is made, whatever is done with its value."""
        return self.blocking(call._replace(usage=Usage("dropped"))) is not None

    def gives_no_awaitable(self, call: Call) -> Confidence | None:
        """How surely the value of the call cannot be awaited; None where it may be."""
        target = self.target(call)
        if target.colour == "async" or asks_for_callee(call, self._facts) or self._may_be_async(call, target):
            return None
        if self.is_any_callable(call):
            return None
        given = self.infer(Result(call.number), call.scope)
        if isinstance(given.value, Instance):
            known = given.value.cls.name in NEVER_AWAITABLE and not self._is_inherited(call, target)
            return given.confidence if known and not self._returns_coroutine(target) else None
        if target.path:
            return target.confidence if self.of_definition(target, gives_nothing) else None
        return (
            target.confidence
            if target.colour in ("sync", "unknown") and target.name in GIVES_PLAINLY
            else None
        )

    def is_any_callable(self, call: Call) -> bool:
        """Whether an annotation alone tells what the call gives: `Callable[..., bool]`. What is put there may give more."""
        callee = self.infer(call.callee, call.scope).value
        return isinstance(callee, Instance) and callee.cls.name == "collections.abc.Callable"

    def _may_be_async(self, call: Call, target: Target) -> bool:
        """Whether the class of the receiver is only a guess, as of `given or Client()`, and another one in the program has an
        async method of that name."""
        if target.confidence == "certain" or not target.path or not isinstance(call.callee, Attribute):
            return False
        return namesakes.has_coroutine_namesake(self._program, call.callee.attr)

    def _returns_coroutine(self, target: Target) -> bool:
        """Whether a function of the program returns a coroutine, whatever its annotation says."""
        function = Function(target.name, target.path, target.qualname)
        return bool(target.path) and results.returns_coroutine(self._names, function)

    def _is_inherited(self, call: Call, target: Target) -> bool:
        """Whether a class of the program has the method from outside, where it may rest on one that the class replaces."""
        if target.path or not isinstance(call.callee, Attribute):
            return False
        owner = self.infer(call.callee.value, call.scope, call.span).value
        return isinstance(owner, Instance) and bool(owner.cls.path)

    def never_awaitable(self, target: Target) -> bool:
        """Whether what a function of the program gives, when called, surely cannot be awaited."""
        is_plain = target.colour == "sync" and target.path and self.of_definition(target, _is_undecorated)
        if not is_plain:
            return False
        given = results.function_called(
            self._names, Function(target.name, target.path, target.qualname)
        ).value
        return bool(self.of_definition(target, gives_nothing)) or (
            isinstance(given, Instance) and given.cls.name in NEVER_AWAITABLE
        )

    def takes_plain_value(self, call: Call, argument: str) -> bool:
        """Whether the called function's annotation rules out that it awaits this argument (keyword, or position as text)."""
        return parameters.takes_plain_value(self._names, call, argument, self._file, self._facts)

    def is_overridden_otherwise(self, target: Target) -> bool:
        """Whether a subclass in the program has a method of the target's name and another colour."""
        return namesakes.overridden_otherwise(
            self._program, target.path, target.qualname, target.colour == "async"
        )

    def runs_on(self, scope: int) -> tuple[threads.RunsOn, ...]:
        """The threads on which a function of this block runs, each with the place that says so; () when nobody knows."""
        name = self._function_around(scope)
        return threads.runs_on(self._program, self.path, name) if name else ()

    def runs_only_on(self, scope: int, allowed: frozenset[threads.Thread]) -> threads.RunsOn | None:
        """The nearest reason why a function of this block runs on these threads alone; None where that is not known."""
        name = self._function_around(scope)
        return threads.runs_only_on(self._program, self.path, name, allowed) if name else None

    def _function_around(self, scope: int) -> str:
        here = self._facts.scopes[scope]
        while here.kind == "lambda":
            here = self._facts.scopes[here.parent]
        return qualname(self._facts, here) if here.kind == "function" else ""

    def is_unknown(self, call: Call) -> bool:
        """Whether nothing is known of what the call calls."""
        return not self._names.callee(call.number, self._file, self._facts)

    def is_async_somewhere(self, name: str) -> bool:
        """Whether some function of that name in the program is async: a cheap question before a dear one."""
        return self._program.index.is_async_somewhere(name)

    def is_plain_somewhere(self, name: str) -> bool:
        """Whether some function of that name in the program is not async: another cheap question."""
        return self._program.index.is_plain_somewhere(name)

    def classes_with_async(self, name: str) -> tuple[str, ...]:
        """The names of the classes with a method of that name, if every function of that name is async; else ()."""
        return namesakes.classes_with_async(self._program, name)

    def assigns_attribute(self, attribute: str, scope: int) -> bool:
        """Whether the class around a method assigns `self.attribute` in any of its methods."""
        return attribute in self._file.attributes.get(self.owner_of(scope), {})

    def queries(self, function: Term, scope: int, at: Span | None = None) -> Chain | None:
        """Whether a function that is handed over (not called here) uses Django's database, and how: no hops for a query."""
        found = self.infer(function, scope, at)
        value: Value = found.value
        while isinstance(value, (Partial, Adapted)):
            value = value.function
        if isinstance(value, Function):
            return self._program.summaries.of(key_of(self._names, value), "queries")
        name = value.name if isinstance(value, External) else ""
        is_query = name.startswith("django.db.") and django.reaction(name) == "raises"
        return Chain((), name, None, found.confidence) if is_query else None

    def call_of_hop(self, hop: Hop) -> Call:
        """The call that a hop of a Chain stands for, if it is one."""
        file = self._program.files[hop.path]
        facts = file.facts(file.definitions[hop.qualname].block)
        self._names.memory.rests_on(hop.path, id(facts))
        return facts.calls[hop.call]

    def hop_span(self, hop: Hop) -> Span:
        """Where a hop of a Chain stands, in the coordinates of its file."""
        packages = self._program.packages
        file = self._program.files.get(hop.path) or (packages.file(hop.path) if packages else None)
        if file is None or not hop.qualname:
            return Span(0, 0, 0, 0)
        line, facts = file.blocks[file.definitions[hop.qualname].block]
        self._names.memory.rests_on(hop.path, id(facts))
        if hop.at is not None:
            return hop.at.shifted(line)
        if hop.call < 0:
            return facts.contexts[hop.context].span.shifted(line)
        return facts.calls[hop.call].callee_span.shifted(line)

    # --- values --------------------------------------------------------------------------------------------

    def name_of(self, term: Term, scope: int, at: Span | None = None) -> str:
        """The dotted canonical name of the function, class or module a term stands for; "" if unknown."""
        value = self.infer(term, scope, at).value
        return value.name if isinstance(value, (External, Class, Function, Module)) else ""

    def type_of(self, term: Term, scope: int, at: Span | None = None) -> str:
        """The dotted canonical name of the class a term's value is an instance of; "" if unknown."""
        value = self.infer(term, scope, at).value
        return value.cls.name if isinstance(value, Instance) else ""

    def is_property(self, term: Attribute, scope: int, at: Span | None = None) -> bool:
        """Whether reading the attribute runs a property of the object's class."""
        owner = self.infer(term.value, scope, at).value
        if not isinstance(owner, Instance):
            return False
        found = members.of_class(self._names, owner.cls, term.attr, owner).value
        return isinstance(found, Function) and results.is_property(self._names, found)

    def protocol(
        self, statement: Literal["with", "for"], term: Term, scope: int, at: Span | None = None
    ) -> tuple[coroutines.Protocol, Confidence]:
        """Which form of the statement a term's value supports ("async" for `async with` alone), and how surely."""
        call = self._facts.call_of(term)
        if statement == "for" and call is not None and self.target(call).name in protocols.ITERABLES:
            return "sync", "certain"
        return protocols.protocol_of(self._names, statement, self.infer(term, scope, at))

    def may_have(self, cls: Class, name: str) -> bool:
        """Whether a class of the program gives its objects the method, or a base that is not known may do so."""
        found = members.of_class(self._names, cls, name, Instance(cls)).value
        return isinstance(found, Function) or (bool(cls.path) and members.has_unknown_base(self._names, cls))

    def waits_when_entered(self, term: Term, scope: int, at: Span | None = None) -> bool:
        """Whether the term's value has both forms of `with`, and awaits something in the async one."""
        value = self.infer(term, scope, at).value
        return isinstance(value, Instance) and protocols.waits_when_entered(self._names, value.cls)

    def is_coroutine(self, term: Term, scope: int, at: Span | None = None) -> bool:
        """Whether the term's value is surely a coroutine object that nobody has awaited."""
        found = self.infer(term, scope, at)
        return isinstance(found.value, Coroutine) and found.confidence != "possible"


def _is_undecorated(facts: Facts, scope: Scope) -> bool:
    return scope.kind == "function" and not scope.decorators
