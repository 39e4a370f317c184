"""External classes: what they inherit, what their methods and other people's functions return.

With this the program model can tell that `conn` in `conn = sqlite3.connect(path)` is a sqlite3.Connection, without
reading sqlite3. Sources: `bases.tsv` is harvested (see tools/harvest_knowledge.py); `bases_by_hand.tsv`,
`returns.tsv`, `yields.tsv` and `attributes.tsv` are written by hand from the packages' documentation and annotations.
"""

from __future__ import annotations

from functools import lru_cache

from awaitlens.knowledge.aliases import canonical
from awaitlens.knowledge.tables import Grouped

MODEL = "<model>"
"""Stands in `returns` for the model class of the manager or queryset the method was called on."""

SELF = "<self>"
"""Stands in the table for the class the method was called on; `returns` never gives it out."""

_BASES = Grouped("bases_by_hand", "bases")
_RETURNS = Grouped("returns")
_YIELDS = Grouped("yields")
_ATTRIBUTES = Grouped("attributes")

# A manager hands these queryset methods on at run time (Django 3.2-6.1, django/db/models/manager.py); delete() and
# what is private it does not.
_MANAGER = "django.db.models.manager.BaseManager"
_QUERYSET = "django.db.models.QuerySet"
_NOT_ON_MANAGERS = frozenset(
    {"delete", "adelete", "as_manager", "__iter__", "__aiter__", "__len__", "__bool__"}
)

# Calls that return a class (Django 3.2-6.1). A project's own user model keeps the interface of the stock one.
_CLASS_GETTERS = {
    "django.contrib.auth.get_user_model": "django.contrib.auth.models.User",
    "django.apps.apps.get_model": "django.db.models.Model",
}


# Calls that return several objects (CPython 3.8-3.15), after `await` where they are coroutines.
_STREAMS = ("asyncio.StreamReader", "asyncio.StreamWriter")
_TUPLES = {
    "asyncio.open_connection": _STREAMS,
    "asyncio.open_unix_connection": _STREAMS,
    "socket.socket.accept": ("socket.socket", "tuple"),
    "socket.socketpair": ("socket.socket", "socket.socket"),
}


def is_class(name: str) -> bool:
    """Whether the name is a class of a package the tables know."""
    return canonical(name) in _BASES


@lru_cache(maxsize=4096)
def bases(name: str) -> tuple[str, ...]:
    """The direct base classes, canonical; () for a class without known ones and for names that are no known class."""
    return tuple(base for base in _BASES.of(canonical(name)) if base)


@lru_cache(maxsize=4096)
def ancestry(name: str) -> tuple[str, ...]:
    """The class and all its known ancestors, nearest first, each once."""
    found = [canonical(name)]
    for cls in found:
        found.extend(base for base in bases(cls) if base not in found)
    return tuple(found)


@lru_cache(maxsize=8192)
def lookups(name: str) -> tuple[str, ...]:
    """The names under which the tables may hold `Class.method`: the class's own first, then its ancestors'."""
    name = canonical(name)
    owner, _, member = name.rpartition(".")
    if owner not in _BASES:
        return (name,)
    owners = ancestry(owner)
    if _MANAGER in owners and member not in _NOT_ON_MANAGERS:
        owners = (*owners, _QUERYSET)
    return tuple(f"{cls}.{member}" for cls in owners)


@lru_cache(maxsize=8192)
def returns(name: str) -> str | None:
    """The canonical class of what calling `name` yields in the end; None where the tables do not say.

    Calling a class yields an instance. "In the end" depends on `coroutines.kind(name)`: after `await` for a coroutine,
    inside `async with` for a context manager, per turn of `async for` for an async iterator; a future or task is
    given as such. A plain call's value is also what `with` binds. MODEL stands for the model class at hand.
    """
    name = canonical(name)
    return _class_in(_RETURNS, name) or (name if name in _BASES else None)


@lru_cache(maxsize=2048)
def yields(name: str) -> str | None:
    """The class of what one turn of `for` over the call's value gives: Path.iterdir, QuerySet.iterator, as_completed."""
    return _class_in(_YIELDS, canonical(name))


def _class_in(table: Grouped, name: str) -> str | None:
    for candidate in lookups(name):
        owner, _, member = candidate.rpartition(".")
        found = table.get(owner or "builtins", member)
        if found is not None:
            return name.rpartition(".")[0] if found == SELF else found
    return None


def returned_tuple(name: str) -> tuple[str, ...]:
    """The classes of the objects that a call returns as a tuple; () for other calls."""
    return _TUPLES.get(canonical(name), ())


def returned_class(name: str) -> str | None:
    """The class itself that a call returns, not an instance: `User = get_user_model()`; None for other calls."""
    return _CLASS_GETTERS.get(canonical(name))


@lru_cache(maxsize=8192)
def attribute(name: str) -> str | None:
    """The class of the value behind `Class.attribute` or `module.name` ("django.db.connection"); None if unknown."""
    return _class_in(_ATTRIBUTES, canonical(name))
