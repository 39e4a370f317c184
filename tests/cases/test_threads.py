"""Which thread a function runs on, and what is touched from the wrong one."""

from __future__ import annotations

import textwrap

import pytest

from awaitlens.engine import CheckedProgram, check_texts, new_reader, read
from awaitlens.program.threads import runs_on
from awaitlens.settings import Settings
from awaitlens.source import Source

FAMILY = Settings(
    select=frozenset(
        {
            "loop-call-from-thread",
            "asyncio-primitive-from-thread",
            "task-created-without-loop",
            "deprecated-loop-api",
            "orm-off-sensitive-thread",
        }
    )
)


def check(text: str, settings: Settings = FAMILY, **others: str) -> CheckedProgram:
    files = {"module.py": text, **{f"{name}.py": other for name, other in others.items()}}
    return check_texts({path: textwrap.dedent(code) for path, code in files.items()}, settings)


def threads(text: str, function: str, **others: str) -> dict[str, str]:
    """The threads a function of the module runs on, each with the words that say why."""
    program = check(text, **others).program
    return {place.thread: place.words for place in runs_on(program, "module.py", function)}


def found(text: str, **others: str) -> list[str]:
    return [finding.pitfall for finding in check(text, **others).findings("module.py")]


# --- where it runs ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "thread"),
    [
        ("import asyncio\nasync def main(loop):\n    await asyncio.to_thread(work)\n", "worker thread"),
        (
            "import asyncio\nasync def main():\n"
            "    await asyncio.get_running_loop().run_in_executor(None, work)\n",
            "worker thread",
        ),
        (
            "from asgiref.sync import sync_to_async\nasync def main():\n    await sync_to_async(work)()\n",
            "thread-sensitive worker",
        ),
        (
            "from asgiref.sync import sync_to_async\nasync def main():\n"
            "    await sync_to_async(work, thread_sensitive=False)()\n",
            "worker thread",
        ),
        ("import threading\nthreading.Thread(target=work).start()\n", "new thread"),
        ("import multiprocessing\nmultiprocessing.Process(target=work).start()\n", "process"),
        (
            "import asyncio\nasync def main():\n    asyncio.get_running_loop().call_soon(work)\n",
            "event loop",
        ),
        (
            "import asyncio, functools\nasync def main():\n"
            "    await asyncio.to_thread(functools.partial(work, 1))\n",
            "worker thread",
        ),
        ("import asyncio\nasync def main():\n    await asyncio.to_thread(lambda: work())\n", "worker thread"),
        ("async def main():\n    work()\n", "event loop"),
        ("def helper():\n    work()\nasync def main():\n    helper()\n", "event loop"),
        ("work()\n", "module level"),
        (
            "def loop_a():\n    work()\n    loop_b()\ndef loop_b():\n    loop_a()\nasync def m(): loop_b()\n",
            "event loop",
        ),
    ],
)
def test_where_a_function_runs(sent: str, thread: str) -> None:
    """Both alarms rest on it: each way to send a function somewhere."""
    assert list(threads(f"def work(*given): ...\n{sent}", "work")) == [thread]


def test_a_function_may_run_in_several_places() -> None:
    text = """
    import asyncio

    def work(): ...

    async def main():
        work()
        await asyncio.to_thread(work)
    """
    assert threads(text, "work") == {
        "worker thread": "given to asyncio.to_thread()",
        "event loop": "called from main()",
    }


def test_other_files_say_where_it_runs() -> None:
    user = "import threading\nfrom module import work\nthreading.Thread(target=work).start()\n"
    assert list(threads("def work(): ...\n", "work", user=user)) == ["new thread"]


def test_methods_by_their_class() -> None:
    text = """
    import threading

    class Job(threading.Thread):
        def run(self):
            self.step()

        def step(self): ...
    """
    assert list(threads(text, "Job.run")) == ["new thread"]
    assert list(threads(text, "Job.step")) == ["new thread"]


def test_nobody_knows_where_an_uncalled_function_runs() -> None:
    assert threads("def work(): ...\n", "work") == {}


@pytest.mark.parametrize(
    ("edit", "threads_after"), [("pass", []), ("await asyncio.to_thread(work)", ["worker thread"])]
)
def test_a_caller_that_comes_or_goes_is_noticed(edit: str, threads_after: list[str]) -> None:
    """An edit inside one function changes where another one runs: answers that rest on it are dropped."""
    text = "def work(): ...\n\n\nasync def main():\n    {}\n\n\nimport asyncio\n"
    program = check(text.format("work()")).program
    assert [place.thread for place in runs_on(program, "module.py", "work")] == ["event loop"]
    old = program.files["module.py"]
    new = read(Source("module.py", text.format(edit)), old.module, new_reader())
    epoch = program.epoch
    assert program.put_block(old, 1, new.facts(1), new.blocks)
    assert program.epoch > epoch
    assert [place.thread for place in runs_on(program, "module.py", "work")] == threads_after


# --- touched from the wrong one -----------------------------------------------------------------------------

WORKER = """
import asyncio

class Reader:
    def __init__(self, loop: asyncio.AbstractEventLoop):
        self.loop = loop
        self.queue = asyncio.Queue()
        self.future = loop.create_future()

    def read(self):
        {}

    async def run(self):
        await asyncio.to_thread(self.read)
"""


@pytest.mark.parametrize(
    ("line", "pitfall", "repaired"),
    [
        (
            "self.loop.call_later(1, print)",
            "loop-call-from-thread",
            "self.loop.call_soon_threadsafe(self.loop.call_later, 1, print)",
        ),
        ("self.loop.stop()", "loop-call-from-thread", "self.loop.call_soon_threadsafe(self.loop.stop)"),
        (
            "self.loop.create_task(self.run())",
            "loop-call-from-thread",
            "asyncio.run_coroutine_threadsafe(self.run(), self.loop)",
        ),
        (
            "self.queue.put_nowait(1)",
            "asyncio-primitive-from-thread",
            "self.loop.call_soon_threadsafe(self.queue.put_nowait, 1)",
        ),
        (
            "self.future.set_result(None)",
            "asyncio-primitive-from-thread",
            "self.loop.call_soon_threadsafe(self.future.set_result, None)",
        ),
    ],
)
def test_what_belongs_to_the_loop_is_handed_to_it(line: str, pitfall: str, repaired: str) -> None:
    """Missed alarms, and the repaired form silent."""
    program = check(WORKER.format(line))
    (finding,) = program.findings("module.py")
    assert finding.pitfall == pitfall
    (patch,) = program.patches("module.py", finding)
    text = program.sources["module.py"].text
    for edit in sorted(patch.edits, key=lambda e: e.span, reverse=True):
        source = Source("", text)
        start = source.offset(edit.span.line, edit.span.column)
        end = source.offset(edit.span.end_line, edit.span.end_column)
        text = text[:start] + edit.text + text[end:]
    assert repaired in text
    assert found(text) == []


@pytest.mark.parametrize(
    "text",
    [
        # It also runs on the loop: no claim.
        WORKER.format("self.queue.put_nowait(1)").replace(
            "await asyncio.to_thread(self.read)", "self.read()"
        ),
        WORKER.format("self.queue.put_nowait(1)") + "        self.read()\n",
        # The thread's own loop.
        """
        import asyncio, threading

        def serve():
            loop = asyncio.new_event_loop()
            loop.call_soon(print)
            loop.run_forever()

        threading.Thread(target=serve).start()
        """,
        # A constructor that only coroutines call.
        """
        import asyncio

        class Cache:
            def __init__(self):
                self.task = asyncio.create_task(self.sweep())

            async def sweep(self): ...

        async def main():
            return Cache()
        """,
    ],
)
def test_what_is_on_its_own_thread_is_silent(text: str) -> None:
    """False alarms."""
    assert found(text) == []


def test_what_is_dropped_on_any_thread() -> None:
    """Missed alarm: an object may be collected on whatever thread lets go of it last."""
    text = """
    import asyncio

    class Peer:
        def __init__(self, writer: asyncio.StreamWriter, loop: asyncio.AbstractEventLoop):
            self.writer = writer
            self.loop = loop

        def __del__(self):
            {}
    """
    assert found(text.format("self.writer.close()")) == ["asyncio-primitive-from-thread"]
    assert found(text.format("self.loop.call_soon_threadsafe(self.writer.close)")) == []


def test_older_targets_may_still_use_what_they_have() -> None:
    """False alarm: on Python 3.9 the loop parameter is there, and nothing of 3.14 is deprecated."""
    text = "import asyncio\nasync def f(loop):\n    await asyncio.sleep(1, loop=loop)\n    asyncio.iscoroutinefunction(f)\n"
    settings = Settings(select=FAMILY.select, python=(3, 9))
    assert check(text, settings).findings("module.py") == ()
    assert len(check(text).findings("module.py")) == 2


@pytest.mark.parametrize(
    ("kind", "pitfalls"), [("tornado.queues", ["asyncio-primitive-from-thread"]), ("queue", [])]
)
def test_a_queue_of_another_library_that_belongs_to_the_loop(kind: str, pitfalls: list[str]) -> None:
    """A missed alarm: Tornado says that its queues and locks are not thread-safe (4.2 and newer)."""
    text = f"""
    import threading
    import {kind}

    class Command:
        def __init__(self):
            self.lines = None

        async def spawn(self):
            self.lines = {kind}.Queue()
            threading.Thread(target=self.read).start()

        def read(self):
            self.lines.put_nowait(b"line")
    """
    assert found(text) == pitfalls
