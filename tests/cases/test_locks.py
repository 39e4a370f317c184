"""Which expressions mean a lock, and which mean the same one. Each case is a function under a lock that a call hands out."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

import pytest

from awaitlens import engine
from awaitlens.cli.fixing import Sources, repair
from awaitlens.pitfall import Patch
from awaitlens.settings import Settings
from awaitlens.source import Source

RACES = frozenset(
    {
        "stale-write-after-await",
        "check-then-await",
        "checked-then-reset",
        "iterate-shared-across-await",
        "split-critical-section",
    }
)

UNDER = """
    from contextlib import asynccontextmanager

    class Store:
        async def add(self, key):
            TAKEN
            async with MANAGER:
                n = self.n[key]
                await self.log()
                self.n[key] = n + 1

        @asynccontextmanager
        async def exclusive(self, key):
            async with self._lock:
                yield

        @asynccontextmanager
        async def timed(self, key):
            await self.log()
            yield
    """


def told(text: str) -> list[str]:
    settings = Settings(select=RACES, show_possible=True)
    checked = engine.check_texts({"module.py": textwrap.dedent(text)}, settings)
    return [finding.pitfall for finding in checked.findings("module.py")]


def under(manager: str, taken: str = "...") -> list[str]:
    return told(UNDER.replace("MANAGER", manager).replace("TAKEN", taken))


@pytest.mark.parametrize(
    "manager",
    [
        "self.lock_for(key)",
        "self._locks[key]",
        "self._locks.setdefault(key, asyncio.Lock())",
        "self._locks.get(key)",
        "get_lock()",
        "await self._get_lock(key)",
        "self.redis.lock('store', timeout=3)",
        "self.exclusive(key)",
    ],
)
def test_a_lock_that_a_call_hands_out_is_one(manager: str) -> None:
    """False alarms."""
    assert under(manager) == []


@pytest.mark.parametrize(
    "taken",
    [
        "mine = self._locks.setdefault(key, asyncio.Lock())",
        "mine = self._locks[key]",
        "mine = self._lock_of(key)",
        "mine = await self._lock_of(key)",
    ],
)
def test_a_local_that_was_given_a_lock_is_one(taken: str) -> None:
    """False alarms."""
    assert under("mine", taken) == []


@pytest.mark.parametrize(
    "manager",
    [
        "self.client.transaction()",
        "self.timed(key)",
        "self.session.get(f'/lock/{key}')",
        "self.block.read(key)",
    ],
)
def test_what_keeps_nobody_out_is_no_lock(manager: str) -> None:
    """Missed alarms: the word stands in an argument, in another word, or the manager waits and holds nothing."""
    assert under(manager) == ["stale-write-after-await"]


TWO = """
    class Feed:
        async def publish(self, key, text):
            async with FIRST:
                if key in self.clients:
                    await self.log(text)
                    self.clients[key].send(text)

        async def leave(self, name):
            MADE
            async with SECOND:
                del self.clients[name]
    """


@pytest.mark.parametrize(
    ("first", "second", "made", "expected"),
    [
        ("self.lock_for(key)", "self.lock_for(name)", "...", []),
        ("self._locks[key]", "self._locks[name]", "...", []),
        ("self._locks[key]", "self._locks.setdefault(name, asyncio.Lock())", "...", []),
        ("self._lock", "lock", "lock = self._lock", []),
        ("self._lock", "self._other_lock", "...", ["checked-then-reset"]),
        ("self.lock_for('feed')", "self.lock_for('other')", "...", ["checked-then-reset"]),
        ("self.lock_for(key)", "self.timer(name)", "...", ["checked-then-reset"]),
    ],
)
def test_two_expressions_of_one_lock(first: str, second: str, made: str, expected: list[str]) -> None:
    """False alarms where both mean one lock, missed ones where they cannot."""
    assert told(TWO.replace("FIRST", first).replace("SECOND", second).replace("MADE", made)) == expected


def test_a_lock_given_back_in_between_guards_nothing() -> None:
    text = """
        class Store:
            async def add(self, key):
                async with self.lock_for(key):
                    n = self.n[key]
                await self.log()
                async with self.lock_for(key):
                    self.n[key] = n + 1
        """
    assert told(text) == ["split-critical-section"]


REPAIRED = """
    class Client:
        def __init__(self):
            self.line = None

        async def open(self):
            if self.line is None:
                self.line = await dial()
                NEXT

        async def send(self, text):
            await self.open()
            await self.line.write(text)

        async def on_open(self, line):
            await self.send("hello")

        async def count(self):
            async with self._line_lock:
                return 1
    """


@pytest.mark.parametrize(
    ("following", "offered"),
    [
        ("await open()", True),
        ("await self.line.open(self.log)", True),
        ("await self.send('hello')", False),
        ("self.line.register(self.on_open)", False),
        ("await self.count()", False),
    ],
    ids=["another open", "another method", "by a call", "by what is handed out", "a lock of that name"],
)
def test_a_lock_is_offered_only_where_nobody_takes_it_twice(following: str, offered: bool) -> None:
    """Repairs that would wait for themselves."""
    text = textwrap.dedent(REPAIRED.replace("NEXT", following))
    checked = engine.check_texts({"module.py": text}, Settings(select=RACES))
    (finding,) = checked.findings("module.py")
    titles = [patch.title for patch in checked.patches("module.py", finding)]
    assert ("Let one task at a time fill self.line" in titles) == offered


AROUND = """
    class Client:
        def __init__(self):
            self.line = None

        async def open(self):
            OPEN
                if self.line is None:
                    self.line = await dial()

        async def swap(self):
            before = self.line
            print(before)
            UNDER
                await self.log()
            self.line = before + 1

        async def both(self):
            BOTH
                await self.swap()
    """


@pytest.mark.parametrize(
    ("under", "both", "offered"),
    [
        ("if True:", "if True:", True),
        ("async with self._other_lock:", "if True:", True),
        ("async with self._line_lock:", "if True:", False),
        ("if True:", "async with self._line_lock:", False),
    ],
    ids=["no lock", "another lock", "within", "around a caller"],
)
def test_a_lock_is_not_put_around_itself(under: str, both: str, offered: bool) -> None:
    """Repairs that would wait for themselves: the stretch, or who calls it, has the lock already."""
    text = AROUND.replace("UNDER", under).replace("BOTH", both).replace("OPEN", "async with self._line_lock:")
    checked = engine.check_texts({"module.py": textwrap.dedent(text)}, Settings(select=RACES))
    found = [f for f in checked.findings("module.py") if f.pitfall == "stale-write-after-await"]
    titles = [patch.title for finding in found for patch in checked.patches("module.py", finding)]
    assert ("Let one task at a time update self.line" in titles) == offered
    assert found or not offered


BOTH = """
    class Cache:
        def __init__(self):
            self.rows = {}

        async def load(self, key):
            if key not in self.rows:
                await self.other(key)
                self.rows[key] = await fetch(key)

        async def other(self, key):
            if key not in self.rows:
                self.rows[key] = await fetch(key)
    """


def guards(sources: Sources) -> Iterator[tuple[str, Patch]]:
    """The locks that are offered, one for each finding."""
    settings = Settings(select=RACES)
    for path, source in sources.items():
        checked = engine.check_texts({path: source.text}, settings)
        for finding in checked.findings(path):
            offered = [p for p in checked.patches(path, finding) if p.title.startswith("Let one task")]
            yield from ((path, patch) for patch in offered[:1])


def test_repairs_that_are_right_alone_are_not_made_together() -> None:
    """A wrong repair: the lock of one method would be held around the call of the other, which waits for it."""
    before = {"cache.py": Source("cache.py", textwrap.dedent(BOTH))}
    assert len(list(guards(before))) == 2
    assert repair(before, guards).sources["cache.py"].text.count("async with self._rows_lock:") == 1
