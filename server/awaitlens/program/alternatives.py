"""What a term may stand for where the code itself names several: `Duck(q) if quick else Goose(q)`, or one per branch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from awaitlens.program import lookups, members, results
from awaitlens.program.facts import Attribute, Either, Facts, Item, Name, Result, Term
from awaitlens.program.modules import FileFacts
from awaitlens.program.reaching import reaching_at
from awaitlens.program.values import Inferred
from awaitlens.source import Span

if TYPE_CHECKING:
    from awaitlens.program.names import Names

_MOST = 6


def alternatives(
    term: Term,
    names: Names,
    file: FileFacts,
    facts: Facts,
    scope: int,
    at: Span | None = None,
    depth: int = 3,
) -> Iterator[Inferred]:
    """The values that are plain to see, each "likely"; nothing where the term's one value is known already.

    `at` is where the term is read. `depth` counts the names still followed: `query = query.join(t) if t else query` would lead round in circles.
    """
    if depth < 0:
        return
    if isinstance(term, (Item, Result)):
        for held in lookups.options(names, term, file, facts, scope):
            yield held.because_of("likely")
    if isinstance(term, Either):
        for option in term.options[:_MOST]:
            yield from _known(option, names, file, facts, scope, at, depth)
    elif isinstance(term, Name):
        bound = [b for b in facts.bindings if b.name == term.id and b.scope == scope and b.kind != "delete"]
        assigned = [b for b in reaching_at(bound, facts, at, True)[0] if b.kind == "assign"]
        for binding in assigned[:_MOST] if depth else ():
            yield from _known(binding.value, names, file, facts, scope, binding.span, depth)
    elif isinstance(term, Attribute):
        for owner in alternatives(term.value, names, file, facts, scope, at, depth):
            yield members.attribute(names, owner, term.attr).because_of("likely")
    elif isinstance(term, Result) and depth:
        call = facts.calls[term.call]
        for callee in alternatives(call.callee, names, file, facts, scope, call.span, depth - 1):
            yield results.called(names, callee, call, file, facts).because_of("likely")


def _known(
    term: Term, names: Names, file: FileFacts, facts: Facts, scope: int, at: Span | None, depth: int
) -> Iterator[Inferred]:
    found = names.infer(term, file, facts, scope, at)
    if found:
        yield found.because_of("likely")
    else:
        yield from alternatives(term, names, file, facts, scope, at, depth - 1)
