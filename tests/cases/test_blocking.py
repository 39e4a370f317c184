"""Blocking calls of real projects, told in our own words: each is found, and its repair is silent."""

from __future__ import annotations

import ast
import textwrap

import pytest
from tests.cases.blocking_alike import QUIET
from tests.cases.blocking_cases import FAMILY, Bug, files, findings, told
from tests.cases.blocking_direct import DIRECT
from tests.cases.blocking_far import FAR
from tests.cases.blocking_transitive import TRANSITIVE

from awaitlens.edge.actions import merged
from awaitlens.engine import check_texts
from awaitlens.rewrite.apply import apply
from awaitlens.settings import Settings

BUGS = [*DIRECT, *TRANSITIVE, *FAR]


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.story)
def test_a_real_bug_is_found_where_it_is(bug: Bug) -> None:
    """About missed alarms."""
    assert told(bug.bad) == [(bug.line, bug.pitfall)]


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.story)
def test_its_repair_is_silent(bug: Bug) -> None:
    """About false alarms."""
    assert told(bug.good) == []


@pytest.mark.parametrize("text", QUIET.values(), ids=QUIET.keys())
def test_what_looks_alike_is_silent(text: str) -> None:
    """About false alarms."""
    assert told(text) == []


# --- one place, one pitfall; the words --------------------------------------------------------------------------


def test_a_call_made_instead_of_handed_over_is_told_once() -> None:
    text = """
        import asyncio
        import requests
        import time

        async def main(url):
            await asyncio.to_thread(requests.get(url))
            await asyncio.to_thread(time.sleep(1))
    """
    assert {pitfall for _, pitfall in told(text)} == {"thread-offload-called-eagerly"}
    assert len(told(text)) == 2


def test_a_chain_names_the_functions_on_the_way_and_proves_each_step() -> None:
    text = """
        from shop.client import Client

        async def page():
            return Client().fetch()
        --- shop/__init__.py
        --- shop/client.py
        import requests


        class Client:
            def fetch(self):
                return self._get("books")

            def _get(self, name):
                return requests.get(name)
    """
    [(_, finding)] = findings(text)
    assert finding.message == (
        "Client().fetch() blocks the event loop: Client().fetch > Client._get > requests.get"
    )
    assert finding.confidence == "certain"
    assert [(step.path, step.span.line) for step in finding.trail] == [
        ("", 3),
        ("shop/client.py", 5),
        ("shop/client.py", 8),
    ]
    assert finding.trail[-1].words == (
        "Client._get() calls requests.get(), which waits for the whole HTTP exchange"
    )


def test_the_users_word_makes_a_function_blocking() -> None:
    text = """
        def crunch():  # awaitlens: blocking
            return 1

        async def main():
            return crunch()
    """
    [(line, finding)] = findings(text)
    assert (line, finding.pitfall) == ("return crunch()", "blocking-call-chain")
    assert finding.message == "crunch() blocks the event loop: it is marked as blocking"


def test_the_configuration_makes_a_function_blocking_or_not() -> None:
    text = """
        import acme
        import requests

        def fetch():
            return requests.get("https://shop.example")

        async def main():
            acme.render(1)
            return fetch()
    """
    settings = Settings(
        select=FAMILY, blocking=frozenset({"acme.render"}), not_blocking=frozenset({"app.fetch"})
    )
    assert told(text) == [("return fetch()", "blocking-call-chain")]
    assert told(text, settings) == [("acme.render(1)", "blocking-call-chain")]


def test_a_query_behind_a_helper_raises() -> None:
    text = """
        from django.db import models

        class Book(models.Model):
            pass

        def cheapest():
            return Book.objects.order_by("price").first()

        async def page(request):
            return cheapest()
    """
    [(_, finding)] = findings(text)
    assert finding.message.startswith("cheapest() raises SynchronousOnlyOperation in async code: cheapest > ")


def test_a_callback_that_comes_to_block_is_told_where_it_is_handed_over() -> None:
    text = """
        import asyncio
        import requests

        def report(task):
            requests.post("https://log.example", task.get_name())

        async def main(f):
            task = asyncio.create_task(f())
            task.add_done_callback(report)
            await task
    """
    [(line, finding)] = findings(text)
    assert (line, finding.pitfall) == ("task.add_done_callback(report)", "blocking-callback")
    assert finding.message == "report() blocks the event loop, which runs it: report > requests.post"


def test_a_django_call_behind_a_helper_raises_or_blocks_as_it_does_itself() -> None:
    text = """
        from django.contrib.auth import login
        from django.core.cache import cache
        from django.core.mail import send_mail
        from django.shortcuts import render

        def enter(request, user):
            login(request, user)

        def welcome(user):
            send_mail("Welcome", "Hello", None, [user.email])

        def page(request):
            return render(request, "page.html")

        async def view(request, user):
            enter(request, user)
            welcome(user)
            return page(request)
    """
    assert [finding.message for _, finding in findings(text)] == [
        "enter() raises SynchronousOnlyOperation in async code: enter > django.contrib.auth.login",
        "welcome() blocks the event loop: welcome > django.core.mail.send_mail",
    ]


def repaired(text: str, options: Settings | None = None) -> str:
    """The text after the first repair of its first finding."""
    texts = files(text)
    program = check_texts(texts, options or Settings(select=FAMILY))
    patch = program.patches("app.py", program.findings("app.py")[0])[0]
    return apply(texts["app.py"], patch.edits)


HELPER = """
def load(path):
    return requests.get(path)


async def main():
    return load("a")
"""


@pytest.mark.parametrize(
    ("imports", "python", "expected"),
    [
        ("import requests\n", None, 'await asyncio.to_thread(load, "a")'),
        ("import requests\n", (3, 8), 'await asyncio.get_running_loop().run_in_executor(None, load, "a")'),
        ("import requests\nfrom django.http import JsonResponse\n", None, 'await sync_to_async(load)("a")'),
    ],
)
def test_the_repair_fits_the_version_and_the_framework(
    imports: str, python: tuple[int, int] | None, expected: str
) -> None:
    options = Settings(select=FAMILY, python=python)
    assert repaired(imports + HELPER, options).endswith(f"    return {expected}")


@pytest.mark.parametrize(
    "text",
    [
        "import sqlite3\nstore = sqlite3.connect('a')\nasync def main():\n    store.execute('b')\n",
        "import os\nasync def main(path):\n    for each in os.walk(path):\n        print(each)\n",
        "async def main(path):\n    with open(path) as file:\n        return file.read()\n",
        "import threading\nlock = threading.Lock()\nasync def main():\n    lock.acquire()\n",
    ],
)
def test_no_thread_is_offered_where_one_would_not_help(text: str) -> None:
    """A sqlite3 connection and a lock belong to a thread, a walk and an open file go on after the call."""
    program = check_texts({"app.py": text}, Settings(select=FAMILY))
    [finding] = program.findings("app.py")
    assert not any(patch.edits for patch in program.patches("app.py", finding))


STORE = """
    import sqlite3

    class Store:
        def __init__(self, path):
            self.rows = sqlite3.connect(path)

        def all(self):
            return self.rows.execute("select 1").fetchall()

        def fresh(self, path):
            rows = sqlite3.connect(path)
            return rows.execute("select 1").fetchall()

    async def main(path, store: Store):
        store.all()
    """


@pytest.mark.parametrize(
    ("before", "after", "moves"),
    [
        ("store.all()", "store.all()", False),
        ("store.all()", "Store(path)", False),
        ("store.all()", "store.fresh(path)", True),
        ("connect(path)", "connect(path, check_same_thread=False)", True),
    ],
)
def test_a_connection_that_is_kept_stays_on_the_thread_that_opened_it(
    before: str, after: str, moves: bool
) -> None:
    """A wrong repair: SQLite refuses the connection on another thread, unless it is told not to."""
    program = check_texts({"app.py": textwrap.dedent(STORE).replace(before, after)}, Settings(select=FAMILY))
    [finding] = program.findings("app.py")
    assert any(patch.edits for patch in program.patches("app.py", finding)) == moves


CONVERSATION = """
    import asyncio
    import smtplib
    from concurrent.futures import ThreadPoolExecutor
    from contextlib import contextmanager
    from urllib.request import urlopen

    @contextmanager
    def opened(url):
        yield urlopen(url)

    async def send(host, text):
        {}
"""


def conversation(block: str) -> str:
    return textwrap.dedent(CONVERSATION.format(block)).strip()


@pytest.mark.parametrize(
    ("imports", "python", "expected"),
    [
        ("import asyncio\n", (3, 8), "await asyncio.get_running_loop().run_in_executor(None, blocking_part)"),
        ("from asgiref.sync import sync_to_async\nimport django.http\n", None, "await blocking_part()"),
    ],
)
def test_the_thread_of_a_block_fits_the_version_and_the_framework(
    imports: str, python: tuple[int, int] | None, expected: str
) -> None:
    text = imports + "import smtplib\n\n\nasync def send(host):\n    with smtplib.SMTP(host):\n        pass\n"
    after = repaired(text, Settings(select=FAMILY, python=python))
    assert after.rstrip().endswith(f"    {expected}")
    assert ("@sync_to_async\n    def blocking_part" in after) is (python is None)


@pytest.mark.parametrize(
    "block",
    [
        "with smtplib.SMTP(host) as server:\n            server.send_message(text)",
        "with urlopen(host) as answer:\n            found = answer.read()\n        return found",
        "with opened(host) as answer:\n            return answer.read()",
        "with smtplib.SMTP(host):\n            pass",
        "with ThreadPoolExecutor() as pool:\n            pool.submit(text)",
    ],
)
def test_a_block_whose_header_blocks_goes_to_a_thread_whole(block: str) -> None:
    """About missed alarms: to leave such a block waits, too. All repairs together are as good as the first alone."""
    text = conversation(block)
    program = check_texts({"app.py": text}, Settings(select=FAMILY))
    patches = [program.patches("app.py", finding)[0] for finding in program.findings("app.py")]
    after = apply(text, merged(patches))
    assert after == repaired(text)
    ast.parse(after)
    assert "with await" not in after and "await asyncio.to_thread(blocking_part)" in after
    assert told(after) == []


@pytest.mark.parametrize(
    "block",
    [
        "with smtplib.SMTP(host) as server:\n            await text.read()",
        "with smtplib.SMTP(host) as server:\n            asyncio.create_task(text)",
        "with smtplib.SMTP(host) as server:\n            pass\n        return server",
    ],
)
def test_a_block_that_must_stay_is_given_advice(block: str) -> None:
    """About false alarms: what awaits, speaks to the loop or leaks what it opened goes to no thread, nor does its header."""
    text = conversation(block)
    program = check_texts({"app.py": text}, Settings(select=FAMILY))
    [finding] = program.findings("app.py")
    [patch] = program.patches("app.py", finding)
    assert (patch.safety, patch.edits) == ("show", ()) and "whole block" in patch.advice


def test_statements_that_wait_by_themselves() -> None:
    text = """
        from concurrent.futures import ThreadPoolExecutor
        from kafka import KafkaConsumer
        from subprocess import Popen

        async def work(f):
            with ThreadPoolExecutor() as pool:
                pool.submit(f)
            with Popen(["true"]):
                pass

        async def listen(consumer: KafkaConsumer, handle):
            for message in consumer:
                await handle(message)
    """
    assert [(pitfall, finding.message) for _, finding in findings(text) for pitfall in [finding.pitfall]] == [
        (
            "blocking-thread-wait",
            "`with ThreadPoolExecutor()` blocks the event loop: it waits for everything handed to the pool",
        ),
        ("blocking-subprocess", "`with Popen()` blocks the event loop: it waits for the child process"),
        (
            "blocking-database",
            "`for message in consumer` blocks the event loop: it waits for the next message",
        ),
    ]


def test_a_comprehension_asks_for_values_too() -> None:
    text = """
        import time

        class Rows:
            def __next__(self):
                time.sleep(1)

        async def main(rows: Rows):
            return [row for row in rows]
    """
    [(_, finding)] = findings(text)
    assert finding.message == "this comprehension blocks the event loop: this comprehension > time.sleep"


def test_a_module_named_by_a_variable_is_mostly_there_already() -> None:
    """About false alarms: an import that was done once costs nothing again."""
    text = """
        import importlib

        def backend(name):
            return importlib.import_module(name)

        async def main(settings):
            return backend(settings.backend)
    """
    assert told(text) == []


@pytest.mark.parametrize(
    ("body", "verb"),
    [
        ("if found: return found\n    return requests.get(found)", "can block"),
        ("for each in found:\n        if each: return each\n    return requests.get(found)", "can block"),
        ("if not found: raise KeyError\n    return requests.get(found)", "blocks"),
        ("if found: print(found)\n    return requests.get(found)", "blocks"),
    ],
)
def test_what_returns_before_it_waits_only_can_block(body: str, verb: str) -> None:
    """About false alarms: that a function blocks is said of those that do so whenever they are called."""
    text = f"import requests\n\ndef load(found):\n    {body}\n\nasync def main(found):\n    load(found)\n"
    [(_, finding)] = findings(text)
    assert finding.message == f"load() {verb} the event loop: load > requests.get"


@pytest.mark.parametrize(
    "body",
    [
        "if not delay: return\n    time.sleep(delay)",
        "if delay is None: return\n    time.sleep(delay)",
        "if delay: time.sleep(delay)",
        "if delay is not None: time.sleep(delay)",
    ],
)
def test_what_waits_only_where_it_is_told_to(body: str) -> None:
    """About a false alarm at the first call, a missed one at the second."""
    text = f"import time\n\ndef crash(delay=None):\n    {body}\n\nasync def main(delay):\n    crash()\n    crash(delay)\n"
    assert [line for line, _ in findings(text)] == ["crash(delay)"]
    turned = text.replace("if not delay", "if delay").replace("if delay is None", "if delay is not None")
    if turned != text:
        assert [line for line, _ in findings(turned)] == ["crash()", "crash(delay)"]


def test_paths_that_a_slash_joins_are_paths() -> None:
    """About missed alarms."""
    text = """
        from pathlib import Path

        import anyio

        FOLDER = Path(__file__).parent

        class Store:
            def __init__(self, folder: Path):
                self.index = folder / "index"

            def save(self, name, text):
                (FOLDER / name).write_text(text)

            async def main(self, name, number, other: anyio.Path):
                (number / name).read_text()
                (other / name).read_text()
                path = FOLDER / "rows" / name
                path.read_text()
                self.index.read_bytes()
                self.save(name, "")
    """
    assert [line for line, _ in findings(text)] == [
        "path.read_text()",
        "self.index.read_bytes()",
        'self.save(name, "")',
    ]


def test_what_a_builtin_passes_on_keeps_its_type() -> None:
    """About missed alarms."""
    text = """
        from pathlib import Path

        async def main(folder: Path, numbers):
            for path in sorted(folder.iterdir(), key=str):
                (path / "name").read_text()
            for number, path in enumerate(list(folder.glob("*"))):
                path.read_bytes()
            newest = max(folder.iterdir(), key=str)
            newest.write_text("")
            next(reversed(numbers)).read_text()
            max(folder, numbers).read_text()
    """
    assert [line for line, _ in findings(text)] == [
        '(path / "name").read_text()',
        "path.read_bytes()",
        'newest.write_text("")',
    ]
