"""The ways on which a value comes to where it is used: out of a dict of functions, a row, a container.

Each text is one program; the pitfalls that are found in it, in the order of its lines, stand beside it. None stands for
a false alarm avoided, any other for a bug that would be missed.
"""

from __future__ import annotations

import textwrap

import pytest

from awaitlens.engine import check_texts

FUNCTIONS = """
    import time

    async def load(x): ...
    async def save(x): ...
    def note(x): print(x)
    def tell(x): print(x)
    def wait(x): time.sleep(x)

"""

BY_KEY = {
    # all of them are coroutine functions
    """
    TABLE = {"a": load, "b": save}
    async def main(kind, x):
        TABLE[kind](x)
    """: ["unawaited-call"],
    """
    TABLE = {"a": load, "b": save}
    async def main(kind, x):
        TABLE.get(kind)(x)
    """: ["unawaited-call"],
    """
    TABLE = {"a": load, "b": save}
    async def main(kind, x):
        if handler := TABLE.get(kind):
            handler(x)
    """: ["unawaited-call"],
    """
    class Server:
        def __init__(self):
            self._handlers = {"a": self.load, "b": self.save}
        async def load(self, x): ...
        async def save(self, x): ...
        async def main(self, kind, x):
            handler = self._handlers[kind]
            handler(x)
    """: ["unawaited-call"],
    # none of them is
    """
    TABLE = {"a": note, "b": tell}
    async def main(kind, x):
        await TABLE[kind](x)
    """: ["await-non-awaitable"],
    # one of them blocks
    """
    TABLE = {"a": note, "b": wait}
    async def main(kind, x):
        TABLE[kind](x)
    """: ["blocking-call-chain"],
    # what may be one or the other
    """
    TABLE = {"a": load, "b": note}
    async def main(kind, x):
        TABLE[kind](x)
    """: [],
    """
    TABLE = {"a": load, "b": note}
    async def main(kind, x):
        await TABLE[kind](x)
    """: [],
    """
    TABLE = {"a": load, "b": save}
    async def main(kind, x):
        TABLE.get(kind, note)(x)
    """: [],
    """
    TABLE = {"a": load, "b": save, **more}
    async def main(kind, x):
        TABLE[kind](x)
    """: [],
    # what is put in later
    """
    TABLE = {"a": load, "b": save}
    TABLE["c"] = note
    async def main(kind, x):
        TABLE[kind](x)
    """: [],
    """
    TABLE = {"a": note}
    def register(name, function):
        TABLE[name] = function
    async def main(kind, x):
        await TABLE[kind](x)
    """: [],
    """
    TABLE = {"a": note, "b": tell}
    TABLE.update(found())
    async def main(kind, x):
        await TABLE[kind](x)
    """: [],
    """
    TABLE = {"a": note, "b": tell}
    fill(TABLE)
    async def main(kind, x):
        await TABLE[kind](x)
    """: [],
    """
    class Server:
        def __init__(self):
            self._handlers = {"a": self.note}
        def note(self, x): print(x)
        def register(self, kind, function):
            self._handlers[kind] = function
        async def main(self, kind, x):
            await self._handlers[kind](x)
    """: [],
    # awaited as it should be
    """
    TABLE = {"a": load, "b": save}
    async def main(kind, x):
        return await TABLE[kind](x)
    """: [],
}


CLIENTS = """
    from typing import NamedTuple

    class Client:
        async def get(self): ...

    class Pair(NamedTuple):
        name: str
        client: Client

    def pair() -> Pair: ...
    def pairs() -> list[Pair]: ...

"""


@pytest.mark.parametrize(
    ("body", "is_found"),
    [
        ("):\n    name, client = pair()\n    client.get()", True),
        ("):\n    for name, client in pairs():\n        client.get()", True),
        ("):\n    pair()[1].get()", True),
        ("cs: dict[str, Client]):\n    name, client = cs.popitem()\n    client.get()", True),
        ("cs: dict[str, Client]):\n    for name, client in cs.items():\n        client.get()", True),
        (
            "cs: dict[str, Client]):\n    for n, (k, client) in enumerate(cs.items()):\n        client.get()",
            True,
        ),
        (
            "cs: dict[str, tuple[int, Client]]):\n    for k, (n, client) in cs.items():\n        client.get()",
            True,
        ),
        ("cs: list[Client]):\n    first, *others = cs\n    first.get()", True),
        (
            "cs: tuple[Client, ...]):\n    first, *others = cs\n    for each in others:\n        each.get()",
            True,
        ),
        ("cs: list[Client]):\n    for each in cs[1:]:\n        each.get()", True),
        ("cs: list[Client]):\n    [each.get() for each in cs]", True),
        ("):\n    client, name = pair()\n    client.get()", False),
        ("):\n    pair()[0].get()", False),
        ("cs: dict[str, Client]):\n    for client, name in cs.items():\n        client.get()", False),
        ("cs: list[Client]):\n    cs[1:].get()", False),
        ("cs: list[Client]):\n    first, *others = cs\n    others.get()", False),
        ("cs: list[Client]):\n    return [each.get() for each in cs]", False),
    ],
)
def test_elements_that_are_taken_apart(body: str, is_found: bool) -> None:
    text = textwrap.dedent(CLIENTS) + f"async def main({body}\n"
    pitfalls = [f.pitfall for f in check_texts({"app.py": text}).findings("app.py")]
    assert pitfalls == ["unawaited-call"] * is_found


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (
            "):\n    rows = [1, 2]\n    return [r async for r in rows]",
            "a list is iterated by plain `for` alone",
        ),
        (
            "rows: list[int]):\n    return {r: 1 async for r in rows}",
            "a list is iterated by plain `for` alone",
        ),
        ("):\n    rows = plain()\n    return [r async for r in rows]", "a generator is iterated by plain"),
        (
            "):\n    rows = slowly()\n    return [r for r in rows]",
            "an async generator is iterated by `async for`",
        ),
        ("):\n    rows = slowly()\n    return [r async for r in rows]", ""),
        ("):\n    rows = plain()\n    return [r for r in rows]", ""),
        ("rows):\n    return [r async for r in rows]", ""),
        (
            "rows):\n    if isinstance(rows, list):\n        return rows\n    return [r async for r in rows]",
            "",
        ),
        ("rows: list[int]):\n    return [rows async for rows in rows.each]", ""),
    ],
)
def test_what_a_comprehension_goes_over(body: str, told: str) -> None:
    text = f"def plain():\n    yield 1\nasync def slowly():\n    yield 1\nasync def main({body}\n"
    checked = check_texts({"app.py": text})
    messages = [f.message for f in checked.findings("app.py")]
    assert len(messages) == bool(told)
    assert all(told in message for message in messages)
    for finding in checked.findings("app.py"):
        assert checked.patches("app.py", finding)


PASSED_ON = """
    import base64, html, json, logging
    from aiohttp import web
    from starlette.responses import JSONResponse
    from fastapi.responses import HTMLResponse

    async def load(): ...

"""


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("web.json_response(load())", "goes to json_response()"),
        ("web.Response(text=load())", "goes to Response()"),
        ("JSONResponse({'a': load()})", "goes to JSONResponse()"),
        ("HTMLResponse(load())", "goes to HTMLResponse()"),
        ("json.loads(load())", "goes to loads()"),
        ("base64.b64encode(load())", "goes to b64encode()"),
        ("', '.join(load())", "goes to join()"),
        ("'{}'.format(load())", "goes to format()"),
        ("html.escape(load())", "goes to escape()"),
        ("{**load()}", "cannot be unpacked"),
        ("load()()", "cannot be called"),
        ("bool(load())", "goes to bool()"),
        ("[load()]", ""),
        ("list(load() for _ in '12')", ""),
        ("next(load() for _ in '12')", ""),
        ("{'a': load()}", ""),
        ("wrap(load())", ""),
        ("web.json_response(await load())", ""),
        ("isinstance(load(), str)", ""),
    ],
)
def test_coroutines_that_are_taken_for_values(expression: str, words: str) -> None:
    text = textwrap.dedent(PASSED_ON) + f"async def main(wrap):\n    return {expression}\n"
    messages = [f.message for f in check_texts({"app.py": text}).findings("app.py")]
    assert len(messages) == bool(words)
    assert all(f"load() is not awaited: the coroutine {words}" in message for message in messages)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("return list(pool.map(f, xs))", ["blocking-thread-wait"]),
        ("for x in pool.map(f, xs): print(x)", ["blocking-thread-wait"]),
        ("return [x for x in pool.map(f, xs)]", ["blocking-thread-wait"]),
        ("return pool.map(f, xs)", []),
        ("pool.map(f, xs)", []),
        ("return await asyncio.to_thread(lambda: list(pool.map(f, xs)))", []),
    ],
)
def test_results_of_a_pool_that_are_asked_for(body: str, expected: list[str]) -> None:
    text = (
        "import asyncio\nfrom concurrent.futures import ThreadPoolExecutor\npool = ThreadPoolExecutor()\n"
        f"async def main(f, xs):\n    {body}\n"
    )
    assert [f.pitfall for f in check_texts({"app.py": text}).findings("app.py")] == expected


@pytest.mark.parametrize(
    ("made", "is_lost"),
    [
        ("schedule.every().minute.do(job)", True),
        ("schedule.every(5).to(10).seconds.do(job)", True),
        ("schedule.every().monday.at('12:00').do(job)", True),
        ("BackgroundScheduler().add_job(job)", True),
        ("BlockingScheduler().add_job(job)", True),
        ("AsyncIOScheduler().add_job(job)", False),
        ("schedule.every().minute.do(plain)", False),
    ],
)
def test_jobs_that_a_scheduler_calls(made: str, is_lost: bool) -> None:
    text = (
        "import schedule\nfrom apscheduler.schedulers.asyncio import AsyncIOScheduler\n"
        "from apscheduler.schedulers.background import BackgroundScheduler\n"
        "from apscheduler.schedulers.blocking import BlockingScheduler\n"
        f"async def job(): ...\ndef plain(): ...\n{made}\n"
    )
    pitfalls = [f.pitfall for f in check_texts({"app.py": text}).findings("app.py")]
    assert pitfalls == ["async-callback-to-sync-api"] * is_lost


@pytest.mark.parametrize(
    ("imported", "parameter", "is_found"),
    [
        ("from fastapi import Depends", "client=Depends(connect)", True),
        ("from taskiq import TaskiqDepends", "client=TaskiqDepends(connect)", True),
        ("from nonebot.params import Depends", "client=Depends(connect)", True),
        ("from dishka.integrations.fastapi import FromDishka", "client: FromDishka[Client]", True),
        ("from elsewhere import Depends", "client=Depends(connect)", False),
        ("from elsewhere import FromDishka", "client: FromDishka[Client]", False),
    ],
)
def test_what_a_framework_passes_in(imported: str, parameter: str, is_found: bool) -> None:
    text = (
        f"{imported}\nclass Client:\n    async def get(self): ...\n"
        f"def connect() -> Client: ...\nasync def main({parameter}):\n    client.get()\n"
    )
    pitfalls = [f.pitfall for f in check_texts({"app.py": text}).findings("app.py")]
    assert pitfalls == ["unawaited-call"] * is_found


BOXES = """
    import time

    class Slow:
        def __getitem__(self, key): time.sleep(1); return key
        def __contains__(self, key): time.sleep(1); return True
        def __len__(self): time.sleep(1); return 1
        def __iter__(self): time.sleep(1); return iter(())
        def __enter__(self): time.sleep(1); return self
        def __exit__(self, *exc): ...

    class Rows:
        def __iter__(self): return self
        def __next__(self): time.sleep(1); raise StopIteration

    class Quick:
        def __getitem__(self, key): return key
        def __contains__(self, key): return True
        def __len__(self): return 1

    class Kept:
        def __getitem__(self, key): time.sleep(1); self.last = key; return key

"""


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("box: Slow): return box['a']", "reading box[...] blocks"),
        ("box: Slow): return box['a'].strip()", "reading box[...] blocks"),
        ("box: Slow): print(box['a'])", "reading box[...] blocks"),
        ("box: Slow): return 'a' in box", "`in box` blocks"),
        ("box: Slow):\n    if 'a' not in box: return 1", "`in box` blocks"),
        ("box: Slow): return len(box)", "Slow.__len__() blocks"),
        ("box: Slow): return sorted(box)", "Slow.__iter__() blocks"),
        ("box: Slow):\n    for each in box: print(each)", "`for each in box` blocks"),
        ("box: Slow):\n    with box: print(1)", "`with box` blocks"),
        ("rows: Rows): return next(rows)", "Rows.__next__() blocks"),
        ("): return list(Rows())", "Rows.__next__() blocks"),
        ("box: Quick): return box['a'], 'a' in box, len(box)", ""),
        ("box): return box['a'], 'a' in box, len(box)", ""),
        ("box: Kept): return box['a']", ""),
        ("box: Slow): return lambda: box['a']", ""),
        ("box: Slow): return len(box.names), box.names['a'], 'a' in box.names", ""),
        ("box: dict[str, Slow]): return box['a'], 'a' in box, len(box)", ""),
    ],
)
def test_methods_that_python_calls(body: str, told: str) -> None:
    text = textwrap.dedent(BOXES) + f"async def main({body}\n"
    messages = [f.message for f in check_texts({"app.py": text}).findings("app.py")]
    assert [m for m in messages if m.startswith(told + " the event loop")] == messages
    assert len(messages) == bool(told)


def test_methods_that_python_calls_by_way_of_a_helper() -> None:
    """A missed alarm: the helper runs the method, the coroutine function the helper."""
    text = textwrap.dedent(BOXES) + "def last(box: Slow): return box[-1]\nasync def main(box): last(box)\n"
    (finding,) = check_texts({"app.py": text}).findings("app.py")
    assert finding.message == "last() blocks the event loop: last > Slow.__getitem__ > time.sleep"


def found(text: str) -> list[str]:
    checked = check_texts({"app.py": textwrap.dedent(FUNCTIONS) + textwrap.dedent(text)})
    return [finding.pitfall for finding in checked.findings("app.py")]


@pytest.mark.parametrize("text", BY_KEY, ids=lambda text: " ".join(text.split())[:60])
def test_functions_of_a_dict(text: str) -> None:
    assert found(text) == BY_KEY[text]


def test_one_of_several_that_blocks_only_can_block() -> None:
    """A claim too strong: which one is called nobody knows."""
    text = 'TABLE = {"a": note, "b": wait}\nasync def main(kind, x):\n    TABLE[kind](x)\n'
    (finding,) = check_texts({"app.py": textwrap.dedent(FUNCTIONS) + text}).findings("app.py")
    assert finding.message.startswith("TABLE[kind]() can block the event loop")
    assert finding.confidence == "likely"
