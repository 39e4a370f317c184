"""Code of real projects that was accused wrongly, in our own words, each beside what must still be found."""

from __future__ import annotations

import logging
import textwrap
from typing import NamedTuple

import pytest

from awaitlens.engine import check_texts


class Pair(NamedTuple):
    """`pitfall` is claimed nowhere in `silent`, and in `loud`."""

    pitfall: str
    silent: str
    loud: str


PAIRS = {
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
}


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
