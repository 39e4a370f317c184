"""What is a race and what only looks like one. Each case is a function and what must be said of it."""

from __future__ import annotations

import ast
import asyncio
import textwrap
from pathlib import Path

import pytest

from awaitlens import engine
from awaitlens.pitfall import Finding
from awaitlens.program.flow.explorer import Explorer
from awaitlens.program.flow.graph import MOST_PROOFS, Graph
from awaitlens.program.flow.model import Flow
from awaitlens.program.flow.others import MOST_ACTIONS
from awaitlens.program.flow.trace import trace
from awaitlens.rewrite.apply import apply
from awaitlens.settings import Settings
from awaitlens.source import Span

RACES = (
    "stale-write-after-await",
    "augmented-await",
    "check-then-await",
    "iterate-shared-across-await",
    "split-critical-section",
    "lost-global-write",
)

ALSO = (
    "checked-then-reset",
    "overwritten-before-use",
    "two-readers-of-one-stream",
    "cleared-before-await",
    "registered-after-send",
    "unbound-local-for-global",
    "contextvar-set-in-child-task",
)

EVERYTHING = Settings(select=frozenset(RACES), show_possible=True)


def found(text: str, *, possible: bool = False) -> tuple[Finding, ...]:
    """The races of a module, as the engine reports them."""
    settings = EVERYTHING if possible else Settings(select=frozenset(RACES))
    return engine.check_texts({"module.py": textwrap.dedent(text)}, settings).findings("module.py")


def names(text: str, *, possible: bool = False) -> list[str]:
    return [finding.pitfall for finding in found(text, possible=possible)]


def flow_of(text: str) -> Flow:
    function = ast.parse(textwrap.dedent(text)).body[0]
    assert isinstance(function, ast.AsyncFunctionDef)
    flow = trace(function, 0, lambda node: Span(node.lineno - 1, node.col_offset, node.lineno - 1, 0))
    assert flow is not None
    return flow


def order(text: str) -> list[str]:
    """The events of a function that are not control flow, in short."""
    told = []
    for event in flow_of(text).events:
        if event.kind in ("read", "write", "acquire", "release", "iterate"):
            assert event.place is not None
            told.append(f"{event.kind} {event.place.text}")
        elif event.kind == "suspend":
            told.append(event.name)
    return told


# --- the order in which Python does things ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("x.n += await f()", ["read x.n", "read f", "await", "write x.n"]),
        ("x.n = x.n + await y", ["read x.n", "read y", "await", "write x.n"]),
        ("x.n = await y + x.n", ["read y", "await", "read x.n", "write x.n"]),
        ("x[a.k] = await y", ["read y", "await", "read a.k", "write x[a.k]"]),
        ("x.a, x.b = y.a, await y.b", ["read y.a", "read y.b", "await", "write x.a", "write x.b"]),
        ("x.n = f(x.a, await y, x.b)", ["read x.a", "read y", "await", "read x.b", "write x.n"]),
        ("x.n = x.a < await y < x.b", ["read x.a", "read y", "await", "read x.b", "write x.n"]),
    ],
)
def test_order_of_evaluation(statement: str, expected: list[str]) -> None:
    told = [
        event
        for event in order(f"async def g(x, y, a):\n    {statement}\n")
        if event not in ("read y", "read f")
    ]
    assert told == [event for event in expected if event not in ("read y", "read f")]


def test_a_lock_is_given_back_on_every_way_out() -> None:
    told = order(
        """
        async def f(self):
            async with self.lock:
                if self.a:
                    return
                self.a = 1
        """
    )
    assert told.count("acquire self.lock") == 1
    assert told.count("release self.lock") == 2


def test_finally_runs_before_a_return() -> None:
    events = flow_of(
        """
        async def f(self):
            try:
                return await self.g()
            finally:
                self.a = 1
        """
    ).events
    writes = [n for n, event in enumerate(events) if event.kind == "write"]
    ends = [n for n, event in enumerate(events) if event.kind == "end"]
    assert len(writes) == 2
    assert writes[0] < ends[0]


def test_every_jump_in_real_code_leads_somewhere() -> None:
    flows = 0
    for path in Path(asyncio.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                flow = trace(node, 0, lambda node: Span(0, 0, 0, 0))
                if flow is None:
                    continue
                graph, flows = Graph(flow, lambda event: True, lambda event: False), flows + 1
                for number in range(len(graph.events)):
                    assert all(0 <= successor < len(graph.events) for successor in graph.successors(number))
    assert flows > 20


def test_a_function_without_shared_places_has_no_flow() -> None:
    function = ast.parse("async def f(a):\n    b = a + 1\n    await g(b)\n").body[0]
    assert isinstance(function, ast.AsyncFunctionDef)
    assert trace(function, 0, lambda node: Span(0, 0, 0, 0)) is None


# --- a rule for another language, and what people held against it -------------------------------------------

STALE = [
    "foo += await amount",
    "while condition:\n        foo += await amount",
    "foo = foo + await amount",
    "foo = foo + (baz if bar else await amount)",
    "foo = foo + (await amount if bar else baz)",
    "foo = foo + await amount if condition else something",
    "foo = (foo if condition else await bar) + await bar",
    "foo += bar + await amount",
    "foo = bar(foo, await something)",
    "foo = foo + await result(foo)",
    "foo = await result(foo, await something)",
    "foo = bar + await foo",
    "foo = (b if a else foo) + await bar",
    "tmp = foo + 1\n    other = tmp * 2\n    await bar\n    foo = other",
    "tmp = foo\n    async with amount:\n        foo = tmp + 1",
    "tmp = foo\n    async for x in amount:\n        foo = tmp + 1",
    "tmp = foo\n    y = [x async for x in amount]\n    foo = [*tmp, *y]",
    "tmp = foo\n    try:\n        await bar\n    except ValueError:\n        foo = tmp + 1",
    "tmp = foo\n    try:\n        await bar\n    finally:\n        foo = tmp + 1",
    "tmp = foo\n    foo = f'{tmp}{await bar}'",
    "a, b = foo, 1\n    await bar\n    foo = a + b",
]


@pytest.mark.parametrize("body", STALE)
def test_a_stale_value_written_back_is_found(body: str) -> None:
    told = names(f"foo = 0\n\nasync def x():\n    global foo\n    {body}\n", possible=True)
    assert set(told) & {"stale-write-after-await", "augmented-await"}


@pytest.mark.parametrize("place", ["self.total", "self.totals['a']", "self.totals[key]", "self.meter.total"])
def test_places_of_self_are_shared(place: str) -> None:
    assert names(f"class A:\n    async def add(self, key):\n        {place} += await key.read()\n") == [
        "augmented-await"
    ]


@pytest.mark.parametrize("body", STALE)
def test_a_repair_leaves_no_race(body: str) -> None:
    path, text = "module.py", f"foo = 0\n\nasync def x():\n    global foo\n    {body}\n"
    checked = engine.check_texts({path: text}, EVERYTHING)
    for finding in checked.findings(path):
        for patch in checked.patches(path, finding):
            if patch.edits:
                assert names(apply(text, patch.edits), possible=True) == []


FINE = [
    "foo += bar",
    "foo = foo + bar",
    "foo = await bar + foo",
    "foo = (await result)(foo)",
    "foo = bar(await something, foo)",
    "foo = foo if condition else await bar",
    "foo = foo + 1\n    await bar",
    "foo = await bar",
    "foo = await something + foo\n    tmp = await something\n    foo += tmp",
    "tmp = foo\n    await bar\n    tmp = foo\n    foo = tmp + 1",
    "tmp = foo\n    await bar\n    if foo == tmp:\n        foo = tmp + 1",
    "tmp = foo\n    if condition:\n        await bar\n        return\n    foo = tmp + 1",
    "foo += 1\n    try:\n        await bar\n    finally:\n        foo -= 1",
    "async with lock:\n        tmp = foo\n        await bar\n        foo = tmp + 1",
    "await lock.acquire()\n    try:\n        tmp = foo\n        await bar\n        foo = tmp + 1\n    finally:\n        lock.release()",
    "tmp = foo\n    async with lock:\n        foo = tmp + 1",
    "tmp = foo\n    foo = tmp + 1\n    yield foo",
    "tmp = foo\n    await bar\n    foo = tmp",  # Whoever writes back what was there loses nobody's update.
]


# More of that rule's own cases, as they would be written in Python.
ELSEWHERE_STALE = [
    "if 1: pass\nfoo = 0\nasync def x():\n    global foo\n    foo += await amount\n",
    "foo = A()\nasync def x():\n    foo.bar += await baz\n",
    "foo = {}\nasync def x():\n    foo[bar].baz += await result\n",
    "foo = {}\nasync def x():\n    foo.bar += await foo[bar].baz\n    foo[bar].baz = await y\n",
    "foo = 0\nasync def x():\n    global foo\n    foo = await foo + (yield bar)\n",
    "def x():\n    foo = 0\n    async def y():\n        nonlocal foo\n        foo += await bar\n    return y\n",
    "foo = 0\nasync def x():\n    global foo\n    foo = (b if a else foo) + await bar\n    if baz: pass\n",
    "foo = 0\nasync def x():\n    global foo\n    foo = ((((foo if d else e) if c else f) if b else g) if a else h) + await bar\n",
]


@pytest.mark.parametrize("text", ELSEWHERE_STALE)
def test_what_another_rule_finds(text: str) -> None:
    """Missed alarms."""
    assert set(names(text, possible=True)) & {"stale-write-after-await", "augmented-await"}


ELSEWHERE_FINE = [
    "async def x():\n    foo = 0\n    foo += await bar\n",
    "foo = A()\nasync def x():\n    foo.bar = await baz\n",
    "foo = []\nasync def x():\n    foo[x] += 1\n",
    "foo = 0\ndef x():\n    global foo\n    foo = bar + foo\n    yield\n",
    "async def x():\n    foo = 0\n    bar(lambda: baz())\n    foo += await amount\n",
    "async def x():\n    foo = 0\n    def inner():\n        foo = 1\n        blah(foo)\n    bar(inner)\n    foo += await result\n",
    "async def f():\n    records = await a.records\n    g(lambda: records)\n",
    "async def foo():\n" + "".join(f"    if {n}: pass\n" for n in range(20)),
    "async def foo():\n    return [" + ", ".join(f"a if {n} else b" for n in range(20)) + "]\n",
    # Where that rule reports, and in Python nobody can write in between: a closure that only reads, a generator that
    # its one caller drives.
    "async def x():\n    foo = 0\n    bar(lambda: foo)\n    foo += await amount\n",
    "foo = 0\ndef x():\n    global foo\n    foo += yield baz\n",
]


@pytest.mark.parametrize("text", ELSEWHERE_FINE)
def test_what_another_rule_lets_pass(text: str) -> None:
    """False alarms."""
    assert names(text, possible=True) == []


@pytest.mark.parametrize("body", FINE)
def test_fresh_values_are_fine(body: str) -> None:
    assert names(f"foo = 0\n\nasync def x():\n    global foo\n    {body}\n", possible=True) == []


FALSE_ALARMS_ELSEWHERE = [
    # A parameter's attribute set after an await owes nothing to what was there.
    "async def f(foo):\n    buz = await get(foo.id)\n    foo.bar = buz.bar\n",
    "async def f(foo):\n    bar = await get(foo.id)\n    bar.prop = foo.prop\n",
    "async def f(foo):\n    bar = await get(foo.id)\n    foo = bar.prop\n",
    "async def f(ctx):\n    ctx.body = await render(ctx.path)\n",
    "async def f(note):\n    stat = None\n    if not stat:\n        stat = await read(note.path)\n    note.created = stat or 1\n",
    "async def g(headers):\n    await f(headers)\n    headers['x'] = 'y'\n",
    "async def f(flasher):\n    config = await fetch(flasher.id)\n    if config:\n        flasher.config = config\n",
    # What the function made itself belongs to it.
    "async def f():\n    foo = {}\n    bar = await get(foo)\n    foo['a'] = bar\n",
    "async def main():\n    data = await get()\n    more = await other(data.id)\n    data = {**data, **more}\n",
    "async def f():\n    thing = Thing()\n    old = thing.name\n    await 0\n    thing.name = old\n",
    # A counter of what is under way, and a flag set before the await.
    "count = 0\nasync def f():\n    global count\n    count += 1\n    await work()\n    count -= 1\n",
    "syncing = False\nasync def sync():\n    global syncing\n    if syncing:\n        return\n"
    "    syncing = True\n    await work()\n    syncing = False\n",
    # Two branches that never meet.
    "class A:\n    async def f(self):\n        try:\n            self.foo = make()\n        except ValueError:\n"
    "            self.foo = None\n            await clean()\n",
    "async def f(self, opts):\n    if opts.a:\n        opts.spec = 1\n    try:\n        code = await run(opts)\n"
    "        process.code = code\n    except Exception:\n        process.code = 1\n",
]


@pytest.mark.parametrize("text", FALSE_ALARMS_ELSEWHERE)
def test_no_alarm_where_others_raise_one(text: str) -> None:
    assert names(text) == []


@pytest.mark.parametrize("branches", [f"    if c{n}:\n        a = {n}\n" for n in (1, 2)])
def test_many_branches_are_no_trouble(branches: str) -> None:
    text = (
        "foo = 0\nasync def x():\n    global foo\n    t = foo\n"
        + branches * 40
        + "    await b\n    foo = t + 1\n"
    )
    assert names(text) == ["stale-write-after-await"]


def test_the_work_on_one_function_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    explored: list[int] = []
    prove = Explorer.prove

    def counted(self: Explorer) -> object:
        explored.append(1)
        return prove(self)

    monkeypatch.setattr(Explorer, "prove", counted)
    lines = "".join(f"    if foo < {n} or done:\n        await bar\n        foo = {n}\n" for n in range(100))
    names("foo = 0\nasync def x():\n    global foo\n" + lines, possible=True)
    assert 0 < len(explored) <= 2 * MOST_PROOFS


def test_the_work_on_one_place_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many functions write a place, so many are played against one that waits."""
    played: list[int] = []
    prove = Explorer.prove

    def counted(self: Explorer) -> object:
        played.append(1)
        return prove(self)

    monkeypatch.setattr(Explorer, "prove", counted)
    others = "".join(f"    def r{n}(self):\n        with self._lock: self.x = None\n" for n in range(300))
    body = "        async with self._lock:\n            if self.x: await g(); self.x.h()\n"
    assert crossed("class A:\n    async def f(self):\n" + body + others) == []
    assert 0 < len(played) <= MOST_ACTIONS


def test_a_function_too_long_to_follow_is_left_alone() -> None:
    text = "foo = 0\nasync def x():\n    global foo\n    foo += await b\n" + "    bar.a = foo.c\n" * 2000
    assert names(text, possible=True) == []


# --- bugs that happened, and how their people repaired them ---------------------------------------------------

BUGS = {
    "connections iterated while others come and go": (
        "iterate-shared-across-await",
        """
        class Pool:
            async def ping(self):
                for name in self.connections:
                    await self.connections[name].ping()

            async def drop(self, name):
                del self.connections[name]
        """,
        """
        class Pool:
            async def ping(self):
                for name in tuple(self.connections):
                    await self.connections[name].ping()

            async def drop(self, name):
                del self.connections[name]
        """,
    ),
    "sessions iterated by their items": (
        "iterate-shared-across-await",
        """
        class Manager:
            async def expire(self):
                for key, session in self.sessions.items():
                    await session.check()

            async def open(self, key):
                self.sessions[key] = await connect(key)
        """,
        """
        class Manager:
            async def expire(self):
                for key, session in list(self.sessions.items()):
                    await session.check()

            async def open(self, key):
                self.sessions[key] = await connect(key)
        """,
    ),
    "items removed from the list the loop walks": (
        "iterate-shared-across-await",
        """
        class Queue:
            async def flush(self):
                for item in self.items:
                    await self.send(item)
                    self.items.remove(item)
        """,
        """
        class Queue:
            async def flush(self):
                for item in self.items.copy():
                    await self.send(item)
                    self.items.remove(item)
        """,
    ),
    "a connection removed twice": (
        "check-then-await",
        """
        class Hub:
            async def leave(self, key):
                if key in self.clients:
                    await self.clients[key].aclose()
                    del self.clients[key]
        """,
        """
        class Hub:
            async def leave(self, key):
                async with self._lock:
                    if key in self.clients:
                        await self.clients[key].aclose()
                        del self.clients[key]
        """,
    ),
    "a rate limiter that forgets": (
        "stale-write-after-await",
        """
        class Limiter:
            async def hit(self, now):
                history = self.history
                await self.store.touch()
                self.history = history + [now]
        """,
        """
        class Limiter:
            async def hit(self, now):
                async with self.lock:
                    history = self.history
                    await self.store.touch()
                    self.history = history + [now]
        """,
    ),
    "a rate limiter whose history lies in a store": (
        "stale-write-after-await",
        """
        class Limiter:
            async def hit(self, key, now):
                history = await self.store.get(key)
                history.append(now)
                await self.store.set(key, history, expires_in=60)
        """,
        """
        class Limiter:
            async def hit(self, key, now):
                async with self.lock:
                    history = await self.store.get(key)
                    history.append(now)
                    await self.store.set(key, history, expires_in=60)
        """,
    ),
    "a counter in a cache": (
        "augmented-await",
        """
        class Counter:
            async def count(self, key):
                await self.cache.aset(key, (await self.cache.aget(key)) + 1)
        """,
        """
        class Counter:
            async def count(self, key):
                await self.cache.aincr(key)
        """,
    ),
    "identical requests each start the job": (
        "check-then-await",
        """
        jobs = {}

        async def result(key):
            if key not in jobs:
                jobs[key] = await start(key)
            return jobs[key]
        """,
        """
        jobs = {}

        async def result(key):
            if key not in jobs:
                jobs[key] = asyncio.create_task(start(key))
            return await jobs[key]
        """,
    ),
    "the missing global": (
        "lost-global-write",
        """
        connected = False

        async def connect():
            await client.open()
            connected = True

        def status():
            return "up" if connected else "down"
        """,
        """
        connected = False

        async def connect():
            global connected
            await client.open()
            connected = True

        def status():
            return "up" if connected else "down"
        """,
    ),
    "a per-request value on a shared object": (
        "stale-write-after-await",
        """
        class Transport:
            async def request(self, url, timeout):
                before = self.timeout
                self.timeout = timeout
                reply = await self.send(url)
                self.timeout = before
                return reply
        """,
        """
        class Transport:
            async def request(self, url, timeout):
                transport = Transport()
                transport.timeout = timeout
                return await transport.send(url)
        """,
    ),
}


@pytest.mark.parametrize("bug", BUGS)
def test_bugs_that_happened_are_found(bug: str) -> None:
    pitfall, before, _ = BUGS[bug]
    assert names(before) == [pitfall]


@pytest.mark.parametrize("bug", BUGS)
def test_their_repairs_are_silent(bug: str) -> None:
    assert names(BUGS[bug][2]) == []


@pytest.mark.parametrize(
    "body",
    [
        "store = Store(); h = await store.get(key); h.append(1); await store.set(key, h)",
        "h = await self.store.get(key); await self.store.set('last', h)",
        "h = await self.store.get(key); await self.store.set(key, 1)",
        "h = await self.store.get(key); await self.store.set(key, h + 1, nx=True)",
        "h = await self.store.get(key); self.event.set()",
        "h = await self.store.get(key)\n        if h is None: await self.store.set(key, await render())",
    ],
    ids=["fresh store", "another key", "not from the old", "only where nothing lies", "an event", "a fill"],
)
def test_what_a_store_does_not_lose(body: str) -> None:
    """A false alarm about a store is meant here."""
    lines = body.replace("; ", "\n        ")
    assert names(f"class A:\n    async def f(self, key):\n        {lines}\n") == []


# --- who runs it, and how often -------------------------------------------------------------------------------


def test_several_tasks_started_at_once_make_it_certain() -> None:
    (finding,) = found(
        """
        total = 0

        async def add(source):
            global total
            total += await source.read()

        async def everything(sources):
            await asyncio.gather(*[add(source) for source in sources])
        """
    )
    assert finding.confidence == "certain"


def test_tasks_that_the_module_itself_starts_count() -> None:
    (finding,) = found(
        """
        import asyncio

        total = 0

        async def add(source):
            global total
            total += await source.read()

        asyncio.run(asyncio.wait([asyncio.create_task(add(a)), asyncio.create_task(add(b))]))
        """
    )
    assert finding.confidence in ("certain", "likely")


def test_a_private_method_only_called_under_a_lock_is_guarded_by_it() -> None:
    told = names(
        """
        class A:
            async def update(self):
                async with self._lock:
                    await self._update()

            async def _update(self):
                n = self.n
                await self.save()
                self.n = n + 1
        """,
        possible=True,
    )
    assert told == []


def test_one_task_that_goes_round_is_alone() -> None:
    told = names(
        """
        class A:
            async def poll(self):
                while True:
                    n = self.n
                    await self.save()
                    self.n = n + 1
        """
    )
    assert told == []


def test_an_await_that_never_waits_is_no_gap() -> None:
    text = """
        class A:
            async def add(self):
                n = self.n
                await self.note()
                self.n = n + 1

            async def note(self):
                BODY
        """
    assert names(text.replace("BODY", "self.log.append(1)")) == []
    assert names(text.replace("BODY", "await self.log.write(1)")) == ["stale-write-after-await"]
    assert names(text.replace("BODY", "...")) == ["stale-write-after-await"]


@pytest.mark.parametrize(
    ("body", "races"),
    [
        ("n = stats['n']\n    async with MANAGER:\n        stats['n'] = n + 1\n        await load()", 0),
        ("async with MANAGER:\n        n = stats['n']\n    stats['n'] = n + 1\n    await load()", 0),
        ("n = stats['n']\n    async with MANAGER:\n        await load()\n        stats['n'] = n + 1", 1),
    ],
)
@pytest.mark.parametrize("manager", ["asyncio.timeout(3)", "asyncio.timeout_at(when)", "connect()"])
def test_to_set_a_timer_is_no_gap(body: str, races: int, manager: str) -> None:
    """About false alarms: a timeout is entered and left without waiting (3.11-3.15); about missed ones with another manager."""
    start = "import asyncio\nstats = {'n': 0}\n\nasync def run(load, connect, when):\n    "
    both = "\n\nasync def main(*given):\n    await asyncio.gather(run(*given), run(*given))\n"
    expected = races if "timeout" in manager else 1
    assert len(names(start + body.replace("MANAGER", manager) + both)) == expected


def test_the_proof_is_told_in_the_programs_own_words() -> None:
    (finding,) = found(
        """
        stats = {"alive": 0}

        async def fetch_site(site):
            alive = stats["alive"]
            response = await client.get(site)
            if response.status_code < 400:
                stats["alive"] = alive + 1
        """
    )
    assert [(step.lane, step.words) for step in finding.trail] == [
        ("task 1", "alive = 0"),
        ("task 1", "awaits, others run"),
        ("task 2", "alive = 0"),
        ("task 2", "awaits, others run"),
        ("task 1", "writes 1"),
        ("task 2", "writes 1: one update lost"),
    ]


# --- two methods of one class ---------------------------------------------------------------------------------


def crossed(text: str, *, possible: bool = False) -> list[str]:
    settings = Settings(select=frozenset({"checked-then-reset"}), show_possible=possible)
    checked = engine.check_texts({"module.py": textwrap.dedent(text)}, settings)
    return [finding.message for finding in checked.findings("module.py")]


ONE_CHECKS_ANOTHER_RESETS = """
    class Feed:
        async def publish(self, item):
            BODY

        async def close(self):
            self.socket = None
    """


@pytest.mark.parametrize(
    "body",
    [
        "if self.socket is not None: await log(); self.socket.send(item)",
        "if self.socket: await log(); await self.socket.send(item)",
        "if not self.socket: return\n            await log(); self.socket.sent += 1",
        "while self.socket: await log(); self.socket.send(item)",
    ],
)
def test_one_checks_and_another_takes_back(body: str) -> None:
    (message,) = crossed(ONE_CHECKS_ANOTHER_RESETS.replace("BODY", body))
    assert message.startswith("self.socket was checked before an await; close() can set it to None")


@pytest.mark.parametrize(
    "body",
    [
        "await log()\n            if self.socket is not None: self.socket.send(item)",
        "if self.socket is not None: self.socket.send(item); await log()",
        "if self.socket is not None: await self.socket.send(item)",
        "if self.socket is None: await log()\n            self.socket.send(item)",
        "if self.socket is None: self.socket = await connect()\n            self.socket.send(item)",
        "if self.socket is None: return\n            await log()\n            if self.socket: self.socket.send(item)",
        "socket = self.socket\n            if socket is None: return\n            await log()\n            socket.send(item)",
        "if self.socket is None: return\n            await self.close()\n            self.other.send(item)",
    ],
)
def test_who_looks_again_or_keeps_it_is_safe(body: str) -> None:
    assert crossed(ONE_CHECKS_ANOTHER_RESETS.replace("BODY", body), possible=True) == []


SERVER = """
    class Server:
        async def tell(self, key, text):
            BODY

        def leave(self, key):
            LEAVE
    """


@pytest.mark.parametrize(
    ("body", "leave"),
    [
        ("if key in self.clients: await log(); await self.clients[key].send(text)", "del self.clients[key]"),
        ("if key in self.clients: await log(); self.clients.pop(key)", "self.clients.pop(key, None)"),
        ("if key not in self.clients: return\n            await log(); self.clients[key].n = 1", "self.clients.clear()"),
        ("if key not in self.clients: return\n            await log(); self.clients[key].n = 1", "self.clients = {}"),
        ("if self.clients.get(key): await log(); self.clients[key].close()", "self.clients.pop(key)"),
        ("if key in self.clients: await log(); self.clients.remove(key)", "self.clients.discard(key)"),
        ("if self.clients: await log(); self.clients.popleft()", "self.clients.pop()"),
        ("while self.clients: await log(); self.clients[0].close()", "self.clients.clear()"),
        ("async with self._lock:\n                if self.socket: await log(); self.socket.send(1)", "self.socket = None"),
    ],
)  # fmt: skip
def test_what_was_there_is_taken_away(body: str, leave: str) -> None:
    """Missed alarms: items of dicts and sets, elements of lists, a lock that only one of the two takes."""
    (message,) = crossed(SERVER.replace("BODY", body).replace("LEAVE", leave))
    assert "was checked before an await; leave() can" in message


@pytest.mark.parametrize(
    ("body", "leave"),
    [
        ("if key in self.clients: await log(); self.clients.pop(key, None)", "del self.clients[key]"),
        ("if key in self.clients: await log(); self.clients.get(key)", "del self.clients[key]"),
        ("if key in self.clients: await log(); self.clients[key] = text", "del self.clients[key]"),
        ("if key in self.clients: await log(); key = text; self.clients[key].close()", "del self.clients[key]"),
        ("if key in self.clients: self.clients[key].close(); await log()", "del self.clients[key]"),
        ("await log()\n            if key in self.clients: self.clients[key].close()", "del self.clients[key]"),
        ("if 'a' in self.clients: await log(); self.clients['a'].close()", "del self.clients['b']"),
        ("if key in self.clients: await log(); self.clients[key].close()", "clients = {}; del clients[key]"),
        ("if key in self.clients: await log(); self.clients[key].close()", "self.clients[key] = 1"),
        ("if self.clients: await log(); self.clients.append(1)", "self.clients.pop()"),
        ("if self.clients is not None: await log(); self.clients.pop()", "self.clients.clear()"),
        ("async with self._lock:\n                if self.socket: await log(); self.socket.send(1)",
         "with self._lock: self.socket = None"),
    ],
)  # fmt: skip
def test_what_nobody_takes_away_stays(body: str, leave: str) -> None:
    """False alarms: uses that do not need what was checked, another key, a fresh look, the same lock."""
    assert crossed(SERVER.replace("BODY", body).replace("LEAVE", leave), possible=True) == []


METER = """
    class Meter:
        async def _poll(self, key):
            while True:
                BODY

        def other(self, key, value):
            OTHER
    """


@pytest.mark.parametrize(
    ("body", "other"),
    [
        ("n = self.n; await log(); self.n = n + 1", "self.n += 1"),
        ("self.n += await log()", "self.n = value"),
        ("n = self.n; await log(); self.n = n + 1", "self.n = 0"),
        ("n = self.n[key]; await log(); self.n[key] = n + 1", "self.n.pop(key, None)"),
        ("n = self.n[key]; await log(); self.n[key] = n + 1", "self.n[value] += 1"),
        ("n = self.n[key]; await log(); self.n[key] = n + 1", "self.n.clear()"),
        ("async with self._lock: n = self.n; await log(); self.n = n + 1", "self.n += 1"),
        ("async with self._lock: n = self.n; await log(); self.n = n + 1", "with self._other_lock: self.n += 1"),
    ],
)  # fmt: skip
def test_what_another_function_writes_is_lost(body: str, other: str) -> None:
    """Missed alarms: one task alone runs the loop, and still another function can write in between."""
    (finding,) = found(METER.replace("BODY", body).replace("OTHER", other))
    assert finding.pitfall in ("stale-write-after-await", "augmented-await")
    assert "what other() writes in between can be lost" in finding.message
    assert finding.trail[-2].words == f"other(): {other.rpartition('lock: ')[2]}"
    assert finding.trail[-1].words.endswith("what other() did is lost")


@pytest.mark.parametrize(
    ("body", "other"),
    [
        ("n = self.n; await log(); self.n = n + 1", "self.m += 1"),
        ("await log(); n = self.n; self.n = n + 1", "self.n += 1"),
        ("n = self.n; await log(); self.n = 1", "self.n += 1"),
        ("n = self.n['a']; await log(); self.n['a'] = n + 1", "self.n['b'] += 1"),
        ("n = self.n; self.other(key, 1); await log(); self.n = n + 1", "self.n += 1"),
        ("async with self._lock: n = self.n; await log(); self.n = n + 1", "with self._lock: self.n += 1"),
        ("n = self.n; await log()\n                if self.n == n: self.n = n + 1", "self.n += 1"),
    ],
)  # fmt: skip
def test_what_another_function_writes_is_kept(body: str, other: str) -> None:
    """False alarms: another place, a fresh read, a value of its own, its own doing, the same lock."""
    assert names(METER.replace("BODY", body).replace("OTHER", other)) == []


def test_what_a_constructor_or_the_caller_itself_writes_is_no_race() -> None:
    """A false alarm: both belong to the task that waits."""
    text = METER.replace("BODY", "n = self.n; await log(); self.n = n + 1")
    assert (
        names(text.replace("other(self, key, value)", "__init__(self)").replace("OTHER", "self.n = 0")) == []
    )
    assert (
        names(
            text.replace("def other", "async def other").replace("OTHER", "self.n = 0; await self._poll(1)")
        )
        == []
    )


NOT_AT_ONCE = {
    "a set grows in place": "class A:\n    def __init__(self):\n        self.s = set()\n\n    async def f(self):\n        self.s |= await g()\n",
    "a list of the module": "found = []\nasync def f():\n    global found\n    found += await g()\n",
    "a set that is asked first": "class A:\n    def __init__(self):\n        self.s = {1}\n\n    async def f(self, xs):\n        new = xs - self.s\n        await g(new)\n        self.s |= new\n",
    "a client's clear": "class A:\n    async def f(self):\n        await self.client.clear()\n        await self.client.add(1)\n",
    "a client's remove": "class A:\n    async def f(self):\n        for x in self.xs:\n            await x.g()\n\n    async def h(self, x):\n        await self.xs.remove(x)\n",
    "a round that ends by asking for the next": "class A:\n    async def poll(self):\n        if self.x is None:\n            self.x = await g()\n        call_later(5, self.poll)\n",
    "a handler that is called once": "class A:\n    def begin(self, bus):\n        bus.listen_once('up', self.on_up)\n\n    async def on_up(self):\n        if self.x is None:\n            self.x = await g()\n",
    "filled when it starts": "class A:\n    async def scan(self):\n        for x in self.xs:\n            await x.g()\n\n    async def async_start(self, x):\n        self.xs.remove(x)\n",
    "a nested function's write": "class A:\n    async def f(self):\n        while True:\n            old = self.x\n            def put(n):\n                self.x = n\n            await g(put)\n            self.x = merge(old)\n",
}


@pytest.mark.parametrize("name", NOT_AT_ONCE)
def test_what_cannot_run_at_once_or_loses_nothing(name: str) -> None:
    """False alarms read on real code."""
    assert told(NOT_AT_ONCE[name]) == []


COPIES = """
    class Router:
        async def sync(self, new):
            for route in COPY:
                BODY
    """


@pytest.mark.parametrize(
    "copy", ["list(self.routes)", "set(self.routes) - new", "tuple(self.routes.keys())", "self.routes.copy()"]
)
def test_what_a_copy_showed_may_be_gone(copy: str) -> None:
    """Missed alarms: two runs walk over the same copy, and both delete."""
    (message,) = crossed(
        COPIES.replace("COPY", copy).replace(
            "BODY", "await self.remote.remove(route); del self.routes[route]"
        )
    )
    assert message == "self.routes[route] was seen before an await; sync() can take it out in the meantime"


@pytest.mark.parametrize(
    "body",
    [
        "await log(); self.routes.pop(route, None)",
        "del self.routes[route]; await log()",
        "await log()\n                if route in self.routes: del self.routes[route]",
        "await log(); route = route.name; del self.routes[route]",
        "await log(); del self.others[route]",
    ],
)
def test_what_a_copy_showed_and_nobody_needs(body: str) -> None:
    """False alarms: deleted at once, asked again, not minded, another key, another container."""
    assert crossed(COPIES.replace("COPY", "list(self.routes)").replace("BODY", body), possible=True) == []


# --- more bugs that happened ----------------------------------------------------------------------------------


MORE_BUGS = {
    "a snapshot of routes that two runs work off": (
        "checked-then-reset",
        """
        class Router:
            async def refresh(self):
                old = set(self.routes)
                new = await self.fetch()
                for route in old - new:
                    await self.remote.remove(route)
                    self.routes.remove(route)
        """,
        """
        class Router:
            async def refresh(self):
                async with self._lock:
                    old = set(self.routes)
                    new = await self.fetch()
                    for route in old - new:
                        await self.remote.remove(route)
                        self.routes.remove(route)
        """,
    ),
    "a value of one request on a transport that all use": (
        "overwritten-before-use",
        """
        class Client:
            async def request(self, url, timeout):
                self.transport.timeout = timeout
                connection = await self.connect(url)
                return await connection.read(self.transport.timeout)
        """,
        """
        class Client:
            async def request(self, url, timeout):
                transport = Transport()
                transport.timeout = timeout
                connection = await self.connect(url)
                return await connection.read(transport.timeout)
        """,
    ),
    "two streams that both read the socket": (
        "two-readers-of-one-stream",
        """
        class Connection:
            async def wait_for_event(self, stream_id):
                while not self._events.get(stream_id):
                    await self._read_socket()
                return self._events[stream_id].pop(0)

            async def _read_socket(self):
                for event in self.protocol.receive(await self.stream.read(4096)):
                    self._events[event.stream_id].append(event)
        """,
        """
        class Connection:
            async def wait_for_event(self, stream_id):
                while not self._events.get(stream_id):
                    async with self._read_lock:
                        if not self._events.get(stream_id):
                            await self._read_socket()
                return self._events[stream_id].pop(0)

            async def _read_socket(self):
                for event in self.protocol.receive(await self.stream.read(4096)):
                    self._events[event.stream_id].append(event)
        """,
    ),
    "a reply that comes before anybody listens": (
        "registered-after-send",
        """
        class Device:
            async def ask(self):
                event = asyncio.Event()
                await self.client.publish("ask", b"")
                await self.client.subscribe("reply", lambda message: event.set())
                await asyncio.wait_for(event.wait(), 10)
        """,
        """
        class Device:
            async def ask(self):
                event = asyncio.Event()
                await self.client.subscribe("reply", lambda message: event.set())
                await self.client.publish("ask", b"")
                await asyncio.wait_for(event.wait(), 10)
        """,
    ),
    "a connection that another task has removed already": (
        "checked-then-reset",
        """
        class Pool:
            async def release(self, connection):
                if connection not in self.connections:
                    return
                async with self._lock:
                    self.connections.remove(connection)

            async def expire(self, connection):
                async with self._lock:
                    await connection.aclose()
                    self.connections.remove(connection)
        """,
        """
        class Pool:
            async def release(self, connection):
                async with self._lock:
                    if connection in self.connections:
                        self.connections.remove(connection)

            async def expire(self, connection):
                async with self._lock:
                    await connection.aclose()
                    if connection in self.connections:
                        self.connections.remove(connection)
        """,
    ),
    "a table of replies filled after the request is sent": (
        "registered-after-send",
        """
        class Client:
            async def request(self, message):
                await self.websocket.send_json(message)
                future = self.loop.create_future()
                self.futures[message["id"]] = future
                return await future

            def on_message(self, data):
                self.futures.pop(data["id"]).set_result(data)
        """,
        """
        class Client:
            async def request(self, message):
                future = self.loop.create_future()
                self.futures[message["id"]] = future
                await self.websocket.send_json(message)
                return await future

            def on_message(self, data):
                self.futures.pop(data["id"]).set_result(data)
        """,
    ),
    "a list cleared before the await that fills it": (
        "cleared-before-await",
        """
        class Palette:
            async def gather(self, text):
                self.commands.clear()
                async for hit in self.search(text):
                    self.commands.append(hit)
        """,
        """
        class Palette:
            async def gather(self, text):
                hits = [hit async for hit in self.search(text)]
                self.commands.clear()
                self.commands.extend(hits)
        """,
    ),
    "read, then bound again, without global": (
        "unbound-local-for-global",
        """
        session = None

        async def get_session():
            if session is None:
                session = Session()
            return session
        """,
        """
        session = None

        async def get_session():
            global session
            if session is None:
                session = Session()
            return session
        """,
    ),
    "what a child task sets": (
        "contextvar-set-in-child-task",
        """
        import asyncio
        from contextvars import ContextVar

        trace = ContextVar("trace")

        async def begin():
            trace.set(1)

        async def handle():
            await asyncio.gather(begin(), begin())
            return trace.get()
        """,
        """
        import asyncio
        from contextvars import ContextVar

        trace = ContextVar("trace")

        async def begin():
            trace.set(1)

        async def handle():
            await begin()
            return trace.get()
        """,
    ),
}


def told(text: str) -> list[str]:
    settings = Settings(select=frozenset((*RACES, *ALSO)))
    checked = engine.check_texts({"module.py": textwrap.dedent(text)}, settings)
    return [finding.pitfall for finding in checked.findings("module.py")]


@pytest.mark.parametrize("bug", MORE_BUGS)
def test_more_bugs_that_happened_are_found(bug: str) -> None:
    pitfall, before, _ = MORE_BUGS[bug]
    assert told(before) == [pitfall]


@pytest.mark.parametrize("bug", MORE_BUGS)
def test_their_repairs_are_silent_too(bug: str) -> None:
    assert told(MORE_BUGS[bug][2]) == []


NO_MORE_ALARMS = {
    "a local list": "class A:\n    async def f(self):\n        found = []\n        found.append(await g())\n",
    "cleared and left so": "class A:\n    async def f(self):\n        self.items.clear()\n        await self.save()\n",
    "filled before the await": "class A:\n    async def f(self):\n        self.items.clear()\n        self.items.append(1)\n        await self.save()\n",
    "nobody takes it": "class A:\n    async def f(self, k):\n        await self.ws.send(k)\n        self.d[k] = self.loop.create_future()\n",
    "no future": "class A:\n    async def f(self, k):\n        await self.ws.send(k)\n        self.d[k] = 1\n\n    def g(self, k):\n        self.d.pop(k)\n",
    "a local first": "n = 0\nasync def f():\n    n = 1\n    if n: await g()\n    n = 2\n",
    "a loop's second round": "n = None\nasync def f(xs):\n    for x in xs:\n        if x: n = x\n        await g(n)\n",
}


@pytest.mark.parametrize("name", NO_MORE_ALARMS)
def test_what_only_looks_alike(name: str) -> None:
    assert told(NO_MORE_ALARMS[name]) == []
