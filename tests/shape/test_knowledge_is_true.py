"""The knowledge tables are true of the packages that are installed here, and of the standard library.

What is really there is looked up by probe.py in a process of its own.
"""

from __future__ import annotations

import builtins
import json
import subprocess
import sys
from collections.abc import Iterable
from functools import cache
from importlib import metadata
from pathlib import Path

import pytest

from awaitlens.knowledge import blocking, concurrency, coroutines, django, tables
from awaitlens.knowledge.coroutines import kind

PROBE = Path(__file__).with_name("probe.py")
QUERYSETS = ("django.db.models.QuerySet.*", "django.db.models.Manager.*")
# C functions stand for these classes: their instances have the methods, their names do not. tkinter may be missing.
UNSEEN = ("select.poll.", "select.epoll.", "threading.Lock.", "threading.RLock.", "tkinter.")


def reality(names: Iterable[str]) -> dict[str, str | None]:
    """What each name is in this environment: "coroutine", "async iterator", "class", "other"; None where missing."""
    found = everything()
    return {name: found[name] for name in names}


@cache
def everything() -> dict[str, str | None]:
    """All names any test asks for, of the standard library and of installed packages, looked up in one go."""
    wanted = names_in_tables() | names_of_standard_kinds() | set(would_be_twins().values())
    wanted |= {row.twin for row in django.twins()} | set(QUERYSETS)
    present = {name for name in wanted if is_standard(root(name)) or root(name) in DISTRIBUTIONS}
    names = json.dumps(sorted(present))
    run = subprocess.run(
        [sys.executable, str(PROBE)], input=names, capture_output=True, text=True, timeout=200
    )
    assert run.returncode == 0, run.stderr
    found: dict[str, str | None] = json.loads(run.stdout)
    return found


def names_in_tables() -> set[str]:
    plain = {row.name for row in blocking.rows() if "*" not in row.name}
    plain |= {row.alternative for row in blocking.rows() if row.alternative}
    plain |= {row.name for row in (*concurrency.callbacks(), *concurrency.spawners(), *concurrency.locks())}
    plain |= {row.name for row in concurrency.entry_points() if row.how != "function"}
    return plain | {name for name, _ in tables.cells("django_decorators")}


def names_of_standard_kinds() -> set[str]:
    owners = [line.split("\t")[0] for table in ("kinds", "kinds_by_hand") for line in tables.lines(table)]
    owners = [owner for owner in owners if is_standard(owner.split(".")[0]) and owner != "builtins"]
    return {f"{owner}.{name}" for owner in owners for name in coroutines.names_of(owner) if name != "*"}


def would_be_twins() -> dict[str, str]:
    """For what has no asynchronous twin, the name such a twin would have."""
    alone = [sync for sync, _, word, _, _ in tables.cells("django_twins") if word == "none"]
    return {name: f"{name.rpartition('.')[0]}.a{name.rpartition('.')[2]}" for name in alone}


def root(name: str) -> str:
    first = name.split(".")[0]
    return "builtins" if first == name or hasattr(builtins, first) else first


def is_standard(package: str) -> bool:
    return package in sys.stdlib_module_names


def _major(distribution: str) -> int:
    try:
        return int(metadata.version(distribution).split(".")[0])
    except metadata.PackageNotFoundError:
        return 0


PACKAGES = sorted({root(name) for name in names_in_tables() if not is_standard(root(name))})
DISTRIBUTIONS = {
    distribution for names in metadata.packages_distributions().items() for distribution in names[:1]
}
# Made at run time, or newer than the oldest Python this runs on.
NOT_LOOKED_UP = {
    "boto3": {"boto3.Client", "boto3.Waiter", "boto3.Resource", "boto3.PageIterator"},
    "aiogram": {"aiogram.Router."},
    "mcp": {"mcp.server.fastmcp." if _major("mcp") > 1 else "mcp.server.mcpserver."},
    "asyncio": {
        "asyncio.TaskGroup.create_task",
        "asyncio.Runner.run",
        "asyncio.Barrier",
        "asyncio.Barrier.wait",
        "asyncio.AbstractEventLoop.sock_recvfrom",
        "asyncio.AbstractEventLoop.sock_sendto",
    },
}


def missing(package: str, names: Iterable[str]) -> list[str]:
    skipped = NOT_LOOKED_UP.get(package, set())
    wanted = [n for n in names if root(n) == package and not any(n.startswith(s) for s in skipped)]
    return sorted(name for name, found in reality(wanted).items() if found is None)


@pytest.mark.parametrize("package", PACKAGES)
def test_names_exist_in_the_installed_package(package: str) -> None:
    if package not in DISTRIBUTIONS:
        pytest.skip(f"{package} is not installed here")
    newer = {row.twin for row in django.twins() if row.since > _django_version()}
    newer |= {name for name, since in tables.cells("django_decorators") if _pair(since) > _django_version()}
    assert sorted(set(missing(package, names_in_tables())) - newer) == []


@pytest.mark.skipif(sys.platform == "win32", reason="the tables name what POSIX offers")
def test_names_of_the_standard_library_exist() -> None:
    names = {name for name in names_in_tables() if is_standard(root(name))}
    too_new = NOT_LOOKED_UP["asyncio"] if sys.version_info < (3, 11) else set()
    gone = {name for name, found in reality(names).items() if found is None}
    gone = {name for name in gone if not name.startswith(UNSEEN)}
    assert sorted(gone - too_new) == []


def test_kinds_are_what_the_standard_library_says() -> None:
    found = reality(names_of_standard_kinds())
    asynchronous = {name: word for name, word in found.items() if word in ("coroutine", "async iterator")}
    assert len(asynchronous) > 80
    assert {name: word for name, word in asynchronous.items() if kind(name) != word} == {}


def _pair(text: str) -> tuple[int, int]:
    major, _, minor = text.partition(".")
    return int(major), int(minor)


def _django_version() -> tuple[int, int]:
    try:
        return _pair(".".join(metadata.version("django").split(".")[:2]))
    except metadata.PackageNotFoundError:
        return (0, 0)


needs_django = pytest.mark.skipif(_django_version() == (0, 0), reason="Django is not installed here")
# Related managers are classes made at run time; auser() is put on the request by a middleware.
RUN_TIME = ("django.db.models.fields.related_descriptors.", "django.http.HttpRequest.")


@needs_django
def test_twins_are_there_from_their_release_on_and_not_before() -> None:
    rows = [row for row in django.twins() if not row.twin.startswith(RUN_TIME)]
    found = reality(row.twin for row in rows)
    late = {row.twin: row.since for row in rows if row.since <= _django_version() and found[row.twin] is None}
    early = {
        row.twin: row.since for row in rows if row.since > _django_version() and found[row.twin] is not None
    }
    assert (late, early) == ({}, {})


@needs_django
def test_twins_are_of_the_kind_the_table_says() -> None:
    rows = [row for row in django.twins() if not row.twin.startswith(RUN_TIME) and row.form != "iteration"]
    found = reality(row.twin for row in rows)
    wrong = {row.twin: found[row.twin] for row in rows if found[row.twin] not in (None, row.kind)}
    if _django_version() < (5, 0):  # the client's methods were plain functions that hand a coroutine on
        wrong = {
            name: word for name, word in wrong.items() if not name.startswith("django.test.AsyncClient.")
        }
    assert wrong == {}


@needs_django
def test_what_has_no_twin_has_none_in_the_installed_release() -> None:
    twins = would_be_twins()
    found = reality(twins.values())
    assert [name for name, twin in twins.items() if found[twin] is not None] == []


@needs_django
@pytest.mark.parametrize("owner", [name.removesuffix(".*") for name in QUERYSETS])
def test_every_public_queryset_method_is_lazy_evaluates_or_asynchronous(owner: str) -> None:
    machinery = {"check", "contribute_to_class", "deconstruct"}
    methods = {name.rpartition(".")[2] for name in everything() if name.startswith(f"{owner}.")} - machinery
    assert len(methods) > 40
    plain = [name for name in methods if kind(f"{owner}.{name}") in ("sync", "unknown")]
    assert [name for name in plain if name[0] != "_" and django.queries(name) == "unknown"] == []
