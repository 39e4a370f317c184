"""Coroutines that nobody awaits, as people wrote them: each is found, and its repaired form is silent."""

from __future__ import annotations

import textwrap
from typing import NamedTuple

import pytest

from awaitlens.engine import check_texts
from awaitlens.settings import Settings

FAMILY = Settings(
    select=frozenset(
        {
            "unawaited-call",
            "unawaited-variable",
            "unawaited-in-condition",
            "unawaited-in-expression",
            "unawaited-by-name",
            "unawaited-async-property",
            "awaited-twice",
            "discarded-async-generator",
        }
    )
)


class Case(NamedTuple):
    """A program with `‹` and `›` around what the repair adds; the pitfall is found where they are taken away."""

    name: str
    pitfall: str
    text: str
    others: tuple[tuple[str, str], ...] = ()


LOADER = (("loader.py", "async def load(key): ...\nasync def exists(key): ...\n"),)

CASES = (
    Case(
        "a decorator of the project that gives back its function",
        "unawaited-call",
        """
        handlers = {}

        def register(name):
            def inner(function):
                handlers[name] = function
                return function
            return inner

        @register("load")
        async def load(key): ...

        async def main():
            ‹await ›load(1)
        """,
    ),
    Case(
        "a decorator of the project that runs a plain function in a thread",
        "unawaited-call",
        """
        import asyncio
        import functools
        import time

        def in_thread(function):
            @functools.wraps(function)
            async def wrapper(*args):
                return await asyncio.to_thread(function, *args)
            return wrapper

        @in_thread
        def load(key):
            time.sleep(1)

        async def main():
            ‹await ›load(1)
        """,
    ),
    Case(
        "a condition, across files",
        "unawaited-in-condition",
        """
        from loader import exists

        async def check(key):
            if not ‹await ›exists(key):
                raise KeyError(key)
        """,
        LOADER,
    ),
    Case(
        "compared with a constant by is not",
        "unawaited-in-condition",
        """
        class Guard:
            async def ask(self): ...

            async def check(self):
                return ‹await ›self.ask() is not False
        """,
    ),
    Case(
        "the second operand",
        "unawaited-in-expression",
        """
        class Count:
            async def first(self): ...
            async def second(self): ...

            async def total(self):
                return await self.first() + ‹await ›self.second()
        """,
    ),
    Case(
        "searched as if it were a set",
        "unawaited-in-condition",
        """
        class Value:
            async def __call__(self): ...

        class Config:
            def __init__(self):
                self.allowed = Value()

            async def is_allowed(self, name):
                return name in ‹await ›self.allowed()
        """,
    ),
    Case(
        "at module level",
        "unawaited-call",
        """
        import asyncio
        from loader import load

        ‹asyncio.run(›load(1)‹)›
        """,
        LOADER,
    ),
    Case(
        "wait_for in a loop",
        "unawaited-call",
        """
        import asyncio

        async def watch(event):
            while True:
                ‹await ›asyncio.wait_for(event.wait(), 5)
        """,
    ),
    Case(
        "an external client, closed",
        "unawaited-call",
        """
        import aiohttp

        async def stop(session: aiohttp.ClientSession):
            ‹await ›session.close()
        """,
    ),
    Case(
        "a method of super, across files",
        "unawaited-call",
        """
        from base import Service

        class Mail(Service):
            async def start(self):
                ‹await ›super().start()
        """,
        (("base.py", "class Service:\n    async def start(self): ...\n"),),
    ),
    Case(
        "a local object's method",
        "unawaited-call",
        """
        class Mailer:
            async def flush(self): ...

        async def main():
            mailer = Mailer()
            ‹await ›mailer.flush()
        """,
    ),
    Case(
        "compared after it was held",
        "unawaited-variable",
        """
        class Device:
            async def get_attr(self, name): ...

            async def refresh(self):
                state = ‹await ›self.get_attr("state")
                if state == "on":
                    return True
        """,
    ),
    Case(
        "assigned, its parts used",
        "unawaited-variable",
        """
        from loader import load

        async def show(key):
            row = ‹await ›load(key)
            return row.title
        """,
        LOADER,
    ),
    Case(
        "tested, then returned",
        "unawaited-variable",
        """
        from loader import load

        async def show(key):
            row = ‹await ›load(key)
            if not row:
                raise KeyError(key)
            return row
        """,
        LOADER,
    ),
    Case(
        "one use fails, another one nobody knows",
        "unawaited-variable",
        """
        from loader import load

        async def show(key, template):
            row = ‹await ›load(key)
            template.render(row, title=row.title)
        """,
        LOADER,
    ),
    Case(
        "a request's json",
        "unawaited-variable",
        """
        from starlette.requests import Request

        async def create(request: Request):
            data = ‹await ›request.json()
            return data["name"]
        """,
    ),
    Case(
        "the result of a function moved to a thread, by keyword",
        "unawaited-in-expression",
        """
        from channels.db import database_sync_to_async

        class Reply:
            def __init__(self, name: str): ...

        class Consumer:
            @database_sync_to_async
            def get_name(self):
                return "x"

            async def receive(self):
                return Reply(name=‹await ›self.get_name())
        """,
    ),
    Case(
        "an argument whose annotation rules out awaiting",
        "unawaited-in-expression",
        """
        from loader import load

        def shorten(text: str) -> str:
            return text[:10]

        async def show(key):
            return shorten(‹await ›load(key))
        """,
        LOADER,
    ),
    Case(
        "unpacked into keywords",
        "unawaited-in-expression",
        """
        from loader import load

        async def show(key, render):
            return render(**‹await ›load(key))
        """,
        LOADER,
    ),
    Case(
        "a name that is async everywhere",
        "unawaited-by-name",
        """
        async def add(bot):
            ‹await ›bot.load_all_extensions()
        """,
        (("bot.py", "class Bot:\n    async def load_all_extensions(self): ...\n"),),
    ),
    Case(
        "unpacked into two names",
        "unawaited-variable",
        """
        from loader import load

        async def show(key):
            first, second = ‹await ›load(key)
            return second
        """,
        LOADER,
    ),
    Case(
        "a discord context's send",
        "unawaited-call",
        """
        from discord.ext import commands

        class Greeter(commands.Cog):
            @commands.command()
            async def hello(self, ctx: commands.Context):
                ‹await ›ctx.send("hello")
        """,
    ),
    Case(
        "a coroutine kept in a cache",
        "unawaited-variable",
        """
        from loader import load

        CACHE = {}

        async def cached(key):
            if key not in CACHE:
                CACHE[key] = ‹await ›load(key)
            return CACHE[key]
        """,
        LOADER,
    ),
)


def found(text: str, others: tuple[tuple[str, str], ...] = ()) -> list[str]:
    program = check_texts({"module.py": textwrap.dedent(text), **dict(others)}, FAMILY)
    return [finding.pitfall for finding in program.findings("module.py")]


def broken(text: str) -> str:
    """The text without what stands between the guillemets."""
    parts = text.split("‹")
    return parts[0] + "".join(part.partition("›")[2] for part in parts[1:])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_people_forgot_to_await_is_found(case: Case) -> None:
    """Missed alarms: each stood in somebody's program."""
    assert found(broken(case.text), case.others) == [case.pitfall]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_they_made_of_it_is_silent(case: Case) -> None:
    """False alarms: the repaired programs."""
    assert found(case.text.replace("‹", "").replace("›", ""), case.others) == []


@pytest.mark.parametrize(
    "text",
    [
        # Async or not, as it is asked.
        """
        class Client:
            def sync(self, function):
                if self.asynchronous:
                    return self._later(function)
                return function()

            async def _later(self, function): ...

            def close(self):
                self.sync(print)
        """,
        # A subclass has a plain method of that name.
        """
        class Response:
            async def read(self): ...

        class Canned(Response):
            def read(self):
                return "canned"

        async def check(make):
            response: Response = make()
            assert response.read() == "canned"
        """,
        # A test looks at what goes wrong.
        """
        import pytest

        async def load(key): ...

        async def test_warns():
            with pytest.warns(RuntimeWarning):
                load(1)
        """,
        # The parameter may take either.
        """
        from collections.abc import Awaitable

        async def load(key): ...

        def schedule(what: str | Awaitable[str]): ...

        async def main():
            schedule(load(1))
        """,
        # The name holds something else by then.
        """
        import inspect

        async def load(key): ...

        async def show(key, other):
            row = load(key)
            row = await row
            print(row.title)
            late = load(key)
            if inspect.isawaitable(late):
                late = await late
            print(late.title)
            maybe = None
            if key:
                maybe = load(key)
            if maybe:
                await maybe
            shown = load(key)
            print(shown)
            await shown
            handed = load(key)
            if handed:
                other(handed)
        """,
        # Kept to be awaited by others.
        """
        async def load(key): ...

        pending = {}

        async def request(key):
            pending[key] = load(key)

        async def answer(key):
            return await pending[key]
        """,
        # One plain function of that name.
        """
        class Bot:
            async def load_all_extensions(self): ...

        class Toy:
            def load_all_extensions(self):
                return 1

        async def add(bot):
            bot.load_all_extensions()
        """,
        # An object that nothing connects with the class.
        """
        class Lamp:
            async def set_discovery_callback(self, callback): ...

        async def setup(bulb):
            bulb.set_discovery_callback(print)
        """,
        # Awaited on one of two ways each.
        """
        async def load(key): ...

        async def either(key, now):
            loading = load(key)
            if now:
                return await loading
            return await loading
        """,
        # A new one for each turn.
        """
        async def load(key): ...

        async def turns(keys):
            for key in keys:
                loading = load(key)
                await loading
        """,
        # The loop ends with the await.
        """
        async def load(key): ...

        async def first(keys):
            loading = load(0)
            for key in keys:
                if key:
                    return await loading
        """,
    ],
)
def test_what_only_looks_forgotten_is_silent(text: str) -> None:
    """False alarms."""
    assert found(text) == []
