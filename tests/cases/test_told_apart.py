"""Code of real projects that was accused wrongly, in our own words, each beside what must still be found."""

from __future__ import annotations

import logging
import textwrap

import pytest
from tests.cases.hand_read import HAND_READ
from tests.cases.seldom import SELDOM
from tests.cases.told_apart import WAITS, Pair

from awaitlens.engine import check_texts

COLOURS_AND_ENDS = {
    "a response that serves both colours asks what its stream is": Pair(
        "for-needs-async-for",
        """
        class AsyncStream:
            async def __aiter__(self):
                yield b""

        class Response:
            def __init__(self):
                self.stream = AsyncStream()

            def read(self):
                if not isinstance(self.stream, SyncStream):
                    raise RuntimeError("an asynchronous stream")
                return [chunk for chunk in self.stream]

            def parts(self):
                if isinstance(self.stream, list):
                    for chunk in self.stream:
                        yield chunk
        """,
        """
        class AsyncStream:
            async def __aiter__(self):
                yield b""

        class Response:
            def __init__(self):
                self.stream = AsyncStream()

            def parts(self):
                for chunk in self.stream:
                    yield chunk
        """,
    ),
    "a result is asked whether it can be awaited": Pair(
        "unawaited-variable",
        """
        import inspect

        async def execute(statement): ...

        def resolve(statement):
            result = execute(statement)
            if inspect.isawaitable(result):
                return finish(result)
            return result.scalars()
        """,
        """
        async def execute(statement): ...

        def resolve(statement):
            result = execute(statement)
            return result.scalars()
        """,
    ),
    "a handler is asked for its colour before it is called": Pair(
        "unawaited-call",
        """
        import asyncio

        async def log(event): ...

        def emit(event, handler=log):
            handler = log
            if not asyncio.iscoroutinefunction(handler):
                handler(event)
        """,
        """
        async def log(event): ...

        def emit(event):
            handler = log
            handler(event)
        """,
    ),
    "what is annotated Awaitable may be a future, which runs unasked": Pair(
        "unawaited-call",
        """
        from concurrent.futures import Future
        from typing import Awaitable

        class Queue:
            def get(self) -> Awaitable[int]:
                return self.waiter

        def skip(queue: Queue):
            queue.get()
        """,
        """
        from typing import Coroutine

        class Queue:
            def get(self) -> Coroutine[None, None, int]:
                return self.wait()

        def skip(queue: Queue):
            queue.get()
        """,
    ),
    "an attribute that is annotated with two classes is neither": Pair(
        "unawaited-call",
        """
        from typing import Optional, Union

        class Transport:
            def close(self): ...

        class AsyncTransport:
            async def close(self): ...

        class Client:
            def __init__(self, transport: Optional[Union[Transport, AsyncTransport]] = None, local=False):
                if local:
                    transport = AsyncTransport()
                self.transport: Union[Transport, AsyncTransport] = transport

        class Session:
            def __init__(self, client: Client):
                self.client = client

            def close(self):
                self.client.transport.close()
        """,
        """
        class AsyncTransport:
            async def close(self): ...

        class Client:
            def __init__(self, local=False):
                self.transport: AsyncTransport = AsyncTransport()

        class Session:
            def __init__(self, client: Client):
                self.client = client

            def close(self):
                self.client.transport.close()
        """,
    ),
    "a task of its own ends with the clause": Pair(
        "swallowed-cancellation",
        """
        class Protocol:
            def start(self):
                self.task = self.loop.create_task(self.run())

            async def run(self):
                try:
                    await self.app()
                except BaseException:
                    self.log.exception("the application failed")
                    self.transport.close()
        """,
        """
        class Protocol:
            async def start(self):
                await self.run()
                await self.transport.drain()

            async def run(self):
                try:
                    await self.app()
                except BaseException:
                    self.log.exception("the application failed")
                    self.transport.close()
        """,
    ),
    "a clean-up that is seen through, however often it is cancelled": Pair(
        "suppressed-cancellation",
        """
        import asyncio
        import contextlib

        async def watch(queue, close):
            try:
                await queue.join()
            finally:
                closing = asyncio.create_task(close())
                while not closing.done():
                    with contextlib.suppress(asyncio.CancelledError):
                        await asyncio.shield(closing)
        """,
        """
        import asyncio
        import contextlib

        async def watch(queue):
            while True:
                with contextlib.suppress(asyncio.CancelledError):
                    await queue.get()
        """,
    ),
    "a drain loop ends when the queue says that it is empty": Pair(
        "loop-never-yields",
        """
        import asyncio

        async def drain(jobs: asyncio.Queue, seen):
            try:
                while True:
                    seen.append(jobs.get_nowait())
            except asyncio.QueueEmpty:
                pass
        """,
        """
        import asyncio

        async def drain(jobs: asyncio.Queue, seen):
            while True:
                seen.append(jobs.empty())
        """,
    ),
    "waiting for what runs elsewhere is no start of anything": Pair(
        "ignored-gather-exceptions",
        """
        import asyncio

        async def finish(releases):
            await asyncio.gather(*(asyncio.wrap_future(each) for each in releases), return_exceptions=True)
        """,
        """
        import asyncio

        async def release(each): ...

        async def finish(releases):
            await asyncio.gather(*(release(each) for each in releases), return_exceptions=True)
        """,
    ),
    "tidying up at the end goes on to nothing": Pair(
        "swallowed-cancellation",
        """
        class Session:
            async def cleanup(self):
                try:
                    await self.stack.aclose()
                except BaseException:
                    self.log.debug("not closed cleanly")
        """,
        """
        class Session:
            async def cleanup(self):
                while self.stacks:
                    try:
                        await self.stacks.pop().aclose()
                    except BaseException:
                        self.log.debug("not closed cleanly")
        """,
    ),
}
PAIRS = {**COLOURS_AND_ENDS, **WAITS, **SELDOM, **HAND_READ}


def pitfalls(text: str) -> set[str]:
    return {f.pitfall for f in check_texts({"shop.py": textwrap.dedent(text)}).findings("shop.py")}


@pytest.mark.parametrize("name", PAIRS)
def test_what_looks_like_it_is_silent(name: str) -> None:
    """About false alarms."""
    assert PAIRS[name].pitfall not in pitfalls(PAIRS[name].silent)


@pytest.mark.parametrize("name", PAIRS)
def test_the_real_thing_is_still_told(name: str) -> None:
    """About missed alarms."""
    assert PAIRS[name].pitfall in pitfalls(PAIRS[name].loud)


def test_a_call_that_may_be_passed_by_can_block() -> None:
    """The sentence is true of every call: what three conditions in a row may lead past is not told."""
    text = """
        import time

        def load(page, deep=False):
            if page:
                time.sleep(1)

        def show(page):
            if page.is_new:
                load(page)

        def visit(page):
            if page.is_mine:
                show(page)

        async def work(page):
            load(page)
            show(page)
            visit(page)
        """
    found = check_texts({"shop.py": textwrap.dedent(text)}).findings("shop.py")
    assert [f.message for f in found] == [
        "load() can block the event loop: load > time.sleep",
        "show() can block the event loop: show > load > time.sleep",
    ]


def test_a_name_that_is_its_own_iterator_comes_to_an_end(caplog: pytest.LogCaptureFixture) -> None:
    """`rows = iter(rows)` stands for itself: who made it is looked for once."""
    text = """
        async def page(rows):
            rows = iter(rows)
            for row in rows:
                print(row, next(rows))
        """
    with caplog.at_level(logging.ERROR, logger="awaitlens"):
        assert pitfalls(text) == set()
    assert caplog.records == []


def test_what_an_object_keeps_is_made_for_each_object() -> None:
    """About a missed alarm: only what there is once is there already for most calls."""
    text = """
        import shutil

        class Page:
            def __init__(self, path):
                self.text = None
                if self.text is None:
                    self.text = shutil.copyfile("page.html", path)

        async def show(path):
            return Page(path)
        """
    assert pitfalls(text) == {"blocking-call-chain"}


def test_what_always_waits_is_told_before_what_may() -> None:
    """The surest sentence: the file is written by every call, and read where it is there."""
    text = """
        from pathlib import Path

        def save(path, text):
            if Path(path).exists():
                text = Path(path).read_text() + text
            Path(path).write_text(text)

        def log(path, text):
            save(path, text)

        async def note(path, text):
            log(path, text)
        """
    (found,) = check_texts({"shop.py": textwrap.dedent(text)}).findings("shop.py")
    assert found.message == "log() blocks the event loop: log > save > pathlib.Path.write_text"


FIXTURE = """
    import subprocess
    import pytest

    @pytest.fixture
    async def repository(path):
        subprocess.run(["git", "init", path])
    """


def test_fixtures_may_block_wherever_they_are_kept() -> None:
    """About false alarms; without pytest the same function is no fixture."""
    assert pitfalls(FIXTURE) == set()
    assert pitfalls(FIXTURE.replace("import pytest", "").replace("@pytest.fixture", "")) == {
        "blocking-subprocess"
    }


def test_a_script_named_like_a_standard_module_is_not_what_others_import() -> None:
    """About missed alarms: `profiles/os.py` stands in a folder of scripts, and `import os` elsewhere means Python's."""
    work = "import os\n\nasync def work(wait):\n    await wait()\n    os.system('make')\n"
    program = check_texts({"profiles/os.py": "print('a profile')\n", "shop.py": work})
    assert [f.pitfall for f in program.findings("shop.py")] == ["blocking-subprocess"]
    at_root = check_texts({"os.py": "def system(line): ...\n", "shop.py": work})
    assert at_root.findings("shop.py") == ()
