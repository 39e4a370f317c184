"""Which places of a function a call of it passes by: those under `if verbose:`, where `verbose` is left at its false default."""

from __future__ import annotations

from awaitlens.program.facts import Call, Constant, Context, Facts, Name, Other, Parameter, Scope


def is_conditional(facts: Facts, context: int) -> bool:
    """Whether some calls of the function pass this place by."""
    return any(outer.kind in ("if", "else", "case", "except") for outer in facts.enclosing(context))


def needed_parameter(facts: Facts, context: int) -> str:
    """The parameter that must be given, and be true, for the place to be reached; "" if there is none to tell."""
    for outer in facts.enclosing(context):
        name = _asked(outer, facts) if outer.kind == "if" else ""
        if not name or any(b.name == name and b.scope == outer.scope for b in facts.bindings):
            continue
        if any(p.name == name and is_off(p) for p in facts.scopes[outer.scope].parameters):
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
    return isinstance(parameter.default, Constant) and not parameter.default.value


def left_off(call: Call, called: Scope, around: Scope) -> frozenset[str]:
    """The parameters that the call leaves at a default that is false; `around` is the scope the function stands in.

    A method may be bound or not: there, one parameter more than there are arguments counts as given.
    """
    if not any(p.default is not None for p in called.parameters):
        return frozenset()
    if any(argument.keyword == "**" or argument.keyword == "*" for argument in call.arguments):
        return frozenset()
    given = {argument.keyword for argument in call.arguments}
    first = len(call.positional) + (around.kind == "class")
    return frozenset(
        p.name
        for number, p in enumerate(called.parameters)
        if is_off(p) and p.name not in given and (number >= first or p.kind == "keyword only")
    )
