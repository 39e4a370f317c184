"""What is claimed of code that waits seldom, once, or never, each beside code that waits."""

from __future__ import annotations

from tests.cases.told_apart import Pair

SELDOM = {
    "a helper connects only when an address is given, which it also completes": Pair(
        "blocking-call-chain",
        """
        import time

        def client(address=None, resolve=True):
            if address and resolve:
                address = address.lower()
            if current := find():
                return current
            elif address and resolve:
                time.sleep(1)

        async def report():
            return client()
        """,
        """
        import time

        def client(address=None, resolve=True):
            if resolve or address:
                address = "localhost"
            if current := find():
                return current
            elif address and resolve:
                time.sleep(1)

        async def report():
            return client()
        """,
    ),
    "the module that a setting names is mostly imported already": Pair(
        "blocking-call-chain",
        """
        import importlib

        def publisher(settings):
            return importlib.import_module(settings.broker.value()).Publisher()

        async def publish(settings):
            await settings.ready()
            return publisher(settings)
        """,
        """
        import importlib

        def publisher(settings, name):
            return importlib.import_module(settings_of(name).path()).Publisher()

        async def publish(settings):
            await settings.ready()
            return publisher(settings, "memory")
        """,
    ),
    "a database that lies in memory computes, and waits for nobody": Pair(
        "blocking-call-chain",
        """
        import sqlite3

        class Pool:
            _rows: sqlite3.Connection

            def __init__(self):
                self._rows = sqlite3.connect(":memory:")

            def size(self):
                with self._rows as rows:
                    cursor = rows.execute("SELECT COUNT(*) FROM item")
                    return cursor.fetchone()[0]

        async def is_full(pool: Pool):
            return pool.size() > 100
        """,
        """
        import sqlite3

        class Pool:
            _rows: sqlite3.Connection

            def __init__(self):
                self._rows = sqlite3.connect("pool.db")

            def size(self):
                with self._rows as rows:
                    cursor = rows.execute("SELECT COUNT(*) FROM item")
                    return cursor.fetchone()[0]

        async def is_full(pool: Pool):
            return pool.size() > 100
        """,
    ),
    "what is made once, and kept, moves its files once": Pair(
        "blocking-call-chain",
        """
        import shutil

        _theme = None

        class Config:
            def __init__(self, moved=False):
                shutil.copyfile("old.ini", "new.ini")

            @staticmethod
            def instance(*args):
                if not hasattr(Config, "_instance") or Config._instance is None:
                    Config._instance = Config(*args)
                return Config._instance

        def theme():
            global _theme
            if _theme is not None:
                return _theme
            _theme = Config()
            return _theme

        async def page(request):
            return Config.instance().title, theme().colour
        """,
        """
        import shutil

        class Config:
            def __init__(self, moved=False):
                shutil.copyfile("old.ini", "new.ini")

            @staticmethod
            def instance(*args):
                if not hasattr(Config, "_instance") or Config._instance is None:
                    found = Config(*args)
                return found

        async def page(request):
            return Config.instance().title
        """,
    ),
    "what is kept, and waits only under another condition, is mostly there already": Pair(
        "blocking-call-chain",
        """
        import urllib.request

        _options = None

        def options(again=False):
            global _options
            if _options and not again:
                return _options
            _options = parse()
            return _options

        def parse():
            found = {}
            if found.get("theme", "").startswith("https:"):
                found = urllib.request.urlopen(found["theme"]).read()
            return found

        async def page(request):
            return options()["title"]
        """,
        """
        import urllib.request

        _options = None

        def options(again=False):
            global _options
            if _options and not again:
                return _options
            _options = parse()
            return _options

        def parse():
            return urllib.request.urlopen("https://localhost/options").read()

        async def page(request):
            return options()["title"]
        """,
    ),
    "a nap of a thousandth of a second, by its name": Pair(
        "blocking-callback",
        """
        import asyncio
        import time

        class Distributor:
            def start(self):
                asyncio.get_running_loop().add_reader(self.connection.fileno(), self.read)

            def read(self):
                pause = 0.001
                while self.connection.poll():
                    try:
                        self.consume(self.connection.recv())
                    except BlockingIOError:
                        time.sleep(pause)
        """,
        """
        import asyncio
        import time

        class Distributor:
            def start(self):
                asyncio.get_running_loop().add_reader(self.connection.fileno(), self.read)

            def read(self):
                pause = 0.5
                while self.connection.poll():
                    try:
                        self.consume(self.connection.recv())
                    except BlockingIOError:
                        time.sleep(pause)
        """,
    ),
    "a branch that no run takes": Pair(
        "unawaited-call",
        """
        class Connection:
            def _set(self, value):
                if True:
                    self.refuse(value)
                else:
                    self.set(value)

            async def set(self, value): ...
        """,
        """
        class Connection:
            def _set(self, value):
                if self.is_open:
                    self.refuse(value)
                else:
                    self.set(value)

            async def set(self, value): ...
        """,
    ),
    "a wrapper returns a coroutine, whatever its annotation says": Pair(
        "await-non-awaitable",
        """
        class Exchange:
            async def subscribe(self, symbols): ...

            def watch(self, symbols) -> dict:
                return self.subscribe(symbols)

            async def ticker(self, symbol):
                return (await self.watch([symbol]))[symbol]
        """,
        """
        class Exchange:
            def subscribe(self, symbols) -> dict:
                return {symbol: self.prices[symbol] for symbol in symbols}

            def watch(self, symbols) -> dict:
                return self.subscribe(symbols)

            async def ticker(self, symbol):
                return (await self.watch([symbol]))[symbol]
        """,
    ),
    "a context variable that is set back is meant for those who are called": Pair(
        "contextvar-set-in-child-task",
        """
        import asyncio
        from contextvars import ContextVar

        relays = ContextVar("relays")

        async def collect(part):
            token = relays.set(part)
            try:
                await part.read()
            finally:
                relays.reset(token)

        async def collect_all(parts):
            await asyncio.gather(*(collect(part) for part in parts))
            return relays.get()
        """,
        """
        import asyncio
        from contextvars import ContextVar

        relays = ContextVar("relays")

        async def collect(part):
            relays.set(part)
            await part.read()

        async def collect_all(parts):
            await asyncio.gather(*(collect(part) for part in parts))
            return relays.get()
        """,
    ),
    "a server imports its application while its loop runs": Pair(
        "task-created-without-loop",
        """
        import asyncio
        from fastapi import FastAPI

        class Sessions:
            def __init__(self):
                asyncio.create_task(self.sweep())

            async def sweep(self): ...

        sessions = Sessions()
        app = FastAPI()
        """,
        """
        import asyncio

        class Sessions:
            def __init__(self):
                asyncio.create_task(self.sweep())

            async def sweep(self): ...

        sessions = Sessions()
        """,
    ),
    "who has no loop running gives one": Pair(
        "task-created-without-loop",
        """
        import asyncio

        class Kernel:
            def __init__(self, loop=None):
                self.loop = loop or asyncio.get_running_loop()

        kernel = Kernel(asyncio.new_event_loop())
        """,
        """
        import asyncio

        class Kernel:
            def __init__(self, loop=None):
                self.loop = asyncio.get_running_loop()

        kernel = Kernel(asyncio.new_event_loop())
        """,
    ),
}
