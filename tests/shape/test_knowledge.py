"""The knowledge tables: well formed, consistent with one another, and giving the answers they are asked for."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter

import pytest

from awaitlens.knowledge import blocking, concurrency, django, tables, types
from awaitlens.knowledge.aliases import canonical
from awaitlens.knowledge.blocking import Unless, blocking_call
from awaitlens.knowledge.coroutines import colour, enters, iterates, kind
from awaitlens.knowledge.types import ancestry, attribute, bases, is_class, returns

GROUPED = (
    "aliases",
    "aliases_by_hand",
    "kinds",
    "kinds_by_hand",
    "bases",
    "bases_by_hand",
    "returns",
    "attributes",
    "consumers",
)
COLUMNS = {
    "blocking": 9,
    "django_twins": 5,
    "django_decorators": 2,
    "callbacks": 6,
    "spawners": 6,
    "locks": 4,
    "entry_points": 8,
    "frameworks": 5,
}
CATEGORIES = """
sleep http db file path socket dns subprocess process-wait cache cloud mq django lock queue future executor thread
mp mail ssh stdin cpu log loop ldap grpc tls scheduler none
"""
KINDS = frozenset(
    [
        "coroutine",
        "future",
        "task",
        "async context manager",
        "awaitable context manager",
        "async iterator",
        "sync",
    ]
)

# --- well formed --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("table", sorted(COLUMNS))
def test_every_line_has_its_columns(table: str) -> None:
    assert [row for row in tables.cells(table) if len(row) != COLUMNS[table]] == []


@pytest.mark.parametrize("table", sorted(set(COLUMNS) - {"entry_points"}))
def test_no_name_stands_twice_and_each_is_canonical(table: str) -> None:
    names = [row[0] for row in tables.cells(table)]
    assert [name for name, count in Counter(names).items() if count > 1] == []
    assert [name for name in names if canonical(name) != name] == []


@pytest.mark.parametrize("table", [*GROUPED, "django_reactions", "django_queryset"])
def test_grouped_tables_name_an_owner_and_words(table: str) -> None:
    for line in tables.lines(table):
        owner, *groups = line.split("\t")
        assert owner and " " not in owner, line
        assert all(": " in group and group.split(": ")[1].strip() for group in groups), line


@pytest.mark.parametrize(
    "table",
    ["kinds_by_hand", "bases_by_hand", "returns", "yields", "attributes", "django_reactions", "consumers"],
)
def test_owners_written_by_hand_are_canonical(table: str) -> None:
    owners = [line.split("\t")[0] for line in tables.lines(table)]
    assert [owner for owner in owners if canonical(owner) != owner] == []


@pytest.mark.parametrize("table", ["returns", "yields", "attributes"])
def test_what_is_returned_is_a_known_class(table: str) -> None:
    words = {group.split(": ")[0] for line in tables.lines(table) for group in line.split("\t")[1:]}
    classes = words - {types.MODEL, types.SELF}
    assert sorted(name for name in classes if canonical(name) != name) == []
    assert sorted(name for name in classes if not is_class(name)) == []


def test_canonical_names_are_their_own_canonical_form() -> None:
    for line in [*tables.lines("aliases"), *tables.lines("aliases_by_hand")]:
        module, *groups = line.split("\t")
        for name in " ".join(group.partition(": ")[2] for group in groups).split():
            public = canonical(f"{module}.{name.partition('=')[0]}")
            assert canonical(public) == public, line


def test_kinds_use_the_words_of_kind() -> None:
    for table in ("kinds", "kinds_by_hand"):
        words = {group.split(": ")[0] for line in tables.lines(table) for group in line.split("\t")[1:]}
        assert words <= KINDS | {"either", "unknown"}


def test_blocking_rows_use_known_words() -> None:
    for row in blocking.rows():
        assert row.category in CATEGORIES.split(), row
        assert row.confidence in ("high", "medium", "low"), row
        assert row.swap in ("same call", "same method", "thread", "other", ""), row
        assert bool(row.alternative) == bool(row.swap), row
        assert row.checked, row


def test_a_reason_completes_a_sentence() -> None:
    for row in blocking.rows():
        if row.category == "none":
            assert row.reason == "", row
            continue
        assert row.reason.split()[0].rstrip(",").endswith("s"), row
        assert row.reason[0].islower() and not row.reason.endswith("."), row
        assert len(row.reason) <= 95, row


def test_concurrency_rows_use_known_words() -> None:
    places = set(concurrency.OFF_THE_LOOP) | {"loop", "main thread", "caller", "later"}
    assert {row.where for row in concurrency.callbacks()} <= places
    assert {row.coroutines for row in concurrency.callbacks()} <= {"lost", "run"}
    assert {row.takes for row in concurrency.spawners()} <= {
        "coroutine",
        "coroutines",
        "collection",
        "function",
    }
    assert {row.kept_by for row in concurrency.spawners()} <= {"result", "group", "caller"}
    assert {row.how for row in concurrency.entry_points()} <= {"decorator", "method", "argument", "function"}
    for entry in concurrency.entry_points():
        assert {entry.async_where, entry.sync_where} <= places | {""}, entry
        assert (entry.how == "argument") == (entry.position >= 0), entry
        assert bool(entry.methods) == (entry.how in ("method", "function")), entry
        assert canonical(entry.name) == entry.name, entry


# --- what the tables answer ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("requests.sessions.Session.get", "requests.Session.get"),
        ("redis.client.Redis", "redis.Redis"),
        ("redis.StrictRedis.get", "redis.Redis.get"),
        ("posixpath.exists", "os.path.exists"),
        ("posix.stat", "os.stat"),
        ("asyncio.tasks.create_task", "asyncio.create_task"),
        ("asyncio.locks.Lock.acquire", "asyncio.Lock.acquire"),
        ("_asyncio.Future", "asyncio.Future"),
        ("asyncio.events.get_running_loop", "asyncio.get_running_loop"),
        ("django.db.models.query.QuerySet.get", "django.db.models.QuerySet.get"),
        ("django.db.models.manager.Manager", "django.db.models.Manager"),
        ("django.db.transaction.atomic", "django.db.transaction.atomic"),
        ("asgiref.sync.sync_to_async", "asgiref.sync.sync_to_async"),
        (
            "concurrent.futures.thread.ThreadPoolExecutor.submit",
            "concurrent.futures.ThreadPoolExecutor.submit",
        ),
        ("builtins.open", "open"),
        ("io.open", "open"),
        ("pathlib._local.PosixPath.exists", "pathlib.Path.exists"),
        ("fastapi.Request.json", "starlette.requests.Request.json"),
        ("sqlalchemy.orm.session.Session.execute", "sqlalchemy.orm.Session.execute"),
        ("shop.models.Book.save", "shop.models.Book.save"),
        ("", ""),
    ],
)
def test_canonical(path: str, name: str) -> None:
    assert canonical(path) == name


@pytest.mark.parametrize(
    "name",
    [
        "time.sleep",
        "requests.get",
        "requests.sessions.Session.post",
        "queue.LifoQueue.get",
        "concurrent.futures.ThreadPoolExecutor.shutdown",
        "redis.Redis.zadd",
        "boto3.Client.put_object",
        "openai.OpenAI.chat.completions.create",
        "ssl.SSLSocket.recv",
        "django.core.cache.backends.locmem.LocMemCache.get",
        "pathlib.PosixPath.read_text",
    ],
)
def test_calls_that_block(name: str) -> None:
    assert blocking_call(name) is not None


@pytest.mark.parametrize(
    "name",
    [
        "asyncio.sleep",
        "asyncio.Queue.get",
        "redis.Redis",
        "redis.Redis.pipeline",
        "redis.asyncio.Redis.get",
        "redis.client.Pipeline.set",
        "boto3.Client.get_paginator",
        "openai.OpenAI",
        "openai.OpenAI.with_options",
        "openai.OpenAI.api_key.startswith",
        "redis.Redis.__enter__",
        "openai.AsyncOpenAI.chat.completions.create",
        "sqlalchemy.create_engine",
        "csv.reader",
        "time.monotonic",
        "shop.time.sleep",
        "",
    ],
)
def test_calls_that_do_not_block(name: str) -> None:
    assert blocking_call(name) is None


def test_arguments_that_make_a_call_return_at_once() -> None:
    found = blocking_call("queue.Queue.get")
    assert found is not None
    assert found.unless == (Unless(0, "block", "False"), Unless(1, "timeout", "0"))
    percent = blocking_call("psutil.cpu_percent")
    assert percent is not None and Unless(0, "interval", "absent") in percent.unless


def test_only_a_twin_with_the_same_arguments_is_an_awaitable_twin() -> None:
    sleep, http = blocking_call("time.sleep"), blocking_call("requests.get")
    assert sleep is not None and sleep.alternative == "asyncio.sleep" and sleep.awaitable_twin
    assert http is not None and http.alternative and not http.awaitable_twin


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("asyncio.sleep", "coroutine"),
        ("asyncio.gather", "future"),
        ("asyncio.create_task", "task"),
        ("asyncio.TaskGroup.create_task", "task"),
        ("asyncio.AbstractEventLoop.run_in_executor", "future"),
        ("asyncio.timeout", "async context manager"),
        ("asyncio.Task.cancel", "sync"),
        ("asyncio.PriorityQueue.get", "coroutine"),
        ("aiohttp.ClientSession.get", "awaitable context manager"),
        ("redis.asyncio.Redis.get", "coroutine"),
        ("redis.Redis.get", "sync"),
        ("redis.asyncio.client.Pipeline.set", "unknown"),
        ("redis.asyncio.client.Pipeline.execute", "coroutine"),
        ("motor.motor_asyncio.AsyncIOMotorCollection.insert_one", "future"),
        ("motor.motor_asyncio.AsyncIOMotorCollection.find", "sync"),
        ("django.db.models.Manager.aget", "coroutine"),
        ("django.db.models.Manager.filter", "sync"),
        ("django.db.models.Manager.adelete", "unknown"),
        ("django.db.models.QuerySet.aiterator", "async iterator"),
        ("discord.TextChannel.send", "coroutine"),
        ("discord.ext.commands.Bot.load_extension", "coroutine"),
        ("telegram.Bot.send_message", "coroutine"),
        ("playwright.async_api.Page.goto", "coroutine"),
        ("sqlalchemy.ext.asyncio.AsyncSession.execute", "coroutine"),
        ("trio.open_nursery", "async context manager"),
        ("time.sleep", "sync"),
        ("len", "sync"),
        ("shop.views.index", "unknown"),
    ],
)
def test_kind(name: str, expected: str) -> None:
    assert kind(name) == expected


def test_colour_speaks_of_functions() -> None:
    assert colour("asyncio.sleep") == "async"
    assert colour("asyncio.create_task") == "sync"
    assert colour("django.db.models.QuerySet.aiterator") == "async generator"
    assert colour("nobody.knows") == "unknown"


def test_what_with_and_for_take() -> None:
    assert enters("asyncio.Lock") == "async"
    assert enters("threading.Lock") == "sync"
    assert enters("aiohttp.ClientSession") == "async"
    assert iterates("django.db.models.QuerySet") == "both"
    assert iterates("asyncio.StreamReader") == "async"
    assert enters("nobody.Knows") == "unknown"


def test_receivers_are_reached_through_what_calls_return() -> None:
    assert returns("sqlite3.connect") == "sqlite3.Connection"
    assert returns("sqlite3.Connection.cursor") == "sqlite3.Cursor"
    assert returns("requests.Session") == "requests.Session"
    assert returns("concurrent.futures.ThreadPoolExecutor.submit") == "concurrent.futures.Future"
    assert returns("django.db.models.Manager.filter") == "django.db.models.QuerySet"
    assert returns("django.db.models.QuerySet.aget") == types.MODEL
    assert returns("asyncpg.create_pool") == "asyncpg.Pool"
    assert returns("psycopg.AsyncConnection.connect") == "psycopg.AsyncConnection"
    assert attribute("django.db.connection") == "django.db.backends.base.base.BaseDatabaseWrapper"
    assert attribute("django.test.TestCase.client") == "django.test.Client"
    assert returns("time.time") is None
    assert types.yields("pathlib.PosixPath.glob") == "pathlib.Path"
    assert types.yields("django.db.models.Manager.iterator") == types.MODEL
    assert types.returned_class("django.contrib.auth.get_user_model") == "django.contrib.auth.models.User"


def test_classes_know_their_ancestors() -> None:
    assert bases("asyncio.Task") == ("asyncio.Future",)
    assert "django.views.View" in ancestry("django.views.generic.ListView")
    assert "discord.abc.Messageable" in ancestry("discord.TextChannel")
    assert "channels.consumer.AsyncConsumer" in ancestry(
        "channels.generic.websocket.AsyncJsonWebsocketConsumer"
    )
    assert not is_class("requests.get")


def test_who_runs_a_function_where() -> None:
    submit = concurrency.callback("concurrent.futures.thread.ThreadPoolExecutor.submit")
    assert submit is not None and submit.off_the_loop and submit.position == 0
    soon = concurrency.callback("asyncio.AbstractEventLoop.call_later")
    assert soon is not None and soon.where == "loop" and soon.position == 1
    assert concurrency.callback("django.dispatch.Signal.connect") is None
    spawner = concurrency.spawner("asyncio.tasks.create_task")
    assert spawner is not None and spawner.kept_by == "result"
    lock = concurrency.lock("asyncio.locks.Lock")
    assert lock is not None and lock.family == "asyncio" and not lock.reentrant


def test_frameworks_entry_points() -> None:
    route = concurrency.decorator_entry("fastapi.FastAPI.get")
    assert route is not None and (route.async_where, route.sync_where) == ("loop", "worker thread")
    view = concurrency.method_entry("django.views.generic.ListView", "get")
    assert view is not None and view.async_where == "loop"
    assert concurrency.method_entry("django.views.generic.ListView", "get_queryset") is None
    setup = concurrency.function_entry("homeassistant.components.sun", "async_setup_entry")
    assert setup is not None and setup.async_where == "loop"
    assert concurrency.function_entry("shop.setup", "async_setup_entry") is None
    event = concurrency.decorator_entry("discord.ext.commands.Bot.event")
    assert event is not None and event.framework == "discord.py"


def test_twins_begin_with_their_release() -> None:
    get = django.twin("django.db.models.manager.Manager.get", (4, 1))
    assert get is not None and get.method == "aget" and get.since == (4, 1)
    assert django.twin("django.db.models.Manager.get", (4, 0)) is None
    assert django.twin("django.db.models.Manager.delete", None) is None
    assert django.twin("django.contrib.auth.models.User.has_perm", (5, 1)) is None
    user = django.twin("django.http.HttpRequest.user", None)
    assert user is not None and user.method == "auser" and user.form == "attribute"
    assert django.has_no_twin("django.db.transaction.atomic")
    assert django.decorator_since("django.contrib.auth.decorators.login_required") == (5, 1)


def test_what_raises_and_what_blocks_in_silence() -> None:
    assert django.reaction("django.db.models.Manager.count") == "raises"
    assert django.reaction("django.core.mail.send_mail") == "blocks"
    assert django.reaction("django.core.cache.backends.locmem.LocMemCache.get") == "blocks"
    assert django.reaction("django.core.cache.backends.db.DatabaseCache.get") == "raises"
    assert django.reaction("django.db.models.QuerySet.filter") == "unknown"
    assert (django.queries("filter"), django.queries("first"), django.queries("aget")) == (
        "lazy",
        "evaluates",
        "unknown",
    )


def test_every_alternative_is_known_or_of_the_standard_library() -> None:
    unknown = [
        row.alternative
        for row in blocking.rows()
        if row.alternative and kind(row.alternative) == "unknown" and not is_class(row.alternative)
    ]
    assert sorted(set(unknown)) == []


def test_a_same_call_twin_is_awaited() -> None:
    twins = [row for row in blocking.rows() if row.swap == "same call"]
    assert twins and all(kind(row.alternative) == "coroutine" for row in twins)


def test_asking_imports_none_of_the_packages() -> None:
    script = (
        "import sys\n"
        "from awaitlens.knowledge import blocking, concurrency, coroutines, django, types\n"
        "blocking.blocking_call('requests.get'); coroutines.kind('asyncio.sleep'); types.returns('sqlite3.connect')\n"
        "django.twin('django.db.models.QuerySet.get', None); concurrency.callback('asyncio.to_thread')\n"
        "print(sorted({'asyncio', 'csv', 'requests', 'django', 'sqlite3'} & set(sys.modules)))\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True
    )
    assert run.stdout.strip() == "[]"
