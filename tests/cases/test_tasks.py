"""Tasks that nobody keeps, collections where tasks are wanted, cancellations that go nowhere: as people wrote them."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

import pytest

from awaitlens.cli.fixing import Sources, repair
from awaitlens.engine import check_texts
from awaitlens.pitfall import Patch
from awaitlens.settings import Settings
from awaitlens.source import Source

FAMILY = Settings(
    select=frozenset(
        {
            "dropped-task",
            "weakly-held-task",
            "ignored-gather-exceptions",
            "gather-needs-star",
            "coroutine-not-called",
            "wait-needs-tasks",
            "swallowed-cancellation",
            "suppressed-cancellation",
            "timeout-without-await",
            "shield-loses-task",
        }
    )
)

SETUP = """
import asyncio
from contextlib import suppress

async def fetch(key=0): ...
async def watch(): ...

class Service:
    def __init__(self, loop: asyncio.AbstractEventLoop):
        self.loop = loop
        self.tasks = []
        self.running: asyncio.Task | None = None

    def on_event(self, event):
        {method}

async def main(keys, event, queue):
    {body}
"""


def found(*, method: str = "pass", body: str = "pass") -> list[str]:
    text = SETUP.format(
        method=textwrap.indent(method, "        ").strip(), body=textwrap.indent(body, "    ").strip()
    )
    return [finding.pitfall for finding in check_texts({"module.py": text}, FAMILY).findings("module.py")]


@pytest.mark.parametrize(
    ("pitfall", "method", "repaired"),
    [
        ("dropped-task", "asyncio.create_task(watch())", "self.running = asyncio.create_task(watch())"),
        (
            "dropped-task",
            "self.loop.create_task(watch())",
            "self.tasks.append(self.loop.create_task(watch()))",
        ),
        (
            "dropped-task",
            "asyncio.ensure_future(watch(), loop=self.loop)",
            "return asyncio.ensure_future(watch())",
        ),
        (
            "weakly-held-task",
            "task = asyncio.create_task(watch())",
            "task = asyncio.create_task(watch())\nself.tasks.append(task)",
        ),
        (
            "weakly-held-task",
            "for _ in range(3):\n    _ = asyncio.create_task(watch())",
            "for _ in range(3):\n    task = asyncio.create_task(watch())\n    task.add_done_callback(print)",
        ),
    ],
)
def test_tasks_nobody_keeps(pitfall: str, method: str, repaired: str) -> None:
    """Missed alarms, and their repaired forms silent."""
    assert found(method=method) == [pitfall]
    assert found(method=repaired) == []


@pytest.mark.parametrize(
    ("pitfall", "body", "repaired"),
    [
        (
            "wait-needs-tasks",
            "await asyncio.wait([fetch(1), fetch(2)])",
            "await asyncio.gather(fetch(1), fetch(2))",
        ),
        (
            "wait-needs-tasks",
            "jobs = [fetch(key) for key in keys]\nawait asyncio.wait(jobs)",
            "jobs = [asyncio.create_task(fetch(key)) for key in keys]\nawait asyncio.wait(jobs)",
        ),
        (
            "wait-needs-tasks",
            "task = asyncio.create_task(fetch())\nawait asyncio.wait(task)",
            "task = asyncio.create_task(fetch())\nawait asyncio.wait([task])",
        ),
        ("dropped-task", "asyncio.gather(fetch(1), fetch(2))", "await asyncio.gather(fetch(1), fetch(2))"),
        (
            "gather-needs-star",
            "await asyncio.gather(fetch(key) for key in keys)",
            "await asyncio.gather(*(fetch(key) for key in keys))",
        ),
        (
            "gather-needs-star",
            "jobs = [fetch(key) for key in keys]\nawait asyncio.gather(jobs)",
            "jobs = [fetch(key) for key in keys]\nawait asyncio.gather(*jobs)",
        ),
        ("coroutine-not-called", "await asyncio.wait_for(fetch, 5)", "await asyncio.wait_for(fetch(), 5)"),
        (
            "coroutine-not-called",
            "await asyncio.gather(fetch, watch())",
            "await asyncio.gather(fetch(), watch())",
        ),
        (
            "ignored-gather-exceptions",
            "await asyncio.gather(fetch(), return_exceptions=True)",
            "print(await asyncio.gather(fetch(), return_exceptions=True))",
        ),
        (
            "swallowed-cancellation",
            "while True:\n    try:\n        await queue.get()\n    except BaseException:\n        print(1)",
            "while True:\n    try:\n        await queue.get()\n    except Exception:\n        print(1)",
        ),
        (
            "suppressed-cancellation",
            "while True:\n    with suppress(BaseException):\n        await queue.get()",
            "while True:\n    with suppress(Exception):\n        await queue.get()",
        ),
        (
            "timeout-without-await",
            "async with asyncio.timeout(1):\n    print(keys)",
            "async with asyncio.timeout(1):\n    await fetch(keys)",
        ),
        (
            "shield-loses-task",
            "await asyncio.shield(fetch())",
            "task = asyncio.create_task(fetch())\nkeys.add(task)\nawait asyncio.shield(task)",
        ),
    ],
)
def test_what_is_awaited_wrongly(pitfall: str, body: str, repaired: str) -> None:
    """Missed alarms, and their repaired forms silent."""
    assert found(body=body) == [pitfall]
    assert found(body=repaired) == []


@pytest.mark.parametrize(
    "body",
    [
        # The variable keeps the task while the function waits for something else.
        "task = asyncio.create_task(watch())\nawait event.wait()",
        # Names that hold one awaitable, not a collection.
        "future = asyncio.get_running_loop().create_future()\nawait asyncio.gather(future)",
        # A timeout around code that yields control by an async loop or context manager.
        "async with asyncio.timeout(1):\n    async with event:\n        print(1)",
        "async with asyncio.timeout(1):\n    return [key async for key in keys]",
        # A group keeps its tasks.
        "async with asyncio.TaskGroup() as group:\n    group.create_task(fetch())",
        # A parameter may hold a coroutine.
        "await asyncio.wait_for(event, 5)",
        # What is caught is given back to the caller, who raises it once everything is closed.
        "first = None\nfor key in keys:\n    try:\n        await key.close()\n    except BaseException as error:\n"
        "        if first is None:\n            first = error\nreturn first",
        "while True:\n    try:\n        await queue.get()\n    except BaseException as error:\n        return None, error",
        # The error on its way out says more than those of the tidying up.
        "try:\n    await watch()\nexcept Exception:\n"
        "    await asyncio.gather(*[fetch(key) for key in keys], return_exceptions=True)\n    raise",
    ],
)
def test_what_only_looks_wrong(body: str) -> None:
    """False alarms."""
    assert found(body=body) == []


def told(text: str, settings: Settings = FAMILY) -> list[str]:
    found = check_texts({"module.py": textwrap.dedent(text)}, settings).findings("module.py")
    return [finding.pitfall for finding in found]


RUNNING = """
    import asyncio

    async def serve(): ...

    def main(loop: asyncio.AbstractEventLoop, done):
        _ = loop.create_task(serve())
        AFTER
    """


@pytest.mark.parametrize(
    ("after", "found"),
    [
        ("loop.run_forever()", []),
        ("loop.run_until_complete(done)", []),
        ("loop.call_later(1, print)", ["weakly-held-task"]),
    ],
)
def test_who_runs_the_loop_holds_its_locals_meanwhile(after: str, found: list[str]) -> None:
    """False alarms, and a missed one: the function is over before the task is."""
    assert told(RUNNING.replace("AFTER", after)) == found


AWAITABLES = """
    import asyncio
    from typing import Awaitable, Coroutine, List

    class Sender:
        async def publish(self) -> List[KIND]: ...

        async def flush(self):
            await asyncio.wait(await self.publish())
    """


@pytest.mark.parametrize(("kind", "found"), [("Awaitable[int]", 0), ("Coroutine[None, None, int]", 1)])
def test_a_list_of_awaitables_may_hold_futures(kind: str, found: int) -> None:
    """A false alarm, and a missed one."""
    assert told(AWAITABLES.replace("KIND", kind)) == ["wait-needs-tasks"] * found


POLLED = """
    import asyncio
    import threading

    class Pump(BASE):
        def run(self):
            asyncio.run(self.pump())

        async def pump(self):
            while not self.stopped:
                await asyncio.sleep(1)

        def stop(self):
            self.stopped = True
    """


@pytest.mark.parametrize(("base", "found"), [("threading.Thread", 0), ("object", 1)])
def test_an_event_of_the_loop_is_not_set_by_who_stops_its_thread(base: str, found: int) -> None:
    """A false alarm, and a missed one."""
    assert (
        told(POLLED.replace("BASE", base), Settings(select=frozenset({"busy-wait"}))) == ["busy-wait"] * found
    )


NAMED = """
    from abc import ABC
    from typing import Generic, TypeVar

    from elsewhere import Base, client

    T = TypeVar("T")

    class Sender(BASES):
        def send(self, executor, event_loop):
            OWNER.create_task(self.answer())

        async def answer(self): ...
    """


@pytest.mark.parametrize(
    ("owner", "bases", "found"),
    [
        ("self.loop", "Generic[T]", 1),
        ("self._client.loop", "ABC", 1),
        ("self.thread_loop", "Base", 1),
        ("client._loop", "Base", 1),
        ("event_loop", "ABC", 1),
        ("executor", "ABC", 0),
        ("self.loops", "ABC", 0),
    ],
)
def test_what_is_called_a_loop_creates_tasks_as_one(owner: str, bases: str, found: int) -> None:
    """Missed alarms: nobody knows where the loop comes from. And false ones: a group keeps its tasks."""
    assert told(NAMED.replace("OWNER", owner).replace("BASES", bases)) == ["dropped-task"] * found


def test_a_class_of_the_program_called_loop_is_what_it_is() -> None:
    """A false alarm."""
    text = """
        class Loop:
            def create_task(self, coroutine):
                self.tasks.append(coroutine)

        class Sender:
            def __init__(self):
                self.loop = Loop()

            def send(self):
                self.loop.create_task(self.answer())

            async def answer(self): ...
        """
    assert told(text) == []


def test_a_loop_by_its_name_alone_may_be_the_threads_own() -> None:
    """A false alarm: who is called a loop may run in this thread."""
    text = """
        import threading

        class Sender:
            def start(self):
                threading.Thread(target=self.run).start()

            def run(self):
                self.tasks.append(self.loop.create_task(self.answer()))

            async def answer(self): ...
        """
    assert told(text, Settings(select=frozenset({"loop-call-from-thread"}))) == []


def test_tasks_of_two_functions_are_kept_in_one_set() -> None:
    """A repair that made the set once for each of them."""

    def patches_of(sources: Sources) -> Iterator[tuple[str, Patch]]:
        checked = check_texts({path: source.text for path, source in sources.items()}, FAMILY)
        return ((path, checked.patches(path, f)[0]) for path in sources for f in checked.findings(path))

    text = "import asyncio\n\n\nasync def watch(): ...\n"
    for name in ("first", "second"):
        text += f"\n\ndef {name}():\n    asyncio.create_task(watch())\n"
    repaired = repair({"module.py": Source("module.py", text)}, patches_of).sources["module.py"].text
    assert repaired.count("background_tasks = set()") == 1
    assert repaired.count("background_tasks.add(task)") == 2
