"""What hovers, hints and lenses say where there is no finding: true, short, and nothing where there is nothing."""

from __future__ import annotations

import pytest

from awaitlens.engine import check_texts
from awaitlens.present.hints import Hint
from awaitlens.present.inline import hints_in, merged
from awaitlens.present.overview import overviews
from awaitlens.present.remarks import remark_at, worded
from awaitlens.source import Source, Span

PATH = "/shop/jobs.py"
HEAD = "import asyncio, threading, time\nfrom asgiref.sync import sync_to_async\nfrom django.db import transaction\n"
TAIL = """
lock, guard, state = asyncio.Lock(), threading.Lock(), {}
def load():
    time.sleep(1)
def go():
    load()
async def idle():
    return 1
async def work():
    await asyncio.sleep(1)
"""


def said(code: str, at: str) -> str:
    """What is said about the place `at` in code that stands in a file with some helpers."""
    text = HEAD + TAIL + code
    program = check_texts({PATH: text}).program
    offset = len(HEAD + TAIL) + code.index(at)
    line = text.count("\n", 0, offset)
    column = offset - (text.rfind("\n", 0, offset) + 1)
    found = remark_at(line, column, program, program.files[PATH])
    return worded(found, "plaintext") if found else ""


@pytest.mark.parametrize(
    ("line", "at", "words"),
    [
        ("await work()", "await", "Other tasks may run here."),
        ("await idle()", "await", "Nobody else runs here: what is awaited has nothing in it to wait for."),
        ("await work()", "work", "work() is async: it runs on the event loop, in this task."),
        ("x = work()", "work", "work() gives a coroutine: nothing of it runs before it is awaited or made a task."),
        ("t = asyncio.create_task(work())", "asyncio", "asyncio.create_task() gives a task, which the loop has scheduled already."),
        ("go()", "go", "go() blocks the event loop: go > load > time.sleep."),
        ("await asyncio.to_thread(load)", "asyncio", "`load` runs on a worker thread of a pool."),
        ("await sync_to_async(load)()", "sync_to", "`load` runs on the thread-sensitive worker, where sync code takes turns."),
        ("await sync_to_async(load, thread_sensitive=False)()", "sync_to", "`load` runs on a worker thread of a pool."),
        ("threading.Thread(target=load).start()", "threading", "`load` runs on a thread of its own."),
        ("async with lock: pass", "lock", "Waits here while another task holds the lock."),
        ("async for x in y(): pass", "async for", "Other tasks may run here before each element."),
        ("print(1)", "print", ""),
        ("state['x'] = 1", "state", ""),
    ],
)  # fmt: skip
def test_a_place_in_async_code(line: str, at: str, words: str) -> None:
    found = said(f"async def f():\n    {line}\n", at)
    assert found.startswith(words) and bool(found) == bool(words)


def test_a_place_in_sync_code() -> None:
    code = "def f():\n    with transaction.atomic():\n        with guard:\n            load()\n"
    assert "belongs to the connection of the thread" in said(code, "transaction.atomic")
    assert "Holds up its thread" in said(code, "guard")
    assert said(code, "load").startswith("load() blocks the thread it runs on")


def test_a_method_may_be_another_one_in_a_subclass() -> None:
    code = "class A:\n    async def hook(self):\n        return 1\n    async def f(self):\n        await self.hook()\n"
    assert said(code, "await self") == "Other tasks may run here."


def test_what_takes_long_only_with_much_data_is_not_said_to_block() -> None:
    assert said("import json\nasync def f(x):\n    json.dumps(x)\n", "json.dumps") == ""


def test_hostile_names_stay_words() -> None:
    program = check_texts({PATH: "async def f():\n    await x['](command:evil)<b>']()\n"}).program
    found = remark_at(1, 5, program, program.files[PATH])
    assert found is not None and "<b>" not in worded(found, "markdown").replace("`", "")


def test_hints_of_one_line_and_category_are_one() -> None:
    finding = Hint(3, 9, "told by a finding", "", "blocking", None)
    other = Hint(3, 9, "told by the program", "", "blocking", None)
    first = Hint(1, 9, "", "", "atomic", None)
    assert merged([finding], [other, first]) == [first, finding]


def test_signs_are_ascii_where_that_is_asked_for() -> None:
    text = "import time\n\n\nasync def f():\n    time.sleep(1)\n"
    program = check_texts({PATH: text}).program
    source = Source(PATH, text)
    span = Span(0, 0, 9, 0)
    [hint] = hints_in(span, source, {"blocking"}, "ascii", program, program.files[PATH])
    assert hint.label == "# blocks here: time.sleep" and (hint.line, hint.column) == (4, 17)
    assert hints_in(span, source, set(), "ascii", program, program.files[PATH]) == ()


def test_a_function_with_nothing_to_tell_has_no_lens() -> None:
    program = check_texts({PATH: "async def f():\n    pass\n\n\nasync def g():\n    await f2()\n"}).program
    assert [each.words for each in overviews(99, program, program.files[PATH])] == ["1 suspension point"]


def test_what_may_change_is_named_as_it_is_written() -> None:
    code = 'async def f():\n    n = state["n"]\n    await work()\n    state["n"] = n + 1\n'
    line = (HEAD + TAIL).count("\n") + 2
    assert f'state["n"] was read on line {line} and is written on line {line + 2}' in said(code, "await work")
