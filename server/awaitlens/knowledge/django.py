"""Django: which calls have an asynchronous twin and since when, what is lazy, what raises and what silently blocks.

Sources: introspection and runs on Django 3.2, 4.0, 4.1, 4.2, 5.0, 5.1, 5.2, 6.0 and 6.1; the tests look again at
whatever Django is installed. Names are canonical; methods may be asked for on managers, related managers and your
models' external base classes.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Literal, NamedTuple, cast

from awaitlens.knowledge.aliases import canonical
from awaitlens.knowledge.tables import Grouped, cells
from awaitlens.knowledge.types import lookups

Version = tuple[int, int]


class AsyncTwin(NamedTuple):
    """An asynchronous twin.

    `sync` and `twin` are canonical names ("django.db.models.QuerySet.get", "django.db.models.QuerySet.aget"); asked for
    on a manager, both name the queryset's method. `kind` is what calling the twin gives: "coroutine", "async iterator"
    or "class". `since` is the first release that has it. `form` is how the synchronous side is written: "call",
    "attribute" (`request.user`, becomes `await request.auser()`), "iteration" (`for`), "operator" (`len(qs)`,
    `session[key]`) or "class".
    """

    sync: str
    twin: str
    kind: str
    since: Version
    form: str

    @property
    def method(self) -> str:
        """The twin's last name: "aget"."""
        return self.twin.rpartition(".")[2]


def twin(name: str, django: Version | None) -> AsyncTwin | None:
    """The asynchronous twin of a callable, attribute or class in that release of Django; None where it has none.

    With `django` None, unknown, the twin is given whatever its release: say since when, or check `since`.
    """
    found = _find(name)
    if found is None or found.kind == "none":
        return None
    return found if django is None or found.since <= django else None


def since(release: Version, django: Version | None) -> str:
    """The end of a title that offers what came with a release: " (Django 4.1 and newer)"; "" where `django` is known."""
    return "" if django else f" (Django {release[0]}.{release[1]} and newer)"


def has_no_twin(name: str) -> bool:
    """Whether it is known that no Django release up to 6.1 has a twin: transactions, mail, templates, storage."""
    found = _find(name)
    return found is not None and found.kind == "none"


def twins() -> tuple[AsyncTwin, ...]:
    """All rows that name a twin."""
    return tuple(row for row in _twins().values() if row.kind != "none")


def reaction(name: str) -> Literal["raises", "blocks", "unknown"]:
    """What calling this from a running loop's thread does.

    "raises" is SynchronousOnlyOperation, which Django raises for database access alone and only while
    DJANGO_ALLOW_ASYNC_UNSAFE is unset; "blocks" holds up the loop and nothing says so.
    """
    for candidate in lookups(name):
        owner, _, member = candidate.rpartition(".")
        found = _REACTIONS.get(owner, member)
        if found is not None:
            return cast(Literal["raises", "blocks"], found)
    return "unknown"


def is_orm(name: str) -> bool:
    """Whether a callable is the ORM's: its own, or inherited from it (`UserManager.get`)."""
    return any(
        each.startswith(("django.db.", "django.contrib.contenttypes.models.")) for each in lookups(name)
    )


def queries(method: str) -> Literal["lazy", "evaluates", "unknown"]:
    """Whether a QuerySet or Manager method only builds a query or runs it now.

    Related managers' own methods (add, set, ...) count as well. The a-methods are "unknown" here.
    """
    found = _METHODS.get("queryset", method) or _METHODS.get("related", method)
    return cast(Literal["lazy", "evaluates"], found) if found else "unknown"


def decorator_since(name: str) -> Version | None:
    """The first release in which this Django decorator takes an async def; None for decorators not in the table."""
    return _decorators().get(canonical(name))


_REACTIONS = Grouped("django_reactions")
_METHODS = Grouped("django_queryset")


def _find(name: str) -> AsyncTwin | None:
    table = _twins()
    return next((table[candidate] for candidate in lookups(name) if candidate in table), None)


@lru_cache(maxsize=1)
def _twins() -> dict[str, AsyncTwin]:
    rows = (
        AsyncTwin(sync, name, kind, _version(since), form)
        for sync, name, kind, since, form in cells("django_twins")
    )
    return {row.sync: row for row in rows}


@lru_cache(maxsize=1)
def _decorators() -> dict[str, Version]:
    return {name: _version(since) for name, since in cells("django_decorators")}


def _version(text: str) -> Version:
    major, _, minor = text.partition(".")
    return (int(major), int(minor)) if text else (0, 0)
