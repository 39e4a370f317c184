"""Code that looks as if it blocked, and does not."""

QUIET = {
    "a timeout of zero": """
        import queue
        import threading

        jobs = queue.Queue()
        ready = threading.Event()

        async def work():
            return jobs.get(timeout=0), jobs.get(False), ready.wait(0)
    """,
    "a lock that was made here": """
        import threading

        async def new():
            lock = threading.Lock()
            lock.acquire()
            return lock
    """,
    "a lock that is held for an instant": """
        import threading

        lock = threading.Lock()

        async def add(seen, item):
            with lock:
                seen.add(item)
    """,
    "a queue that was asked before": """
        import queue

        jobs = queue.Queue()

        async def drain():
            while not jobs.empty():
                jobs.get()
    """,
    "a queue that a helper asks before": """
        import queue

        class Step:
            def __init__(self):
                self.events = queue.Queue()

            def take_all(self):
                found = []
                while not self.events.empty():
                    found.append(self.events.get())
                return found

        async def run(step: Step):
            return step.take_all()
    """,
    "the result of a task": """
        import asyncio

        async def both(f):
            task = asyncio.create_task(f())
            await asyncio.wait({task})
            task.add_done_callback(lambda done: done.result())
            return task.result()
    """,
    "the result of a future that is done": """
        from concurrent.futures import ThreadPoolExecutor

        pool = ThreadPoolExecutor()

        async def poll(f):
            future = pool.submit(f)
            return future.result() if future.done() else None
    """,
    "asyncio's own primitives under the same names": """
        import asyncio

        class Worker:
            def __init__(self):
                self.lock = asyncio.Lock()
                self.jobs = asyncio.Queue()
                self.ready = asyncio.Event()

            async def run(self):
                await self.lock.acquire()
                await self.ready.wait()
                return await self.jobs.get()
    """,
    "the asynchronous client of a package that has both": """
        from redis.asyncio import Redis
        from openai import AsyncOpenAI

        async def ask(text):
            await Redis().set("last", text)
            return await AsyncOpenAI().chat.completions.create(messages=[text])
    """,
    "a pool whose work is awaited inside": """
        import asyncio
        from concurrent.futures import ThreadPoolExecutor

        async def work(f):
            loop = asyncio.get_running_loop()
            with ThreadPoolExecutor() as pool:
                return await loop.run_in_executor(pool, f)
    """,
    "a socket that does not block": """
        import socket

        async def peek(address):
            sock = socket.socket()
            sock.setblocking(False)
            return sock.recv(1)
    """,
    "a function handed to threads in every way": """
        import asyncio
        import threading
        import time
        from asgiref.sync import sync_to_async
        from functools import partial

        def load(path):
            time.sleep(1)
            return path

        async def page(pool, path):
            loop = asyncio.get_running_loop()
            threading.Thread(target=load, args=(path,)).start()
            await loop.run_in_executor(pool, partial(load, path))
            await sync_to_async(load)(path)
            pool.submit(load, path)
            inner = lambda: load(path)
            return await asyncio.to_thread(inner)
    """,
    "a sync function that only sync code calls": """
        import requests

        def fetch(url):
            return requests.get(url)

        def main():
            return fetch("https://shop.example")
    """,
    "a function that looks whether a loop runs": """
        import asyncio
        import time

        def pause(seconds):
            try:
                asyncio.get_running_loop()
            except RuntimeError:
                time.sleep(seconds)
                return None
            return asyncio.sleep(seconds)

        async def main():
            await pause(1)
            later = pause(2)
            await later
    """,
    "a debug file that is written now and then": """
        class Log:
            path = None

            def write(self, text):
                if self.path is not None:
                    with open(self.path, "a") as file:
                        file.write(text)

        log = Log()

        async def main():
            log.write("started")
    """,
    "a decorator that moves its function to a thread": """
        import asyncio
        import time
        from functools import wraps

        def threaded(f):
            @wraps(f)
            def wrapper(*arguments):
                return asyncio.get_running_loop().run_in_executor(None, f, *arguments)

            return wrapper

        @threaded
        def load():
            time.sleep(1)

        async def main():
            loading = load()
            await loading
    """,
    "a decorator that nobody knows": """
        import time
        from somewhere import in_background

        @in_background
        def load():
            time.sleep(1)

        async def main():
            load()
    """,
    "a generator that nobody asks for values": """
        import time

        def ticks():
            while True:
                time.sleep(1)
                yield 1

        async def main(keep):
            keep(ticks())
    """,
    "a base class's method that subclasses write anew": """
        import requests

        class Source:
            def read(self):
                raise NotImplementedError

        class Remote(Source):
            def read(self):
                return requests.get("https://shop.example")

        async def show(source: Source):
            return source.read()
    """,
    "a parameter that has no type": """
        async def show(client):
            return client.get("https://shop.example")
    """,
    "small data": """
        import json
        import zlib

        def pack(message):
            return zlib.compress(json.dumps(message).encode())

        async def send(socket, message):
            await socket.send(pack(message))
    """,
    "a test": """
        from pathlib import Path

        async def nothing():
            pass
        --- tests/test_shop.py
        import requests

        async def test_shop():
            assert requests.get("http://localhost").ok
    """,
    "a loop that a method call may end": """
        async def read(parser, stream):
            while True:
                parser.feed(stream)
    """,
    "a loop whose flag its own body sets": """
        async def count(self):
            while not self.done:
                self.done = True
    """,
    "a factory that gives a function": """
        import asyncio

        def loader(path):
            return lambda: path

        async def page(path, choose):
            await asyncio.to_thread(loader(path))
            return await asyncio.to_thread(choose(path))
    """,
    "properties that are quick, kept, written or only named": """
        import functools

        class Store:
            @property
            def size(self):
                return self._size

            @functools.cached_property
            def version(self):
                return open("version").read()

            @property
            def late(self):
                if self._late is None:
                    self._late = open("late").read()
                return self._late

            @property
            def text(self):
                return open("text").read()

            @text.setter
            def text(self, text):
                self._text = text

        async def page(store: Store):
            store.text = "new"
            return store.size, store.version, store.late, Store.text
    """,
}
