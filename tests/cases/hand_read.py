"""Code of applications read by hand that was accused wrongly, in our own words, each beside what must still be found."""

from __future__ import annotations

from tests.cases.told_apart import Pair

HAND_READ = {
    "a lock of its own is only for who has none that is kept": Pair(
        "lock-not-shared",
        """
        import asyncio

        class Approvals:
            def __init__(self):
                self.locks = {}

            async def consume(self, key, run):
                lock = self.locks.get(key) or asyncio.Lock()
                async with lock:
                    await run(key)
        """,
        """
        import asyncio

        class Approvals:
            async def consume(self, key, run):
                lock = asyncio.Lock()
                async with lock:
                    await run(key)
        """,
    ),
    "a cancellation that has to wait is told to the caller": Pair(
        "swallowed-cancellation",
        """
        import asyncio

        async def finish(tasks):
            cancelled = False
            for task in tasks:
                try:
                    await task
                except asyncio.CancelledError:
                    cancelled = True
            return cancelled
        """,
        """
        import asyncio

        async def finish(tasks):
            cancelled = False
            for task in tasks:
                try:
                    await task
                except asyncio.CancelledError:
                    cancelled = True
            return tasks
        """,
    ),
    "what has to be done is waited for, however often somebody cancels": Pair(
        "swallowed-cancellation",
        """
        import asyncio

        async def finish(work):
            task = asyncio.ensure_future(work)
            while not task.done():
                try:
                    await asyncio.shield(task)
                except asyncio.CancelledError:
                    continue
            return task.result()
        """,
        """
        import asyncio

        async def finish(work, queue):
            task = asyncio.ensure_future(work)
            while not task.done():
                try:
                    await asyncio.shield(queue.get())
                except asyncio.CancelledError:
                    continue
            return task.result()
        """,
    ),
    "a signal cancels the task that is waited for": Pair(
        "swallowed-cancellation",
        """
        import asyncio

        class Prompt:
            async def run(self, lines):
                async for line in lines:
                    self.running = asyncio.ensure_future(self.answer(line))
                    try:
                        await self.running
                    except asyncio.CancelledError:
                        continue

            def on_signal(self):
                self.running.cancel()
        """,
        """
        import asyncio

        class Prompt:
            async def run(self, lines):
                async for line in lines:
                    self.running = asyncio.ensure_future(self.answer(line))
                    try:
                        await self.running
                    except asyncio.CancelledError:
                        continue

            def on_signal(self):
                self.running.print_stack()
        """,
    ),
    "where no loop runs yet, nobody sleeps on the queue": Pair(
        "asyncio-primitive-from-thread",
        """
        import asyncio

        class Relay:
            def __init__(self):
                self.events = asyncio.Queue()
                self.loop = None

            def put(self, event):
                if self.loop:
                    self.loop.call_soon_threadsafe(self.events.put_nowait, event)
                else:
                    self.events.put_nowait(event)

            async def run(self):
                await asyncio.to_thread(self.put, 1)
        """,
        """
        import asyncio

        class Relay:
            def __init__(self):
                self.events = asyncio.Queue()
                self.loop = None

            def put(self, event):
                if self.loop:
                    self.loop.call_soon_threadsafe(print, event)
                else:
                    self.events.put_nowait(event)

            async def run(self):
                await asyncio.to_thread(self.put, 1)
        """,
    ),
    "one branch of an expression reads a file": Pair(
        "blocking-call-chain",
        """
        from pathlib import Path

        def load(path):
            return Path(path).read_text()

        def language(path, changed):
            found = load(path) if changed else None
            return found or changed and load(path) or "en"

        async def greet(path, changed):
            return language(path, changed)
        """,
        """
        from pathlib import Path

        def load(path):
            return Path(path).read_text()

        def language(path, changed):
            return changed if load(path) else None

        async def greet(path, changed):
            return language(path, changed)
        """,
    ),
    "a thread that says when it is up, and is started once": Pair(
        "blocking-call-chain",
        """
        import threading

        sessions = []

        def start(serve):
            up = threading.Event()
            threading.Thread(target=serve, args=(up,)).start()
            up.wait()

        def session(serve):
            if not sessions:
                sessions.append(serve)
                start(serve)
            return sessions[0]

        async def show(serve):
            return session(serve)
        """,
        """
        import threading

        sessions = []

        def start(serve):
            up = threading.Event()
            threading.Thread(target=serve, args=(up,)).start()
            up.wait()

        def session(serve):
            if not sessions:
                start(serve)
            return sessions[0]

        async def show(serve):
            return session(serve)
        """,
    ),
    "a socket that has coroutines in place of methods": Pair(
        "blocking-database",
        """
        import asyncio
        import zmq
        import zmq.asyncio

        async def receive(address, timeout):
            socket = zmq.asyncio.Context().socket(zmq.SUB)
            return await asyncio.wait_for(socket.recv(), timeout)
        """,
        """
        import asyncio
        import zmq

        async def receive(address, timeout):
            socket = zmq.Context().socket(zmq.SUB)
            return await asyncio.wait_for(socket.recv(), timeout)
        """,
    ),
    "what comes out of a pickle is nobody's yet": Pair(
        "checked-then-reset",
        """
        class Server:
            def __init__(self, tracker):
                self.tracker = tracker

            def __setstate__(self, state):
                self.tracker = None

            async def answer(self, call):
                if self.tracker is None:
                    return await call()
                answer = await call()
                self.tracker.count(answer)
                return answer
        """,
        """
        class Server:
            def __init__(self, tracker):
                self.tracker = tracker

            def close(self):
                self.tracker = None

            async def answer(self, call):
                if self.tracker is None:
                    return await call()
                answer = await call()
                self.tracker.count(answer)
                return answer
        """,
    ),
    "what the kernel says lies on no disk": Pair(
        "blocking-file-io",
        """
        from pathlib import Path

        async def identity(pid):
            with open(f"/proc/{pid}/stat") as file:
                return file.read() + Path("/proc/sys/kernel/random/boot_id").read_text()
        """,
        """
        from pathlib import Path

        async def identity(pid):
            return Path("/etc/machine-id").read_text()
        """,
    ),
    "a cache holds what was read before": Pair(
        "blocking-call-chain",
        """
        import functools
        from pathlib import Path

        @functools.lru_cache(maxsize=256)
        def load(path, changed):
            return Path(path).read_text()

        async def show(path, changed):
            return load(path, changed)
        """,
        """
        import functools
        from pathlib import Path

        @functools.wraps(str)
        def load(path, changed):
            return Path(path).read_text()

        async def show(path, changed):
            return load(path, changed)
        """,
    ),
    "a file is read when it has changed": Pair(
        "blocking-call-chain",
        """
        from pathlib import Path

        def load(path, changed):
            return changed() and Path(path).read_text() != ""

        async def show(path, changed):
            return load(path, changed)
        """,
        """
        from pathlib import Path

        def load(path, changed):
            return Path(path).is_file() and Path(path).read_text() != ""

        async def show(path, changed):
            return load(path, changed)
        """,
    ),
    "what is read where it is": Pair(
        "blocking-call-chain",
        """
        from pathlib import Path

        def load(path, changed):
            if changed:
                return Path(path).read_text()

        async def show(path, changed):
            return load(path, changed)
        """,
        """
        from pathlib import Path

        def load(path, changed):
            if Path(path).exists():
                return Path(path).read_text()

        async def show(path, changed):
            return load(path, changed)
        """,
    ),
    "a metaclass gives everybody the one object it has made": Pair(
        "blocking-call-chain",
        """
        from pathlib import Path

        class Singleton(type):
            known = {}

            def __call__(cls, *args):
                if cls not in cls.known:
                    cls.known[cls] = super().__call__(*args)
                return cls.known[cls]

        class Settings(metaclass=Singleton):
            def __init__(self, path):
                self.text = Path(path).read_text()

        async def show(path):
            return Settings(path).text
        """,
        """
        from pathlib import Path

        class Registered(type):
            known = {}

            def register(cls, name):
                cls.known[name] = cls

        class Settings(metaclass=Registered):
            def __init__(self, path):
                self.text = Path(path).read_text()

        async def show(path):
            return Settings(path).text
        """,
    ),
    "a stream is declared without a yield, and closed as what it is": Pair(
        "unawaited-variable",
        """
        from typing import AsyncIterator, Protocol

        class Voice(Protocol):
            async def stream(self, text) -> AsyncIterator[bytes]: ...

        async def speak(voice: Voice, text, send):
            stream = voice.stream(text)
            try:
                async for part in stream:
                    await send(part)
            finally:
                await stream.aclose()
        """,
        """
        from typing import Protocol

        class Voice(Protocol):
            async def speech(self, text) -> bytes: ...

        async def speak(voice: Voice, text, send):
            speech = voice.speech(text)
            await send(speech.hex())
        """,
    ),
    "nobody cancels a test but to end it": Pair(
        "swallowed-cancellation",
        """
        import pytest

        async def test_answer(connection):
            for _ in range(3):
                try:
                    await connection.receive()
                except BaseException:
                    break
            assert connection.closed
        """,
        """
        async def answer(connection):
            for _ in range(3):
                try:
                    await connection.receive()
                except BaseException:
                    break
            assert connection.closed
        """,
    ),
}
