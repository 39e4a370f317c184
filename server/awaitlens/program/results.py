"""What calls give: results by colour, decorators that change it, and what awaiting, entering and iterating give."""

from __future__ import annotations

from typing import TYPE_CHECKING

from awaitlens.confidence import Confidence
from awaitlens.knowledge import coroutines, types
from awaitlens.program import declared, generics, members, offloaded, wrappers
from awaitlens.program.facts import UNKNOWN, Call, Facts, Result, Scope, Term
from awaitlens.program.modules import FileFacts
from awaitlens.program.values import (
    NOT_KNOWN,
    NOTHING,
    Adapted,
    Class,
    Coroutine,
    External,
    Function,
    Inferred,
    Instance,
    Manager,
    Partial,
    Value,
    join,
)

if TYPE_CHECKING:
    from awaitlens.program.names import Names

_TO_ASYNC = frozenset({"asgiref.sync.sync_to_async", "channels.db.database_sync_to_async"})
_TO_SYNC = "asgiref.sync.async_to_sync"
_KEEPS = frozenset(
    {
        "staticmethod",
        "classmethod",
        "functools.wraps",
        "functools.update_wrapper",
        "typing.overload",
        "typing.override",
        "typing.final",
        "typing.no_type_check",
        "abc.abstractmethod",
        "typing_extensions.override",
        "typing_extensions.deprecated",
        "warnings.deprecated",
        "contextlib.contextmanager",
        "contextlib.asynccontextmanager",
        "pytest.fixture",
        "pytest_asyncio.fixture",
    }
)
_PROPERTIES = frozenset(
    {
        "property",
        "functools.cached_property",
        "django.utils.functional.cached_property",
        "abc.abstractproperty",
        "propcache.cached_property",
        "propcache.api.cached_property",
        "propcache.under_cached_property",
    }
)
_CACHES = frozenset({"functools.cache", "functools.lru_cache"})
_FRAMEWORKS = (
    "fastapi.",
    "starlette.",
    "django.",
    "aiohttp.",
    "discord.",
    "litestar.",
    "click.",
    "typer.",
    "pytest.",
)


def called(names: Names, callee: Inferred, call: Call, file: FileFacts, facts: Facts) -> Inferred:
    """What calling the value gives."""
    value = callee.value
    if isinstance(value, Class):
        return _class_called(value, callee)
    if isinstance(value, External):
        return _external_called(names, value, callee, call, file, facts)
    if isinstance(value, Function):
        given = generics.by_argument(names, value, function_called(names, value), call, file, facts)
        return given.because_of(callee.confidence)
    if isinstance(value, Adapted):
        return _adapted_called(names, value, callee, call)
    if isinstance(value, Partial):
        return called(names, callee.holding(value.function), call, file, facts)
    if isinstance(value, Instance):
        if value.cls.name == "collections.abc.Callable" and value.arguments:
            return callee.holding(value.arguments[0])
        method = members.of_class(names, value.cls, "__call__", value)
        if isinstance(method.value, Function):
            return function_called(names, method.value).because_of(callee.confidence)
        if isinstance(method.value, External) and types.returns(method.value.name):
            return _external_called(names, method.value, callee, call, file, facts)
    return NOT_KNOWN


def _class_called(cls: Class, callee: Inferred) -> Inferred:
    return callee.holding(Instance(cls))


def _external_called(
    names: Names, value: External, callee: Inferred, call: Call, file: FileFacts, facts: Facts
) -> Inferred:
    name = value.name
    special = _special(names, name, call, file, facts)
    if special is not None:
        return special
    handed = offloaded.awaited(names, name, call, file, facts)
    if handed:
        return handed.because_of(callee.confidence)
    given = types.returns(name)
    parts = types.returned_tuple(name)
    result = _instance_of(names, given, call, file, facts) if given else NOTHING
    result = Instance(Class("tuple"), tuple(Instance(Class(part)) for part in parts)) if parts else result
    kind = coroutines.kind(name)
    if kind == "unknown" and not given and not parts:
        kind, described = names.described(name)
        callee = callee.because_of("likely") if kind != "unknown" else callee
        if kind == "sync":
            return callee.holding(described)
        result = described
    if kind == "coroutine":
        if coroutines.was_plain(name) and not facts.scopes[call.scope].is_async:
            return callee.holding(Coroutine(result)).because_of("possible")
        return callee.holding(Coroutine(result))
    if kind in ("async context manager", "awaitable context manager"):
        return callee.holding(Manager(result, True))
    if kind == "async iterator":
        return callee.holding(Instance(Class("collections.abc.AsyncIterator"), (result,)))
    if given or parts:
        return callee.holding(result)
    given_class, element = types.returned_class(name), types.yields(name)
    if given_class:
        return callee.holding(Class(given_class))
    if element:
        return callee.holding(Instance(Class("collections.abc.Iterator"), (Instance(Class(element)),)))
    last = name.rpartition(".")[2]
    if last[:1].isupper() and not last.isupper():
        return Inferred(Instance(Class(name)), "likely").because_of(callee.confidence)
    return NOT_KNOWN


def _special(names: Names, name: str, call: Call, file: FileFacts, facts: Facts) -> Inferred | None:
    if name in _TO_ASYNC or name == _TO_SYNC:
        argument = call.argument(0, "func" if name in _TO_ASYNC else "awaitable")
        if argument is None:
            return Inferred(External(name))
        function = names.infer(argument.value, file, facts, call.scope, call.span)
        return function.holding(Adapted(function.value, "sync" if name == _TO_SYNC else "async", name))
    if name in ("functools.partial", "functools.partialmethod") and call.arguments:
        function = names.infer(call.arguments[0].value, file, facts, call.scope, call.span)
        return function.holding(Partial(function.value))
    if name in ("contextlib.closing", "contextlib.aclosing") and call.arguments:
        inner = names.infer(call.arguments[0].value, file, facts, call.scope, call.span)
        return inner.holding(Manager(inner.value, name == "contextlib.aclosing"))
    if name == "super":
        return _super(names, file, facts, call)
    return None


def _super(names: Names, file: FileFacts, facts: Facts, call: Call) -> Inferred:
    """`super()`: an instance of the first base of the class around."""
    from awaitlens.program.modules import class_of_self

    scope = call.scope
    while scope >= 0 and facts.scopes[scope].kind != "function":
        scope = facts.scopes[scope].parent
    if scope < 0 or not facts.scopes[scope].parameters:
        return NOT_KNOWN
    owner = class_of_self(facts, scope, facts.scopes[scope].parameters[0].name)
    if not owner:
        return NOT_KNOWN
    found = list(members.bases(names, Class(f"{file.module}.{owner}", file.path, owner)))
    return Inferred(Instance(found[0])) if len(found) == 1 else NOT_KNOWN


def _instance_of(names: Names, given: str, call: Call, file: FileFacts, facts: Facts) -> Value:
    """An instance of what knowledge says a call returns; `types.MODEL` stands for the queryset's own model."""
    model = _model_of_receiver(names, call, file, facts)
    if given == types.MODEL:
        return model or NOTHING
    if given in ("django.db.models.QuerySet", "django.db.models.Manager") and model is not None:
        return Instance(Class(given), (model,))
    return Instance(Class(given))


def _model_of_receiver(names: Names, call: Call, file: FileFacts, facts: Facts) -> Value | None:
    if not hasattr(call.callee, "attr"):
        return None
    owner = names.infer(call.callee.value, file, facts, call.scope, call.span).value  # type: ignore[union-attr]
    return owner.arguments[0] if isinstance(owner, Instance) and owner.arguments else None


def function_called(names: Names, function: Function) -> Inferred:
    """What calling a function of the program gives, by its colour, its decorators and its return statements."""
    file, facts, scope = located(names, function)
    if scope is None or file is None or facts is None:
        return NOT_KNOWN
    manager = context_manager_colour(names, file, facts, scope)
    if manager:
        return Inferred(Manager(yielded(names, function, file, facts, scope), manager == "async"))
    if function.wrapped and not scope.is_async:
        return NOT_KNOWN
    result = _seen_through(returned(names, function), function)
    if scope.is_async and not scope.is_generator:
        return Inferred(Coroutine(result.value), _colour_confidence(names, file, facts, scope))
    if scope.is_async:
        return Inferred(_generator("types.AsyncGeneratorType", names, function, file, facts, scope))
    if scope.is_generator and not result:
        return Inferred(_generator("types.GeneratorType", names, function, file, facts, scope))
    return result


def _generator(
    kind: str, names: Names, function: Function, file: FileFacts, facts: Facts, scope: Scope
) -> Instance:
    element = yielded(names, function, file, facts, scope)
    return Instance(Class(kind), () if element == NOTHING else (element,))


def _arguments(result: Inferred) -> tuple[Value, ...]:
    return result.value.arguments if isinstance(result.value, Instance) else ()


def yielded(names: Names, function: Function, file: FileFacts, facts: Facts, scope: Scope) -> Value:
    """What a generator yields: its annotation's first argument, else what all its yields agree on."""
    if scope.returns is not None:
        arguments = _arguments(returned(names, function))
        return arguments[0] if arguments else NOTHING
    values = [
        j for j in facts.jumps if j.kind == "yield" and j.scope == scope.number and j.value is not UNKNOWN
    ]
    return (
        join([names.infer(j.value, file, facts, j.scope, j.span) for j in values[:6]]).value
        if values
        else NOTHING
    )


def _seen_through(result: Inferred, function: Function) -> Inferred:
    """`cls()` in a classmethod gives an instance of the class it was called on, not of the one that defines it."""
    receiver = function.receiver.cls if isinstance(function.receiver, Instance) else function.receiver
    owner = function.qualname.rpartition(".")[0]
    made = result.value.cls if isinstance(result.value, Instance) else None
    if (
        made is None
        or not isinstance(receiver, Class)
        or (made.path, made.qualname) != (function.path, owner)
    ):
        return result
    return result.holding(Instance(receiver))


def located(names: Names, function: Function) -> tuple[FileFacts | None, Facts | None, Scope | None]:
    """Where a function of the program stands."""
    file = names.program.files.get(function.path)
    definition = file.definitions.get(function.qualname) if file else None
    if file is None or definition is None:
        return None, None, None
    return file, file.facts(definition.block), file.scope(definition)


def returned(names: Names, function: Function) -> Inferred:
    """What the body of a function returns: its annotation, else what all its return statements agree on."""
    file, facts, scope = located(names, function)
    if scope is None or file is None or facts is None:
        return NOT_KNOWN
    if scope.returns is not None:
        outer = max(scope.parent, 0)
        return declared.read(names, scope.returns, file, facts, outer, function.receiver).because_of("likely")
    if scope.is_generator:
        return NOT_KNOWN
    key = ("returned", function.path, function.qualname)
    return names.memory.about_names(key, lambda: _inferred_result(names, file, facts, scope), NOT_KNOWN)


def _inferred_result(names: Names, file: FileFacts, facts: Facts, scope: Scope) -> Inferred:
    values = [
        j for j in facts.jumps if j.kind == "return" and j.scope == scope.number and j.value is not UNKNOWN
    ]
    return (
        join([names.infer(j.value, file, facts, j.scope, j.span) for j in values[:6]])
        if values
        else NOT_KNOWN
    )


def returns_coroutine(names: Names, function: Function) -> bool:
    """Whether some return statement of a function gives a coroutine, as `return self.load()` does in a wrapper."""
    file, facts, scope = located(names, function)
    if scope is None or file is None or facts is None:
        return False
    names.memory.rests_on(file.path, id(facts))
    return any(
        isinstance(names.infer(jump.value, file, facts, jump.scope, jump.span).value, Coroutine)
        for jump in facts.jumps
        if jump.kind == "return" and jump.scope == scope.number
    )


# --- decorators -------------------------------------------------------------------------------------------


def decorated(names: Names, function: Function, file: FileFacts, facts: Facts, scope: Scope) -> Inferred:
    """The function as its decorators leave it."""
    value: Inferred = Inferred(function)
    for decorator in reversed(scope.decorators):
        value = _decorate(names, value, decorator, file, facts, scope)
    return value


def _decorate(
    names: Names, value: Inferred, decorator: Term, file: FileFacts, facts: Facts, scope: Scope
) -> Inferred:
    name = decorator_name(names, decorator, file, facts, scope)
    if name in _TO_ASYNC or name == _TO_SYNC:
        return value.holding(Adapted(value.value, "sync" if name == _TO_SYNC else "async", name))
    if name in _KEEPS or name in _PROPERTIES or name.rpartition(".")[2] in ("setter", "deleter", "getter"):
        return value
    if name in _CACHES and not scope.is_async:
        return value
    if wrappers.gives_back(names, decorator, file, facts, scope):
        return value.because_of("likely")
    wrapper = wrappers.wrapper_colour(names, decorator, file, facts, scope)
    if wrapper and not scope.is_async and isinstance(value.value, Function):
        return value.holding(Adapted(value.value, "async", name)).because_of("likely")
    if wrapper is not None and wrapper != scope.is_async:
        return NOT_KNOWN
    if wrapper is None and scope.is_async:
        return value.because_of("likely" if name.startswith(_FRAMEWORKS) else "possible")
    if not scope.is_async and isinstance(value.value, Function):
        return value.holding(value.value._replace(wrapped=True)).because_of("likely")
    return value


def decorator_name(names: Names, decorator: Term, file: FileFacts, facts: Facts, scope: Scope) -> str:
    """The dotted name of a decorator, its own arguments left aside; "" when unknown."""
    if isinstance(decorator, Result):
        decorator = facts.calls[decorator.call].callee
    found = names.infer(decorator, file, facts, max(scope.parent, 0), scope.name_span).value
    return found.name if isinstance(found, (External, Function, Class)) else ""


def is_property(names: Names, function: Function) -> bool:
    file, facts, scope = located(names, function)
    if scope is None or file is None or facts is None:
        return False
    return any(decorator_name(names, d, file, facts, scope) in _PROPERTIES for d in scope.decorators)


def context_manager_colour(names: Names, file: FileFacts, facts: Facts, scope: Scope) -> str:
    """ "sync" under @contextmanager, "async" under @asynccontextmanager, else ""."""
    for decorator in scope.decorators:
        name = decorator_name(names, decorator, file, facts, scope)
        if name == "contextlib.contextmanager":
            return "sync"
        if name == "contextlib.asynccontextmanager":
            return "async"
    return ""


def _colour_confidence(names: Names, file: FileFacts, facts: Facts, scope: Scope) -> Confidence:
    return (
        decorated(names, Function("", file.path, ""), file, facts, scope).confidence
        if scope.decorators
        else "certain"
    )


def _adapted_called(names: Names, value: Adapted, callee: Inferred, call: Call) -> Inferred:
    inner = function_called(names, value.function) if isinstance(value.function, Function) else NOT_KNOWN
    result = inner.value.result if isinstance(inner.value, Coroutine) else inner.value
    if value.colour == "sync":
        return inner.holding(result) if inner else NOT_KNOWN
    return callee.holding(Coroutine(result))
