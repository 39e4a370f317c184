"""Ways through a function on which a variable is not awaited."""

from __future__ import annotations

from awaitlens.program.facts import Binding, Context, Facts, Name, Suspension, Use

_CONDITIONS = frozenset({"if", "else", "case"})
_PLAIN = frozenset({"with", "async with", "try", "finally"})


def way_around(binding: Binding, facts: Facts) -> str:
    """Where the value of a variable is never awaited, in words; "" where it is, or somebody else may see to it.

    Only variables are told of that are bound once and do nothing but be awaited, once, later in the same function.
    """
    uses = [use for use in facts.uses if use.name == binding.name]
    awaits = [
        s for s in facts.suspensions if s.operand == Name(binding.name) and s.span[:2] > binding.span[:2]
    ]
    if len(awaits) != 1 or len(uses) != 1 or not _is_alone(binding, uses[0], awaits[0], facts):
        return ""
    around = _between(binding, awaits[0], facts)
    if any(context.kind not in _CONDITIONS | _PLAIN for context in around):
        return ""
    if any(context.kind in _CONDITIONS for context in around):
        return "unless a condition holds"
    return "where the function returns first" if _returns_between(binding, awaits[0], facts) else ""


def _is_alone(binding: Binding, use: Use, awaited: Suspension, facts: Facts) -> bool:
    """Whether the await is the only use, and no other function or binding knows the variable."""
    others = [b for b in facts.bindings if b.name == binding.name and b.scope == binding.scope]
    inner = (
        s for s in facts.scopes if s.number != binding.scope and facts.is_within(s.number, binding.scope)
    )
    return (
        use.usage.kind == "awaited"
        and use.scope == awaited.scope == binding.scope
        and len(others) == 1
        and all(binding.name not in scope.reads for scope in inner)
    )


def _between(binding: Binding, awaited: Suspension, facts: Facts) -> list[Context]:
    """The constructs around the await that are not around the binding."""
    outer = {context.number for context in facts.enclosing(binding.context)}
    return [context for context in facts.enclosing(awaited.context) if context.number not in outer]


def _returns_between(binding: Binding, awaited: Suspension, facts: Facts) -> bool:
    return any(
        jump.kind == "return"
        and jump.scope == binding.scope
        and binding.span[:2] < jump.span[:2]
        and jump.span[2:] < awaited.span[:2]
        and any(context.kind in _CONDITIONS for context in facts.enclosing(jump.context))
        for jump in facts.jumps
    )
