"""Functions that look as if they held up the loop, each beside one that does."""

from __future__ import annotations

from typing import NamedTuple


class Pair(NamedTuple):
    """`pitfall` is claimed nowhere in `silent`, and in `loud`."""

    pitfall: str
    silent: str
    loud: str


WAITS = {
    "a helper queries only when a parameter is given, and it is not": Pair(
        "blocking-call-chain",
        """
        from shop.models import Book

        def name_of(book=None, key=None, code=None):
            if key:
                book = Book.objects.get(key=key)
            if code is not None:
                book = Book.objects.get(code=code)
            return str(book)

        async def label(book):
            return name_of(book)
        """,
        """
        from shop.models import Book

        def name_of(book=None, key=None):
            if key:
                book = Book.objects.get(key=key)
            return str(book)

        async def label(key):
            return name_of(key=key)
        """,
    ),
    "a helper waits only when it is told to, and it is told not to": Pair(
        "blocking-call-chain",
        """
        import threading
        from contextlib import contextmanager

        @contextmanager
        def heartbeats(beat, join=True):
            thread = threading.Thread(target=beat)
            thread.start()
            try:
                yield
            finally:
                if join:
                    thread.join()

        async def run(flow):
            with heartbeats(flow.beat, join=False):
                await flow.step()
            with heartbeats(flow.beat, False):
                await flow.step()
        """,
        """
        import threading
        from contextlib import contextmanager

        @contextmanager
        def heartbeats(beat, join=False):
            thread = threading.Thread(target=beat)
            thread.start()
            try:
                yield
            finally:
                if join:
                    thread.join()

        async def run(flow):
            with heartbeats(flow.beat, join=True):
                await flow.step()
        """,
    ),
    "the queue was asked before the helper takes from it": Pair(
        "blocking-call-chain",
        """
        import queue

        class Stream:
            def __init__(self):
                self.jobs = queue.Queue()

            def take(self):
                return self.jobs.get()

            async def next(self, more):
                while self.jobs.empty():
                    await more.wait()
                return self.take()
        """,
        """
        import queue

        class Stream:
            def __init__(self):
                self.jobs = queue.Queue()

            def take(self):
                return self.jobs.get()

            async def next(self, more):
                await more.wait()
                return self.take()
        """,
    ),
    "an address in numbers needs no name lookup": Pair(
        "blocking-call-chain",
        """
        import socket

        def is_address(text):
            return bool(socket.getaddrinfo(text, 0, socket.AF_UNSPEC, socket.SOCK_STREAM, 0, socket.AI_NUMERICHOST))

        async def bind(text):
            await text.ready()
            return is_address(text)
        """,
        """
        import socket

        def is_address(text):
            return bool(socket.getaddrinfo(text, 0, socket.AF_UNSPEC, socket.SOCK_STREAM))

        async def bind(text):
            await text.ready()
            return is_address(text)
        """,
    ),
    "a file that a cache keeps is read once": Pair(
        "blocking-call-chain",
        """
        import functools

        @functools.lru_cache(maxsize=1)
        def version():
            with open("version") as file:
                return file.read()

        async def about(wire):
            await wire.send(version())
        """,
        """
        def version():
            with open("version") as file:
                return file.read()

        async def about(wire):
            await wire.send(version())
        """,
    ),
    "the small ones here, the large ones on a thread": Pair(
        "blocking-call-chain",
        """
        import asyncio
        import zlib

        def pack(data):
            with open("log", "wb") as log:
                log.write(zlib.compress(data))

        async def send(data, wire):
            if len(data) < 10_000:
                pack(data)
            else:
                await asyncio.to_thread(pack, data)
        """,
        """
        import asyncio
        import zlib

        def pack(data):
            with open("log", "wb") as log:
                log.write(zlib.compress(data))

        async def send(data, wire):
            await asyncio.to_thread(pack, data)
            pack(data)
        """,
    ),
    "a nap of a millisecond keeps two stamps apart": Pair(
        "blocking-call-chain",
        """
        import time

        class Message:
            def __init__(self):
                time.sleep(0.001)

        async def answer(wire):
            await wire.send(Message())
        """,
        """
        import time

        class Message:
            def __init__(self):
                time.sleep(0.1)

        async def answer(wire):
            await wire.send(Message())
        """,
    ),
    "before its first await the program's one coroutine is alone on the loop": Pair(
        "blocking-call-chain",
        """
        import asyncio

        def settings():
            with open("settings") as file:
                return file.read()

        async def main(serve):
            await serve(settings())

        if __name__ == "__main__":
            asyncio.run(main(print))
        """,
        """
        import asyncio

        def settings():
            with open("settings") as file:
                return file.read()

        async def main(serve):
            await serve(None)
            await serve(settings())

        if __name__ == "__main__":
            asyncio.run(main(print))
        """,
    ),
    "a database in memory waits for nobody": Pair(
        "blocking-database",
        """
        import sqlite3

        async def scratch():
            return sqlite3.connect(":memory:")
        """,
        """
        import sqlite3

        async def scratch(path):
            return sqlite3.connect(path)
        """,
    ),
    "a variable that was given something else in between": Pair(
        "blocking-call-chain",
        """
        import time

        class Link:
            def ask(self):
                time.sleep(1)

        async def main(make):
            link = Link()
            link = make()
            link.ask()
        """,
        """
        import time

        class Link:
            def ask(self):
                time.sleep(1)

        async def main(make, quick):
            link = Link()
            if quick:
                link = make()
            link.ask()
        """,
    ),
    "a generator expression that is only made, or handed to a thread": Pair(
        "blocking-call-chain",
        """
        import asyncio
        import time

        def load(key):
            time.sleep(1)

        async def later(keys):
            rows = (load(key) for key in keys)
            return await asyncio.to_thread(list, rows)

        async def returned(keys):
            return (load(key) for key in keys)
        """,
        """
        import time

        def load(key):
            time.sleep(1)

        async def now(keys):
            rows = (load(key) for key in keys)
            return list(rows)
        """,
    ),
    "a wait that a parameter turns off, over two calls": Pair(
        "blocking-call-chain",
        """
        import queue

        jobs = queue.Queue()

        class Channel:
            def take(self, block=True):
                return jobs.get(block=block)

            def again(self, block=True):
                return self.take(block=block)

        async def main(channel: Channel):
            channel.take(block=False)
            channel.again(block=False)
        """,
        """
        import queue

        jobs = queue.Queue()

        class Channel:
            def take(self, block=True):
                return jobs.get(block=block)

            def again(self, block=True):
                return self.take(block=block)

        async def main(channel: Channel):
            channel.again()
        """,
    ),
    "a future of a pool that was awaited has its result": Pair(
        "blocking-thread-wait",
        """
        import asyncio
        from concurrent.futures import ThreadPoolExecutor

        pool = ThreadPoolExecutor()

        async def load(read):
            future = pool.submit(read)
            await asyncio.wrap_future(future)
            return future.result()
        """,
        """
        import asyncio
        from concurrent.futures import ThreadPoolExecutor

        pool = ThreadPoolExecutor()

        async def load(read):
            future = pool.submit(read)
            other = pool.submit(read)
            await asyncio.wrap_future(other)
            return future.result()
        """,
    ),
    "a timeout that a helper is not given is none, and waits for ever": Pair(
        "blocking-call-chain",
        "import threading\n\nready = threading.Event()\n\ndef is_ready():\n    return ready.wait(0)\n\n"
        "async def main():\n    is_ready()\n",
        "import threading\n\nready = threading.Event()\n\ndef wait(timeout=None):\n    ready.wait(timeout)\n\n"
        "async def main():\n    wait()\n",
    ),
    "sleeping for no time": Pair(
        "blocking-sleep",
        "import time\n\nasync def turn():\n    time.sleep(0)\n",
        "import time\n\nasync def turn():\n    time.sleep(0.001)\n",
    ),
}
