"""Functions of the wrong colour, as people wrote and repaired them; and code that looks alike and is right."""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import dedent

import pytest

from awaitlens.engine import check_texts
from awaitlens.settings import Settings

COLOUR = frozenset(
    {"async-callback-to-sync-api", "async-function-offloaded", "sync-function-wrapped-as-async",
     "with-needs-async-with", "async-with-needs-with", "for-needs-async-for", "async-for-needs-for",
     "cached-coroutine", "async-dunder", "sync-async-dunder", "context-manager-colour", "yield-from-in-async",
     "await-outside-async", "await-non-awaitable", "async-test-not-run", "mock-not-awaitable"}
)  # fmt: skip


def said(files: Mapping[str, str] | str, path: str = "a.py") -> list[tuple[str, str]]:
    """(pitfall, the line's code) of the findings in a file."""
    texts = {path: dedent(files)} if isinstance(files, str) else {p: dedent(t) for p, t in files.items()}
    program = check_texts(texts, Settings(select=COLOUR))
    lines = texts[path].split("\n")
    return [(f.pitfall, lines[f.span.line].strip()) for f in program.findings(path)]


# --- real bugs, and their repairs ---------------------------------------------------------------------------


def test_missed_alarm_sync_with_on_a_session_that_another_file_makes() -> None:
    models = """
        from sqlalchemy.ext.asyncio import AsyncSession

        class Store:
            def __init__(self, session: AsyncSession):
                self.session = session
        """
    use = """
        from models import Store

        async def save(store: Store, row):
            {with} store.session.begin():
                store.session.add(row)
        """
    bad = {"models.py": models, "a.py": use.replace("{with}", "with")}
    good = {"models.py": models, "a.py": use.replace("{with}", "async with")}
    assert said(bad) == [("with-needs-async-with", "with store.session.begin():")]
    assert said(good) == []


def test_missed_alarm_sync_with_on_aiofiles() -> None:
    code = "import aiofiles\n\nasync def f(path):\n    {}with aiofiles.open(path) as file:\n        return file\n"
    assert said(code.format("")) == [("with-needs-async-with", "with aiofiles.open(path) as file:")]
    assert said(code.format("async ")) == []


def test_missed_alarm_a_lock_awaited_in_a_with_statement() -> None:
    code = """
        import asyncio

        class Channel:
            def __init__(self):
                self.lock = asyncio.Lock()

            async def send(self, data):
                {}
                    await data.drain()
        """
    assert said(code.replace("{}", "with await self.lock:")) == [
        ("with-needs-async-with", "with await self.lock:")
    ]
    assert said(code.replace("{}", "async with self.lock:")) == []


@pytest.mark.parametrize("wrong", [True, False])
def test_missed_alarm_await_on_a_plain_method_of_another_class(wrong: bool) -> None:
    files = {
        "bus.py": """
            class Bus:
                def __init__(self):
                    self.sent = []

                def async_fire(self, event):
                    self.sent.append(event)
            """,
        "a.py": f"""
            from bus import Bus

            class Entity:
                def __init__(self, bus: Bus):
                    self.bus = bus

                async def update(self):
                    {"await " if wrong else ""}self.bus.async_fire("updated")
            """,
    }
    expected = [("await-non-awaitable", 'await self.bus.async_fire("updated")')] if wrong else []
    assert said(files) == expected


def test_missed_alarm_a_listener_that_is_async_is_called_by_a_plain_scheduler() -> None:
    code = """
        import atexit

        async def flush(): ...

        def register():
            atexit.register({})
        """
    assert said(code.replace("{}", "flush")) == [("async-callback-to-sync-api", "atexit.register(flush)")]
    repaired = code.replace("{}", "lambda: asyncio.run(flush())").replace(
        "import atexit", "import asyncio, atexit"
    )
    assert said(repaired) == []


# --- false alarms -------------------------------------------------------------------------------------------


def test_false_alarm_a_class_with_an_unknown_base_may_have_both_protocols() -> None:
    assert (
        said("""
        from somewhere import Base

        class Connection(Base):
            async def __aenter__(self):
                return self

        def use():
            with Connection():
                pass
        """)
        == []
    )


def test_false_alarm_a_lambda_that_starts_a_task() -> None:
    assert (
        said("""
        import asyncio

        async def tick(): ...

        async def main():
            loop = asyncio.get_running_loop()
            loop.call_soon(lambda: asyncio.ensure_future(tick()))
            loop.call_soon(lambda: loop.create_task(tick()))
        """)
        == []
    )


def test_false_alarm_async_init_that_a_metaclass_awaits() -> None:
    assert (
        said("""
        class Waiting(type):
            async def __call__(cls, *arguments):
                made = cls.__new__(cls)
                await made.__init__(*arguments)
                return made

        class Link(metaclass=Waiting):
            async def __init__(self, host):
                self.host = host

        class Aobject:
            async def __new__(cls):
                return super().__new__(cls)

            async def __init__(self):
                self.ready = True
        """)
        == []
    )


def test_false_alarm_a_generator_expression_may_await() -> None:
    assert said("def f(pages):\n    return (await page async for page in pages)\n") == []


def test_false_alarm_an_adapted_function_is_no_argument_of_the_adapter() -> None:
    assert (
        said("""
        from asgiref.sync import sync_to_async

        async def done(): ...

        def run(callback):
            return callback

        async def main():
            await sync_to_async(run)(done)
        """)
        == []
    )


# --- more real bugs -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("keep", ["self.listener = listener", "self.listeners.append(listener)"])
def test_missed_alarm_a_plain_callback_that_a_dispatcher_in_another_file_awaits(keep: str) -> None:
    files = {
        "bus.py": f"""
            class Bus:
                def __init__(self):
                    self.listener = None
                    self.listeners = []

                def subscribe(self, listener):
                    {keep}

                async def publish(self, event):
                    for each in list(self.listeners):
                        await each(event)
                    if self.listener is not None:
                        await self.listener(event)
            """,
        "a.py": """
            from bus import Bus

            {}def log(event):
                print(event)

            def start(bus: Bus):
                bus.subscribe(log)
            """,
    }
    found = [("sync-function-wrapped-as-async", "bus.subscribe(log)")]
    assert said({**files, "a.py": files["a.py"].replace("{}", "")}) == found
    assert said({**files, "a.py": files["a.py"].replace("{}", "async ")}) == []


def test_false_alarm_a_dispatcher_that_takes_both() -> None:
    assert (
        said("""
        import inspect

        class Bus:
            def subscribe(self, listener):
                self.listener = listener

            async def publish(self, event):
                result = self.listener(event)
                if inspect.isawaitable(result):
                    await result

        def log(event):
            print(event)

        def start():
            Bus().subscribe(log)
        """)
        == []
    )


@pytest.mark.parametrize(("header", "count"), [("with", 1), ("async with", 0)])
def test_missed_alarm_the_sync_form_of_a_class_with_both_in_async_code(header: str, count: int) -> None:
    files = {
        "trace.py": """
            class Trace:
                def __enter__(self):
                    return self

                def __exit__(self, *error):
                    self.callback(error)

                async def __aenter__(self):
                    return self

                async def __aexit__(self, *error):
                    await self.callback(error)
            """,
        "a.py": f"""
            from trace import Trace

            async def ask(question):
                {header} Trace() as trace:
                    return await question(trace)

            def plain(question):
                with Trace() as trace:
                    return question(trace)
            """,
    }
    assert said(files) == [("with-needs-async-with", "with Trace() as trace:")] * count


@pytest.mark.parametrize("method", ["def", "async def"])
def test_false_alarm_a_method_of_either_colour_that_is_asked_which_it_is(method: str) -> None:
    code = f"""
        import asyncio
        import inspect

        class Component:
            {method} write(self, path):
                print(path)

            async def save(self, path):
                if inspect.iscoroutinefunction(self.write):
                    await self.write(path)
                else:
                    await asyncio.to_thread(self.write, path)
        """
    assert said(code) == []
    assert len(said(code.replace("inspect.iscoroutinefunction(self.write)", "path"))) == 1


@pytest.mark.parametrize(("manager", "count"), [("given or Manager()", 0), ("Manager()", 1)])
def test_false_alarm_a_default_that_a_subclass_never_leaves(manager: str, count: int) -> None:
    files = {
        "managers.py": """
            class Manager:
                def emit(self, event):
                    print(event)

            class AsyncManager:
                async def emit(self, event):
                    print(event)
            """,
        "servers.py": f"""
            from managers import Manager

            class Server:
                def __init__(self, given=None):
                    self.manager = {manager}
            """,
        "a.py": """
            from managers import AsyncManager
            from servers import Server

            class AsyncServer(Server):
                def __init__(self, given=None):
                    super().__init__(given or AsyncManager())

                async def emit(self, event):
                    await self.manager.emit(event)
            """,
    }
    assert said(files) == [("await-non-awaitable", "await self.manager.emit(event)")] * count
