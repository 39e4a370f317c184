"""Which places of a function a call of it passes by: those under `if verbose:`, or after `if not verbose: return`, where
`verbose` is false or left at a false default.
"""

from __future__ import annotations

from collections.abc import Sequence

from awaitlens.program.facts import (
    Call,
    Constant,
    Context,
    Either,
    Facts,
    Name,
    Other,
    Parameter,
    Scope,
    Term,
    last_name,
)
from awaitlens.source import Span

_CONDITIONS = frozenset({"if", "else", "case", "except", "operand"})
_IS_THERE = frozenset({"exists", "is_file", "isfile"})


def is_conditional(facts: Facts, context: int) -> bool:
    """Whether some calls of the function pass this place by, and be it that a file has to be there."""
    return any(outer.kind in _CONDITIONS for outer in facts.enclosing(context))


def is_ordinary(facts: Facts, context: int) -> bool:
    """Whether nothing but a question for a file may lead past the place: `if path.exists():`, `path.is_file() and ...`."""
    around = (outer for outer in facts.enclosing(context) if outer.kind in _CONDITIONS)
    return all(_asks_for_file(outer, facts) for outer in around)


def _asks_for_file(outer: Context, facts: Facts) -> bool:
    if outer.kind == "if":
        asked = facts.call_of(outer.terms[0])
        return asked is not None and last_name(asked.callee) in _IS_THERE
    return outer.kind == "operand" and any(
        last_name(call.callee) in _IS_THERE and _follows_by_and(outer, call, facts)
        for call in facts.calls_in(outer.scope)
    )


def _follows_by_and(outer: Context, call: Call, facts: Facts) -> bool:
    (_, _, line, column), (end_line, end_column, _, _) = call.span, outer.span
    is_before = (line, column) < (end_line, end_column) and end_line - line < 2
    return is_before and facts.slice(Span(line, column, end_line, end_column)).split() == ["and"]


def never_runs(facts: Facts, context: int) -> bool:
    """Whether a place lies in a branch that no run takes: under `if False:`, or in the `else` of `if True:`."""
    return any(_is_never(outer) for outer in facts.enclosing(context))


def never_run(facts: Facts) -> list[Span]:
    """The stretches of a block that no run comes to."""
    return [context.body_span for context in facts.contexts if _is_never(context)]


def _is_never(context: Context) -> bool:
    if context.kind not in ("if", "else") or not isinstance(context.terms[0], Constant):
        return False
    return bool(context.terms[0].value) == (context.kind == "else")


def turned_back(facts: Facts, scope: int, context: int, at: Span) -> list[Context]:
    """The branches before a place of a function in which it returns."""
    around = {outer.number for outer in facts.enclosing(context)}
    return [
        branch
        for jump in facts.jumps
        if jump.kind == "return" and jump.scope == scope and jump.span[:2] < at[:2]
        for branch in facts.enclosing(jump.context)
        if branch.kind in ("if", "else", "case") and branch.number not in around
    ]


def needed_parameter(facts: Facts, context: int, turned_back: Sequence[Context]) -> str:
    """The parameter that must be true for the place to be reached; "" if there is none to tell."""
    wanted = [
        (outer, name)
        for outer in facts.enclosing(context)
        if outer.kind == "if"
        for name in _asked(outer, facts)
    ]
    around = {outer.number for outer in facts.enclosing(context)} | {-1}
    wanted += [(branch, _refused(branch, facts)) for branch in turned_back if branch.parent in around]
    for branch, name in wanted:
        if name and is_own_parameter(name, branch.scope, facts):
            return name
    return ""


def _is_given_anew(name: str, scope: int, facts: Facts) -> bool:
    """Whether a function gives its parameter another value, also where it is false: `if url: url = full(url)` does not."""
    return any(
        binding.name == name
        and binding.scope == scope
        and not any(
            outer.kind == "if" and name in _asked(outer, facts) for outer in facts.enclosing(binding.context)
        )
        for binding in facts.bindings
    )


def _asked(test: Context, facts: Facts) -> list[str]:
    """`flag` of `if flag:`, `if flag is not None:` and `if flag and others:`."""
    term = test.terms[0]
    together = term.options if isinstance(term, Either) and _is_conjunction(test, facts) else (term,)
    return [part.id if isinstance(part, Name) else _compared_with_none(part, "IsNot") for part in together]


def _is_conjunction(test: Context, facts: Facts) -> bool:
    words = facts.slice(test.span).split()
    return "and" in words and not {"or", "if", "else"}.intersection(words[1:])


def _refused(branch: Context, facts: Facts) -> str:
    """`flag` of `if not flag: return` and `if flag is None: return`."""
    returns = any(jump.kind == "return" and jump.context == branch.number for jump in facts.jumps)
    if branch.kind != "if" or not returns:
        return ""
    term = branch.terms[0]
    if isinstance(term, Other) and term.kind == "Not":
        return term.parts[0].id if isinstance(term.parts[0], Name) else ""
    return _compared_with_none(term, "Is")


def _compared_with_none(term: Term, operator: str) -> str:
    if not isinstance(term, Other) or term.kind != f"Compare.{operator}":
        return ""
    named, *others = term.parts
    return named.id if isinstance(named, Name) and others == [Constant(None)] else ""


def is_off(parameter: Parameter) -> bool:
    """Whether a parameter that is not given is false."""
    return parameter.default is not None and _is_false(parameter.default)


def _is_false(value: Term) -> bool:
    return isinstance(value, Constant) and not value.value


def left_off(call: Call, called: Scope, around: Scope) -> frozenset[str]:
    """The parameters that the call gives a false literal, or leaves at a default that is false; `around` is the scope the
    function stands in.

    A method may be bound or not: there, one parameter more than there are arguments counts as given, and what is given
    counts only by its keyword.
    """
    if not (any(map(is_off, called.parameters)) or any(_is_false(a.value) for a in call.arguments)):
        return frozenset()
    if any(argument.keyword == "**" or argument.keyword == "*" for argument in call.arguments):
        return frozenset()
    is_method = around.kind == "class"
    given = {argument.keyword: argument.value for argument in call.arguments if argument.keyword}
    if not is_method:
        given.update(zip([p.name for p in called.parameters], [a.value for a in call.positional]))
    off = {name for name, value in given.items() if _is_false(value)}
    first = len(call.positional) + is_method
    left = (
        p.name
        for number, p in enumerate(called.parameters)
        if is_off(p) and p.name not in given and (number >= first or p.kind == "keyword only")
    )
    return frozenset(off.union(left))


def handed_on(call: Call, facts: Facts) -> tuple[tuple[str, str], ...]:
    """The keywords with which the call hands on a parameter of the function around, and the parameter's name."""
    given = [(a.keyword, a.value.id) for a in call.arguments if a.keyword and isinstance(a.value, Name)]
    return tuple((keyword, name) for keyword, name in given if is_own_parameter(name, call.scope, facts))


def is_own_parameter(name: str, scope: int, facts: Facts) -> bool:
    """Whether the name is a parameter of the function, and false wherever it was given so."""
    if not any(parameter.name == name for parameter in facts.scopes[scope].parameters):
        return False
    return not _is_given_anew(name, scope, facts)
