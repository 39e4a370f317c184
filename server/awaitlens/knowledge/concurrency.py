"""Who runs a function where: callbacks and their threads, spawners of tasks, locks, and the frameworks' entry points.

Sources: the packages' documentation and code in the versions each row names; the tests look the names up again
wherever a package is installed. APIs that take plain functions and coroutine functions alike (Django's signals,
APScheduler's AsyncIOScheduler, Starlette's routes) are no callbacks here but entry points.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Literal, NamedTuple, cast

from awaitlens.knowledge.tables import cells
from awaitlens.knowledge.types import ancestry, lookups

Where = Literal[
    "loop", "worker thread", "sensitive thread", "new thread", "main thread", "process", "caller", "later"
]

OFF_THE_LOOP: frozenset[str] = frozenset({"worker thread", "sensitive thread", "new thread", "process"})
"""The places where blocking holds up no event loop."""

WRAPPERS = {
    "asgiref.sync.sync_to_async": "coroutine",
    "asgiref.sync.SyncToAsync": "coroutine",
    "channels.db.database_sync_to_async": "coroutine",
    "channels.db.DatabaseSyncToAsync": "coroutine",
    "asgiref.sync.async_to_sync": "sync",
    "asgiref.sync.AsyncToSync": "sync",
}
"""Callables that return a callable: what a call of the result gives. `sync_to_async(f)(x)` is a coroutine."""


class Callback(NamedTuple):
    """A call that takes a function and runs it.

    The function stands at `position` (-1: keyword only) or goes by `keyword` ("" for none). `where` says where it
    runs: "loop"; "worker thread" of a pool; "sensitive thread", asgiref's one thread per context; "new thread";
    "main thread"; "process"; "caller", before the call returns; "later", some time on whatever thread. `coroutines`
    says what becomes of a coroutine function given to it: "lost" (called, never awaited) or "run".
    """

    name: str
    position: int
    keyword: str
    where: Where
    coroutines: Literal["lost", "run"]
    checked: str

    @property
    def off_the_loop(self) -> bool:
        return self.where in OFF_THE_LOOP


class Spawner(NamedTuple):
    """A call that starts something running beside the caller.

    What is started stands at `position`, or goes by `keyword`; `takes` is "coroutine", "coroutines" (all arguments from
    `position` on), "collection" (an iterable of them) or "function" (called with the arguments after it). `kept_by`
    is "result" (dropping the returned task loses it), "group" (the object it was called on keeps it) or "caller"
    (the returned awaitable waits for it).
    """

    name: str
    position: int
    keyword: str
    takes: Literal["coroutine", "coroutines", "collection", "function"]
    kept_by: Literal["result", "group", "caller"]
    checked: str


class Lock(NamedTuple):
    """Something to wait with: `family` is "asyncio", "threading", "multiprocessing", "anyio", "trio", "redis", ...

    `kind` is "lock", "semaphore", "condition", "event", "barrier" or "queue"; `reentrant` whether the holder may take
    it again without deadlock.
    """

    name: str
    family: str
    kind: str
    reentrant: bool


class EntryPoint(NamedTuple):
    """How a framework gets hold of a function.

    `how` is "decorator" (bare or called), "method" (of a subclass of `name`; `methods` are names, a trailing `*`
    matches any rest), "argument" (of the call `name`, at `position`) or "function" (module level, in a package below
    `name`). An async def runs at `async_where`, a plain def at `sync_where`, "" where the framework takes none.
    `overlaps` says whether two calls may be under way at once.
    """

    framework: str
    how: Literal["decorator", "method", "argument", "function"]
    name: str
    position: int
    methods: tuple[str, ...]
    async_where: str
    sync_where: str
    overlaps: bool
    checked: str

    def takes(self, method: str) -> bool:
        """Whether a method or function of this name is one the framework calls."""
        return any(method == m or (m.endswith("*") and method.startswith(m[:-1])) for m in self.methods)


@lru_cache(maxsize=4096)
def callback(name: str) -> Callback | None:
    """What the call does with the function it is given; None where the tables do not say."""
    return next((_callbacks()[n] for n in lookups(name) if n in _callbacks()), None)


@lru_cache(maxsize=4096)
def spawner(name: str) -> Spawner | None:
    return next((_spawners()[n] for n in lookups(name) if n in _spawners()), None)


@lru_cache(maxsize=4096)
def lock(name: str) -> Lock | None:
    """The lock that instances of this class are; None for classes that are none."""
    return next((_locks()[n] for n in ancestry(name) if n in _locks()), None)


def decorator_entry(name: str) -> EntryPoint | None:
    """How functions decorated so are run."""
    return _entry("decorator", name)


def argument_entry(name: str) -> EntryPoint | None:
    """How a function is run that is given to this call."""
    return _entry("argument", name)


@lru_cache(maxsize=4096)
def method_entry(base: str, method: str) -> EntryPoint | None:
    """How a method of that name is run on subclasses of the external class `base`."""
    for cls in ancestry(base):
        for entry in _entries().get(("method", cls), ()):
            if entry.takes(method):
                return entry
    return None


@lru_cache(maxsize=4096)
def function_entry(module: str, function: str) -> EntryPoint | None:
    """How a module-level function of that name is run in a module of that dotted name."""
    for entry in _entries().get(("function", module.partition(".")[0]), ()):
        if entry.takes(function):
            return entry
    return None


@lru_cache(maxsize=1)
def takers() -> frozenset[str]:
    """The last parts of the names of all calls that take a function: a cheap question before the dear one."""
    return frozenset(callback.name.rpartition(".")[2] for callback in callbacks())


@lru_cache(maxsize=1)
def applications() -> frozenset[tuple[str, str]]:
    """Classes whose objects a server imports while its loop runs: the package, and the last part of the name."""
    names = (name for name, role, *_ in cells("frameworks") if role == "application")
    return frozenset((name.partition(".")[0], name.rpartition(".")[2]) for name in names)


@lru_cache(maxsize=1)
def injecting_defaults() -> dict[str, tuple[int, str]]:
    """Calls that stand as a parameter's default: where they name the function or class that gives the value."""
    rows = (row for row in cells("frameworks") if row[1] == "default")
    return {name: (_position(position), keyword) for name, _, position, keyword, _ in rows}


@lru_cache(maxsize=1)
def injecting_annotations() -> frozenset[str]:
    """Annotations `Name[T]` of parameters that are given an object of T."""
    return frozenset(name for name, role, *_ in cells("frameworks") if role == "annotation")


def callbacks() -> tuple[Callback, ...]:
    return tuple(_callbacks().values())


def spawners() -> tuple[Spawner, ...]:
    return tuple(_spawners().values())


def locks() -> tuple[Lock, ...]:
    return tuple(_locks().values())


def entry_points() -> tuple[EntryPoint, ...]:
    return tuple(entry for entries in _entries().values() for entry in entries)


@lru_cache(maxsize=4096)
def _entry(how: str, name: str) -> EntryPoint | None:
    found = (_entries().get((how, candidate)) for candidate in lookups(name))
    return next((entries[0] for entries in found if entries), None)


@lru_cache(maxsize=1)
def _callbacks() -> dict[str, Callback]:
    found = {}
    for name, position, keyword, where, coroutines, checked in cells("callbacks"):
        fate = cast(Literal["lost", "run"], coroutines)
        found[name] = Callback(name, _position(position), keyword, cast(Where, where), fate, checked)
    return found


@lru_cache(maxsize=1)
def _spawners() -> dict[str, Spawner]:
    found = {}
    for name, position, keyword, takes, kept_by, checked in cells("spawners"):
        found[name] = Spawner(name, _position(position), keyword, takes, kept_by, checked)  # type: ignore[arg-type]
    return found


@lru_cache(maxsize=1)
def _locks() -> dict[str, Lock]:
    return {name: Lock(name, family, kind, again == "yes") for name, family, kind, again in cells("locks")}


@lru_cache(maxsize=1)
def _entries() -> dict[tuple[str, str], tuple[EntryPoint, ...]]:
    found: dict[tuple[str, str], tuple[EntryPoint, ...]] = {}
    for row in cells("entry_points"):
        entry = _entry_point(row)
        key = (entry.how, entry.name)
        found[key] = (*found.get(key, ()), entry)
    return found


def _entry_point(row: list[str]) -> EntryPoint:
    framework, how, target, methods, async_where, sync_where, overlaps, checked = row
    name, _, position = target.partition("@")
    return EntryPoint(
        framework,
        how,  # type: ignore[arg-type]
        name,
        int(position or -1),
        tuple(methods.split()) if methods != "-" else (),
        async_where.strip("-"),
        sync_where.strip("-"),
        overlaps == "yes",
        checked,
    )


def _position(text: str) -> int:
    return -1 if text == "-" else int(text.rstrip("*"))
