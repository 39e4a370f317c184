"""Reads that run code on the thread that reads: an attribute a property's getter, `box[key]` and `key in box` a method."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from awaitlens.confidence import Confidence
from awaitlens.program import members, results
from awaitlens.program.facts import Attribute, Constant, Facts, Item, Name, Other, Scope, Term
from awaitlens.program.modules import FileFacts, class_of_self
from awaitlens.program.skim import is_letter
from awaitlens.program.terms import dotted
from awaitlens.program.values import Class, Function, Instance
from awaitlens.source import Span

if TYPE_CHECKING:
    from awaitlens.program.names import Names

_GETTER = Name("property")
_OPERATORS = {"__getitem__": "{}[...]", "__contains__": "in {}"}
"""Methods that operators run, and how a message speaks of it."""


class Read(NamedTuple):
    """A read of an attribute of which some class of the program has a property; `span` is the name with its owner.

    `box[key]` and `key in box` are reads of `box.__getitem__` and `box.__contains__`; then `span` is that of `box`.
    """

    term: Attribute
    scope: int
    context: int
    span: Span

    def spelled(self, facts: Facts) -> str:
        return _OPERATORS.get(self.term.attr, "{}").format(facts.slice(self.span))


def reads(names: Names, path: str, facts: Facts) -> tuple[Read, ...]:
    """The reads of a block that may run a getter, each once in a function. Those of a value nobody takes are left out."""
    return names.memory.about_block(path, facts, "reads", lambda: tuple(_reads(facts, names)), ())


def _reads(facts: Facts, names: Names) -> Iterator[Read]:
    index = names.program.index
    operators = {name for name in _OPERATORS if index.is_plain_somewhere(name)}
    if not operators and not index.may_spell_property(facts.text):
        return
    seen: set[tuple[Term, int]] = set()
    for term, scope, context, span in _places(facts):
        for each in _attributes(term):
            runs = each.attr in operators or index.is_property_somewhere(each.attr)
            if runs and (each, scope) not in seen:
                seen.add((each, scope))
                found = _found_in(each.value if each.attr in _OPERATORS else each, span, facts)
                if found is not None:
                    yield Read(each, scope, context, found)


def getter(
    read: Read, names: Names, file: FileFacts, facts: Facts, receiver: Class | None = None
) -> tuple[Function, Confidence] | None:
    """The function that the read runs, in a method of an object of the class `receiver` if that is known.

    One that keeps its value is none: mostly it was read before.
    """
    owner = names.infer(read.term.value, file, facts, read.scope, read.span)
    through = read.term.value
    if receiver and isinstance(through, Name) and class_of_self(facts, read.scope, through.id):
        owner = owner.holding(Instance(receiver))
    if not isinstance(owner.value, Instance) or not owner.value.cls.path:
        return None
    found = members.of_class(names, owner.value.cls, read.term.attr, owner.value).value
    if not isinstance(found, Function):
        return None
    _, home, scope = results.located(names, found)
    decorators = () if read.term.attr in _OPERATORS else (_GETTER,)
    if (
        home is None
        or scope is None
        or scope.is_async
        or scope.decorators != decorators
        or _keeps(home, scope)
    ):
        return None
    return found, owner.confidence


def _keeps(facts: Facts, scope: Scope) -> bool:
    """Whether a getter writes attributes: then it keeps what it got, and takes its time once."""
    return any(access.scope == scope.number for access in facts.accesses)


def _places(facts: Facts) -> Iterator[tuple[Term, int, int, Span]]:
    """The terms of a block, what is called left out, each with where it stands."""
    for call in facts.calls:
        owner = call.callee.value if isinstance(call.callee, Attribute) else call.callee
        yield owner, call.scope, call.context, call.callee_span
        for argument in call.arguments:
            yield argument.value, call.scope, call.context, argument.span
    for context in facts.contexts:
        for term in context.terms:
            yield term, context.scope, context.parent, context.span
    for binding in facts.bindings:
        if binding.kind in ("assign", "walrus", "augmented"):
            yield binding.value, binding.scope, binding.context, _to_end(binding.span)
    for access in facts.accesses:
        yield access.value, access.scope, access.context, _to_end(access.span)
    for jump in facts.jumps:
        yield jump.value, jump.scope, jump.context, jump.span


def _attributes(term: Term) -> list[Attribute]:
    """The attributes in a term, itself included, outer ones first; operators as reads of what they run."""
    found: list[Attribute] = []
    _collect(term, found)
    return found


def _collect(term: tuple[object, ...], found: list[Attribute]) -> None:
    if isinstance(term, Attribute):
        found.append(term)
    elif isinstance(term, Item) and not _is_position(term.key):
        found.append(Attribute(term.value, "__getitem__"))
    elif isinstance(term, Other) and term.kind in ("Compare.In", "Compare.NotIn"):
        found.append(Attribute(term.parts[-1], "__contains__"))
    for part in term:
        if isinstance(part, tuple):
            _collect(part, found)


def _is_position(key: Term) -> bool:
    """Whether the key is that of a list or tuple, in which to look is quick."""
    return (
        isinstance(key.value, int)
        if isinstance(key, Constant)
        else isinstance(key, Other) and key.kind == "Slice"
    )


def _to_end(span: Span) -> Span:
    """A target and the rest of its line."""
    return Span(span.line, span.column, span.line, sys.maxsize)


def _found_in(term: Term, span: Span, facts: Facts) -> Span | None:
    """Where a dotted name stands in a stretch of text; None where it is written over several lines."""
    name = dotted(term)
    if not name:
        return None
    lines = facts.text.split("\n")
    for number in range(span.line, span.end_line + 1):
        start = span.column if number == span.line else 0
        end = span.end_column if number == span.end_line else len(lines[number])
        found = _find_whole(lines[number], name, start, end)
        if found >= 0:
            return Span(number, found, number, found + len(name))
    return None


def _find_whole(line: str, name: str, start: int, end: int) -> int:
    """Where the dotted name stands in the stretch of a line, not as a part of a longer one; -1 where it does not."""
    at = line.find(name, start, end)
    while at >= 0:
        before, after = line[at - 1 : at], line[at + len(name) : at + len(name) + 1]
        if not (before == "." or is_letter(before) or (is_letter(after) and at + len(name) < end)):
            return at
        at = line.find(name, at + 1, end)
    return -1
