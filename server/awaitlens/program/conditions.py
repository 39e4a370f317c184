"""Which places of a function a call of it passes by: those under `if verbose:`, where `verbose` is false or left at a false default."""

from __future__ import annotations

from awaitlens.program.facts import Call, Constant, Context, Facts, Name, Other, Parameter, Scope, Term


def is_conditional(facts: Facts, context: int) -> bool:
    """Whether some calls of the function pass this place by."""
    return any(outer.kind in ("if", "else", "case", "except") for outer in facts.enclosing(context))


def needed_parameter(facts: Facts, context: int) -> str:
    """The parameter that must be true for the place to be reached; "" if there is none to tell."""
    for outer in facts.enclosing(context):
        name = _asked(outer, facts) if outer.kind == "if" else ""
        if not name or any(b.name == name and b.scope == outer.scope for b in facts.bindings):
            continue
        if any(parameter.name == name for parameter in facts.scopes[outer.scope].parameters):
            return name
    return ""


def _asked(test: Context, facts: Facts) -> str:
    """`flag` of `if flag:` and `if flag is not None:`."""
    term = test.terms[0]
    if isinstance(term, Name):
        return term.id
    if isinstance(term, Other) and term.kind == "Compare" and term.parts[1:] == (Constant(None),):
        named = term.parts[0]
        is_not = facts.slice(test.span).rstrip(": ").endswith("is not None")
        return named.id if is_not and isinstance(named, Name) else ""
    return ""


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
