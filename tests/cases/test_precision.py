"""Against false alarms: code as real projects have it, which looks like a pitfall and is none. All of it stays silent."""

from __future__ import annotations

import logging
import textwrap

import pytest

from awaitlens.engine import check_texts

SILENT = {
    # What is put into a field may give more than its annotation says: here a coroutine, and a function.
    "annotated callables": """
        import asyncio
        from collections.abc import Callable
        from dataclasses import dataclass

        @dataclass
        class Switch:
            changed: Callable[[], None]
            action: Callable[[object], bool]

            async def turn(self, router):
                await self.changed()
                await asyncio.to_thread(self.action(router), True)
        """,
    # A task starter of a web framework takes the coroutine function as gladly as the coroutine.
    "starter takes functions": """
        from sanic import Sanic

        async def tick(app): ...

        app = Sanic("shop")
        app.add_task(tick)
        """,
    # A diamond: the asynchronous mixin goes before the synchronous one that both sides inherit from.
    "method order": """
        import shutil

        class Files:
            def copy(self, source, target):
                shutil.copyfile(source, target)

        class AsyncFiles(Files):
            async def copy(self, source, target): ...

        class Checkpoints(Files): ...

        class AsyncCheckpoints(Checkpoints, AsyncFiles):
            async def create(self):
                await self.copy("a", "b")
        """,
    # An HTTP transport enters the request by hand, because the response outlives the function.
    "context manager entered by hand": """
        from aiohttp import ClientSession

        class Transport:
            def __init__(self, client: ClientSession):
                self.client = client

            async def handle(self, url):
                return await self.client.request("GET", url).__aenter__()
        """,
    # `*querysets: QuerySet` is a tuple of querysets, and a tuple has a plain for.
    "variadic parameter": """
        class QuerySet:
            def __aiter__(self):
                return self

        class Union:
            def __init__(self, *querysets: QuerySet, **named: QuerySet):
                self._querysets = querysets
                self._named = named

            def build(self):
                for queryset in self._querysets:
                    queryset.build()
                for name in self._named:
                    print(name)
        """,
    # What is annotated Awaitable may be a task, which has done() and cancel().
    "awaitable that is a task": """
        import asyncio
        from typing import Awaitable

        async def serve(): ...

        class Lifespan:
            def __init__(self):
                self._task: Awaitable[None] = None

            async def startup(self):
                self._task = asyncio.ensure_future(serve())
                if self._task.done():
                    await self._task
        """,
    # A destructor that closes an async client: get_running_loop() raises on any thread but the loop's own.
    "running loop in a destructor": """
        import asyncio

        class Client:
            async def aclose(self): ...

            def __del__(self):
                try:
                    self._closing = asyncio.get_running_loop().create_task(self.aclose())
                except RuntimeError:
                    pass
        """,
    # A bot written for python-telegram-bot 13, whose Updater starts threads and returns.
    "older major version": """
        from telegram.ext import Updater

        class Bot:
            def __init__(self, bot):
                self.updater = Updater(bot=bot, workers=4)

            def start(self):
                self.updater.start_polling()
        """,
    # A picture out of memory: open() reads a header from a buffer, and no disk is asked.
    "picture in memory": """
        import io

        from PIL import Image

        async def read(content):
            return Image.open(io.BytesIO(content))
        """,
    # A close() that must not stop half way notes the cancellation, finishes, and raises it then.
    "cancellation raised later": """
        import asyncio

        async def close(closing):
            cancelled = False
            while not closing.done():
                try:
                    await asyncio.shield(closing)
                except asyncio.CancelledError:
                    cancelled = True
            if cancelled:
                raise asyncio.CancelledError()
        """,
    # A connection that cannot be set up is closed, whatever happens then; the first error goes on.
    "tidying up after an error": """
        async def enter(socket):
            try:
                await socket.flush()
            except BaseException:
                try:
                    await socket.close()
                except BaseException:
                    pass
                raise
        """,
    # A cancelled operation waits for its cleanup in a loop, and raises the cancellation again.
    "cleanup that cannot be cancelled": """
        import asyncio

        async def operation(work, removal):
            try:
                await work()
            except BaseException:
                while not removal.done():
                    try:
                        await asyncio.shield(removal)
                    except asyncio.CancelledError:
                        continue
                raise
        """,
    # A registry guards its dict with acquire() and release(), as others do with `with lock`.
    "short lock in a helper": """
        import threading

        class Registry:
            def __init__(self):
                self._lock = threading.Lock()
                self._handlers = {}

            def handlers(self, name):
                self._lock.acquire()
                try:
                    return self._handlers.get(name)
                finally:
                    self._lock.release()

        class Connection:
            def __init__(self):
                self.registry = Registry()

            async def dispatch(self, name):
                return self.registry.handlers(name)
        """,
    # A pipeline queues its commands; the one await is for execute().
    "queued commands": """
        from redis.asyncio import Redis

        class Store(Redis):
            async def put(self, key, value):
                async with self.pipeline(transaction=True) as pipe:
                    pipe.set(key, value)
                    pipe.expire(key, 60)
                    await pipe.execute()
        """,
    # The coroutines are kept in a tuple, and a helper gathers them.
    "coroutines kept together": """
        import asyncio

        async def create(user): ...

        async def bounded(limit, jobs):
            return await asyncio.gather(*jobs)

        async def insert(users):
            return await bounded(3, tuple(create(user) for user in users))
        """,
    # The cancellation that is suppressed comes second; the first one is raised again.
    "suppressed while cleaning up": """
        import asyncio
        from contextlib import suppress

        async def finish(task):
            try:
                return await asyncio.shield(task)
            except asyncio.CancelledError:
                while not task.done():
                    with suppress(asyncio.CancelledError):
                        await asyncio.shield(task)
                raise
        """,
    # A runner keeps the exception, and whoever asks for the result gets it.
    "exception kept for others": """
        class Runner:
            async def run(self):
                try:
                    self.result = await self.factory()
                except BaseException as error:
                    self.exception = error
        """,
    # A test client hands every request to a thread: Session.get() ends in the request() that the class replaces.
    "inherited method on a replaced one": """
        import requests

        class AsyncSession(requests.Session):
            def request(self, *args, **options):
                return pool.submit(super().request, *args, **options)

        async def visit():
            return await AsyncSession().get("/")
        """,
    # A helper looks at a result that is there already.
    "result that is there": """
        from concurrent.futures import Future

        class Load:
            def __init__(self, future: Future):
                self.future = future

            def failed(self):
                return self.future.done() and self.future.result() is None

        class Encodings:
            def __init__(self, load: Load):
                self.load = load

            async def get(self):
                return self.load.failed()
        """,
    # A getter makes its client once, and only where a bucket is configured; each handler calls it.
    "client made once": """
        import os

        import boto3

        storage = None

        def get_storage():
            global storage
            if storage is None:
                if bucket := os.environ.get("BUCKET"):
                    storage = boto3.client("s3")
            return storage

        async def handle(request):
            return get_storage()
        """,
    # The process has ended when its pipes are closed.
    "process that is over": """
        import subprocess

        class Spawner:
            def __init__(self, command):
                self.process = subprocess.Popen(command)

            async def poll(self):
                status = self.process.poll()
                if status is not None:
                    with self.process:
                        self.clear()
                return status
        """,
}


@pytest.mark.parametrize("name", SILENT)
def test_stays_silent(name: str) -> None:
    found = check_texts({"module.py": textwrap.dedent(SILENT[name])}).findings("module.py")
    assert [f"{finding.pitfall}: {finding.message}" for finding in found] == []


LOUD = {
    # The same lock taken by the coroutine itself.
    "blocking-thread-wait": """
        import threading

        lock = threading.Lock()

        async def dispatch():
            lock.acquire()
        """,
    # The cancellation is noted, but never raised.
    "swallowed-cancellation": """
        import asyncio

        async def poll(queue):
            while True:
                try:
                    await queue.get()
                except asyncio.CancelledError:
                    cancelled = True
        """,
    # A raise in a clause beside it is not for this exception.
    "swallowed-cancellation: the clause beside it": """
        async def probe(source, fallback):
            try:
                return await source.probe()
            except Exception:
                try:
                    return await fallback(source)
                except (KeyboardInterrupt, SystemExit):
                    raise
                except BaseException:
                    print("failed")
        """,
    # A loop that came from somewhere else is not safe in a destructor.
    "loop-call-from-thread": """
        import asyncio

        class Client:
            def __init__(self, loop: asyncio.AbstractEventLoop):
                self.loop = loop

            def __del__(self):
                self.loop.call_soon(print, "closed")
        """,
    # A command that runs the tests is no test.
    "blocking-sleep": """
        import time

        def run_tests():
            import pytest
            return pytest.main()

        async def serve():
            time.sleep(1)
        """,
}


@pytest.mark.parametrize("name", LOUD)
def test_the_real_thing_is_still_found(name: str) -> None:
    """Against missed alarms: what keeps the code above silent does not silence these."""
    found = check_texts({"module.py": textwrap.dedent(LOUD[name])}).findings("module.py")
    assert name.partition(":")[0] in [finding.pitfall for finding in found]


def test_a_name_rebound_by_its_own_methods_ends(caplog: pytest.LogCaptureFixture) -> None:
    """Query builders rebind a name in branches: what it may be is looked for, but not for ever."""
    text = """
        class Query:
            def build(self, query, tables):
                for table in tables:
                    query = query.join(table) if table else query.select(table)
                    query = query.where(table)
                return query.execute()

        async def run():
            return Query().build(a, b)
        """
    with caplog.at_level(logging.ERROR, logger="awaitlens"):
        assert check_texts({"module.py": textwrap.dedent(text)}).findings("module.py") == ()
    assert caplog.records == []


def test_a_module_of_a_package_is_not_the_standard_one_of_its_name() -> None:
    """A vendored aiofiles has an os.py; `import os` beside it and elsewhere means Python's."""
    text = "import os\n\n\ndef clean(path):\n    if os.path.exists(path):\n        os.remove(path)\n"
    files = {
        "vendored/files/__init__.py": "",
        "vendored/files/os.py": "async def remove(path): ...\n",
        "vendored/files/again.py": text,
        "main.py": text,
    }
    program = check_texts(files)
    assert [program.findings(path) for path in files] == [(), (), (), ()]


def test_what_as_completed_gives_is_complete() -> None:
    text = """
        import concurrent.futures

        async def read(pool: concurrent.futures.ThreadPoolExecutor, job):
            for future in concurrent.futures.as_completed([pool.submit(job)]):
                print(future.result())
        """
    found = check_texts({"module.py": textwrap.dedent(text)}).findings("module.py")
    assert [finding.message.partition("(")[0] for finding in found] == ["concurrent.futures.as_completed"]
