"""What becomes of an awaitable that nobody awaits: thrown away, or used as if it were its result."""

from __future__ import annotations

from collections.abc import Iterator

from awaitlens.program.facts import Binding, Call, Facts, Result, Usage, Use
from awaitlens.program.view import Target, View

_COROUTINE_ATTRIBUTES = frozenset({"close", "send", "throw", "__await__", "__name__", "__qualname__"})

# These look at their arguments as plain values; none of them awaits one (checked in the sources of CPython 3.10-3.14
# and Django 3.2-6.1).
_PLAIN_CONSUMERS = frozenset(
    {"print", "str", "repr", "int", "float", "len", "list", "tuple", "set", "dict", "sorted", "sum", "min", "max",
     "any", "all", "enumerate", "zip", "bytes", "open", "json.dump", "json.dumps", "os.path.join", "range", "abs",
     "django.shortcuts.render", "django.template.response.TemplateResponse", "django.template.loader.render_to_string",
     "django.http.JsonResponse", "django.http.HttpResponse", "django.shortcuts.redirect", "copy.copy", "copy.deepcopy"}
)  # fmt: skip
_LOGGING = frozenset({"debug", "info", "warning", "error", "exception", "critical", "log"})


def is_unawaited(target: Target) -> bool:
    """Whether a call of the target gives a coroutine, of which nothing runs until it is awaited."""
    return target.colour in ("async", "awaitable manager") and target.confidence != "possible"


def unawaited_calls(facts: Facts, view: View) -> Iterator[tuple[Call, Target]]:
    """The calls whose value is a coroutine and is neither awaited nor entered on the spot."""
    for call in facts.calls:
        if call.usage.kind in ("awaited", "async entered", "returned", "yielded"):
            continue
        target = view.target(call)
        if is_unawaited(target):
            yield call, target


def misuse(usage: Usage, facts: Facts, view: View) -> str:
    """In words, how this usage takes a coroutine for its result; "" when it does not, or may not.

    The words complete "the coroutine ...": "is always true", "has no attribute name".
    """
    kind = usage.kind
    if kind == "tested":
        return "is always true"
    if kind == "compared":
        return "never equals the result"
    if kind == "formatted":
        return "prints as <coroutine object ...>"
    if kind == "operand":
        return "is no operand"
    if kind == "indexed":
        return "has no items"
    if kind == "iterated":
        return "cannot be iterated"
    if kind == "attribute" and usage.name not in _COROUTINE_ATTRIBUTES and not usage.name.startswith("cr_"):
        return f"has no attribute {usage.name}"
    return _consumed(usage, facts, view)


def _consumed(usage: Usage, facts: Facts, view: View) -> str:
    final = usage.final
    if final.kind != "argument" or (usage.kind == "starred"):
        return ""
    consumer = view.target(facts.calls[final.call])
    owner, _, method = consumer.name.rpartition(".")
    if consumer.name in _PLAIN_CONSUMERS or (owner in ("logging", "logging.Logger") and method in _LOGGING):
        return f"goes to {method}() as it is"
    return ""


def held_by(call: Call, facts: Facts) -> Binding | None:
    """The local variable that holds the value of a call and nothing else, in a function; None if there is none."""
    if call.usage.kind != "assigned":
        return None
    for binding in facts.bindings:
        if binding.kind == "assign" and binding.scope == call.scope and binding.value == Result(call.number):
            scope = facts.scopes[binding.scope]
            shared = binding.name in scope.global_names or binding.name in scope.nonlocal_names
            return binding if scope.kind == "function" and not shared else None
    return None


def uses_of(binding: Binding, facts: Facts) -> tuple[Use, ...]:
    """The reads of a binding's name in its function and the functions nested there."""
    return tuple(u for u in facts.uses if u.name == binding.name and facts.is_within(u.scope, binding.scope))
