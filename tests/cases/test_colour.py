"""Functions of the wrong colour, as people wrote and repaired them; and code that looks alike and is right."""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import dedent

import pytest

from awaitlens.engine import check_texts
from awaitlens.pitfall import Edit
from awaitlens.rewrite.apply import apply
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


def cascaded(files: Mapping[str, str], path: str, settings: Settings | None = None) -> dict[str, str] | None:
    """The files after the finding's patch that makes functions async; None where none is offered."""
    texts = {p: dedent(t) for p, t in files.items()}
    program = check_texts(texts, settings or Settings())
    for finding in program.findings(path):
        for patch in program.patches(path, finding):
            if patch.title.startswith("Make ") and patch.title.split(" async")[0] != patch.title:
                edits: dict[str, list[Edit]] = {}
                for edit in patch.edits:
                    edits.setdefault(edit.path or path, []).append(edit)
                return {p: apply(t, edits.get(p, ())) for p, t in texts.items()}
    return None


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


# --- the wave -----------------------------------------------------------------------------------------------

HELPER = """
    async def load(): ...


    def refresh(site):
        return await load()
    """


def test_a_function_and_its_callers_become_async_across_files() -> None:
    done = cascaded(
        {
            "helper.py": HELPER,
            "service.py": """
                import helper


                class Service:
                    def update(self, sites):
                        return [helper.refresh(site) for site in sites]

                    async def run(self):
                        print(self.update(["home"]))
                """,
            "main.py": """
                from helper import refresh


                def main():
                    refresh("home")


                if __name__ == "__main__":
                    main()
                """,
        },
        "helper.py",
    )
    assert done is not None
    assert "async def refresh(site):\n    return await load()" in done["helper.py"]
    assert "async def update(self, sites):" in done["service.py"]
    assert "return [await helper.refresh(site) for site in sites]" in done["service.py"]
    assert 'print(await self.update(["home"]))' in done["service.py"]
    assert 'async def main():\n    await refresh("home")' in done["main.py"]
    assert "import asyncio" in done["main.py"]
    assert "    asyncio.run(main())" in done["main.py"]
    assert check_texts(done).findings("helper.py") == ()


@pytest.mark.parametrize(
    "caller",
    [
        "from helper import refresh\nhandlers = {'home': refresh}\n",
        "from helper import refresh\nurgent = sorted([], key=refresh)\n",
        "from helper import refresh\nstate = refresh('home')\n",
        "from helper import refresh\nlater = lambda: refresh('home')\n",
        "from helper import refresh\n\nclass Page:\n    state = refresh('home')\n",
        "from helper import refresh\n\nclass Page:\n    def __init__(self):\n        self.state = refresh('home')\n",
        "from helper import refresh\n\ndef titles(sites):\n    return any(refresh(site) for site in sites)\n",
        "import functools\nfrom helper import refresh\n\n@functools.lru_cache\ndef title():\n    return refresh(1)\n",
        "from helper import refresh\n\ndef pages():\n    yield refresh(1)\n",
    ],
)
def test_no_wave_where_one_of_the_callers_cannot_be_followed(caller: str) -> None:
    assert cascaded({"helper.py": HELPER, "caller.py": caller}, "helper.py") is None


def test_no_wave_for_a_method_that_a_subclass_overrides() -> None:
    base = """
        class Base:
            def start(self, job):
                await job
        """
    override = "from base import Base\n\n\nclass Own(Base):\n    def start(self, job):\n        pass\n"
    assert cascaded({"base.py": base}, "base.py") is not None
    assert cascaded({"base.py": base, "own.py": override}, "base.py") is None
    unknown = "def run(thing):\n    thing.start(1)\n"
    assert cascaded({"base.py": base, "run.py": unknown}, "base.py") is None


# --- tests that never run -----------------------------------------------------------------------------------

NEIGHBOURS = """
    import pytest

    @pytest.mark.asyncio
    async def test_buy():
        assert True

    {}
    async def test_sell():
        assert True
    """


def test_missed_alarm_one_test_lacks_the_marker_of_its_neighbours() -> None:
    bad, good = NEIGHBOURS.replace("{}", ""), NEIGHBOURS.replace("{}", "@pytest.mark.asyncio")
    assert said(bad, "/shop/test_a.py") == [("async-test-not-run", "async def test_sell():")]
    assert said(good, "/shop/test_a.py") == []


def test_missed_alarm_no_plugin_runs_async_tests() -> None:
    unmarked = {"/shop/test_a.py": "async def test_sell():\n    assert True\n"}
    for mode, count in (("none", 1), ("marked", 1), ("auto", 0), ("", 0)):
        settings = Settings(select=frozenset({"async-test-not-run"}), async_tests=mode)  # type: ignore[arg-type]
        assert len(check_texts(unmarked, settings).findings("/shop/test_a.py")) == count, mode


@pytest.mark.parametrize(
    "conftest",
    [
        "def pytest_collection_modifyitems(items):\n    for item in items:\n        item.add_marker('asyncio')\n",
        "pytest_plugins = ['aiohttp.pytest_plugin']\n",
    ],
)
def test_false_alarm_a_conftest_marks_every_test(conftest: str) -> None:
    files = {"/shop/tests/conftest.py": conftest, "/shop/tests/test_a.py": NEIGHBOURS.replace("{}", "")}
    assert said(files, "/shop/tests/test_a.py") == []


def test_false_alarm_test_cases_that_await_their_tests() -> None:
    assert (
        said("""
        import unittest
        from django.test import TestCase
        from tornado.testing import AsyncTestCase, gen_test
        from base import OwnCase

        class A(TestCase):
            async def test_price(self):
                assert True

        class B(OwnCase, unittest.TestCase):
            async def test_price(self):
                assert True

        class C(unittest.TestCase):
            @gen_test
            async def test_price(self):
                assert True

        class D(unittest.IsolatedAsyncioTestCase):
            async def test_price(self):
                assert True
        """)
        == []
    )


def test_missed_alarm_a_mock_patched_over_an_async_function_of_another_file() -> None:
    files = {
        "bank.py": "async def charge(amount): ...\n\n\ndef count(): ...\n",
        "test_a.py": """
            from unittest.mock import AsyncMock, Mock, patch
            import bank

            def test_charge(shop):
                with patch.object(bank, "charge", Mock(return_value=1)), patch.object(bank, "count", Mock()):
                    shop.run()
                with patch.object(bank, "charge", AsyncMock(return_value=1)):
                    shop.run()
            """,
    }
    found = [pitfall for pitfall, _ in said(files, "test_a.py")]
    assert found == ["mock-not-awaitable"]


def test_false_alarm_a_base_class_of_the_program_that_awaits_its_tests() -> None:
    assert (
        said("""
        import asyncio
        import unittest

        class Case(unittest.TestCase):
            def __call__(self, result=None):
                method = getattr(self, self._testMethodName)
                setattr(self, self._testMethodName, lambda: asyncio.run(method()))
                super().__call__(result)

        class PriceTest(Case):
            async def test_price(self):
                assert True
        """)
        == []
    )


def test_false_alarm_code_that_asks_first_which_form_it_has() -> None:
    assert (
        said("""
        import inspect
        from collections.abc import AsyncGenerator

        async def stream(gen: AsyncGenerator[int, None], send):
            if inspect.isasyncgen(gen):
                async for item in gen:
                    await send(item)
            else:
                for item in gen:
                    await send(item)
        """)
        == []
    )


def test_false_alarm_a_test_of_the_error_itself() -> None:
    assert (
        said("""
        import aiohttp
        import pytest

        async def test_client():
            with pytest.raises(TypeError):
                with aiohttp.ClientSession():
                    pass
        """)
        == []
    )


def test_false_alarm_an_alias_of_a_union() -> None:
    assert (
        said("""
        from typing import AsyncIterable, Iterable, List, TypeVar, Union

        T = TypeVar("T")
        Either = Union[Iterable[T], AsyncIterable[T]]

        def chunks(items: Either[T]) -> Either[List[T]]:
            return make(items)

        async def run(items, send):
            async for chunk in chunks(items):
                await send(chunk)
        """)
        == []
    )


def test_false_alarm_a_mock_that_returns_a_future() -> None:
    assert (
        said("""
        from unittest.mock import Mock

        class Bank:
            async def charge(self): ...

        async def test_charge(loop, shop):
            bank = Bank()
            bank.charge = Mock()
            bank.charge.return_value = loop.create_future()
            await shop.run(bank)
        """)
        == []
    )


# --- the wave through imports -------------------------------------------------------------------------------


def test_a_wave_imports_asyncio_in_the_file_that_needs_it_and_keeps_its_formatting() -> None:
    files = {
        "helper.py": HELPER,
        "main.py": '"""Starts it."""\r\nimport sys\r\n\r\nfrom helper import refresh as again\r\n\r\n'
        'if __name__ == "__main__":\r\n\tagain(sys.argv[1])  # once\r\n',
    }
    texts = {path: dedent(text) for path, text in files.items()}
    done = cascaded(texts, "helper.py")
    assert done is None, "an alias hides the mentions of the function"
    plain = {**texts, "main.py": texts["main.py"].replace(" as again", "").replace("again(", "refresh(")}
    done = cascaded(plain, "helper.py")
    assert done is not None
    assert done["main.py"] == plain["main.py"].replace("import sys", "import asyncio\r\nimport sys").replace(
        "refresh(sys.argv[1])", "asyncio.run(refresh(sys.argv[1]))"
    )


def test_a_method_and_the_callers_that_know_its_class() -> None:
    files = {
        "shop.py": """
            async def send(mail): ...


            class Shop:
                def sell(self, book):
                    send(book)

                def sell_all(self, books):
                    for book in books:
                        self.sell(book)
            """,
        "main.py": """
            import asyncio

            from shop import Shop


            async def main():
                shop = Shop()
                shop.sell_all(["Emma"])


            asyncio.run(main())
            """,
    }
    done = cascaded(files, "shop.py")
    assert done is not None
    assert "    async def sell(self, book):\n        await send(book)" in done["shop.py"]
    assert "    async def sell_all(self, books):" in done["shop.py"]
    assert "            await self.sell(book)" in done["shop.py"]
    assert '    await shop.sell_all(["Emma"])' in done["main.py"]
    assert [check_texts(done).findings(path) for path in done] == [(), ()]


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
