"""Tests that nobody awaits and mocks that nobody can: found, and silent where something else runs them."""

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


def test_false_alarm_the_body_that_other_tests_run() -> None:
    run = "\n@pytest.mark.asyncio\nasync def test_in_memory():\n    await test_sell()\n"
    assert said(dedent(NEIGHBOURS).replace("{}", "") + run, "/shop/test_a.py") == []


def test_false_alarm_a_test_of_the_sync_form() -> None:
    text = """
        import asyncio

        class Table:
            def __enter__(self):
                return self

            def __exit__(self, *error):
                self.closed = True

            async def __aenter__(self):
                await asyncio.sleep(1)

            async def __aexit__(self, *error): ...

        async def test_release(make):
            with Table() as table:
                await make(table)
        """
    assert said(text, "/shop/tables.py") == [("with-needs-async-with", "with Table() as table:")]
    assert said(text, "/shop/tests/tables.py") == []


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
