"""Updates made through two helper functions: what one gives is written back by the other, with an await in between."""

from __future__ import annotations

import logging
import textwrap

import pytest

from awaitlens import engine
from awaitlens.rewrite.apply import apply
from awaitlens.settings import Settings

RACES = frozenset({"stale-write-after-await", "augmented-await", "split-critical-section"})
CLASS = """
    class Meter:
        def __init__(self, redis):
            self.redis = redis

        async def add(self, key, n):
            BODY

        async def _load(self, key):
            LOAD

        async def _store(self, key, value):
            STORE
    """
BODY = "total = await self._load(key); total = total + await self.price(n); await self._store(key, total)"
MEMORY = ("return self.totals[key]", "self.totals[key] = value")
REDIS = ("return int(await self.redis.get(key) or 0)", "await self.redis.set(key, str(value))")
REDIS_BY_NAME = ("text = await self.redis.get(key); return json.loads(text)", REDIS[1])
SLOW = ("await self.ready(); return self.totals[key]", "await self.ready(); self.totals[key] = value")
LOADED = ("return self.totals.get(key)", "self.totals[key] = value")


def texts(body: str, load: str, store: str) -> str:
    parts = (("BODY", body), ("LOAD", load), ("STORE", store))
    text = textwrap.dedent(CLASS)
    for name, part in parts:
        text = text.replace(name, part.replace("; ", "\n        "))
    return text


def told(body: str, load: str, store: str) -> list[str]:
    checked = engine.check_texts({"module.py": texts(body, load, store)}, Settings(select=RACES))
    return [finding.pitfall for finding in checked.findings("module.py")]


@pytest.mark.parametrize("helpers", [MEMORY, REDIS, REDIS_BY_NAME, SLOW, LOADED])
def test_what_a_helper_gave_is_stale_when_another_writes_it_back(helpers: tuple[str, str]) -> None:
    """Missed alarms."""
    assert told(BODY, *helpers) == ["stale-write-after-await"]


@pytest.mark.parametrize(
    "load", ["key = clean(key); return key", "first = head(rest); rest = tail(first); return rest"]
)
def test_a_name_made_of_itself_comes_to_an_end(load: str, caplog: pytest.LogCaptureFixture) -> None:
    """A crash: what such a name stands for was asked for without end."""
    with caplog.at_level(logging.ERROR, logger="awaitlens"):
        assert told(BODY, load, MEMORY[1]) == []
    assert caplog.records == []


def test_a_store_that_waits_is_gap_enough() -> None:
    assert told("total = await self._load(key); await self._store(key, total + n)", *REDIS) != []


def test_helpers_may_run_in_threads() -> None:
    body = "total = await asyncio.to_thread(self._load, key); await asyncio.to_thread(self._store, key, total + n)"
    text = texts(body, *MEMORY).replace("async def _", "def _")
    assert [
        f.pitfall
        for f in engine.check_texts({"module.py": text}, Settings(select=RACES)).findings("module.py")
    ]


@pytest.mark.parametrize(
    ("body", "helpers"),
    [
        ("async with self._lock: " + BODY.replace("; ", "; " + "    ").replace("total = await self._l", "\n            total = await self._l", 1), MEMORY),
        ("price = await self.price(n); total = await self._load(key); await self._store(key, total + price)", MEMORY),
        ("total = await self._load(key); await self.price(n); await self._store(n, total + 1)", MEMORY),
        ("total = await self._load(key); await self.price(total); await self._store(key, 1)", MEMORY),
        ("total = await self._load(key); await self.price(n); await self._store(key, total)", MEMORY),
        (BODY, ("return self.totals[key]", "self.others[key] = value")),
        (BODY, ("return self.make(key, 1)", "self.totals[key] = value")),
    ],
    ids=["a lock", "a fresh read", "another key", "not from the old", "as it was", "another place", "no place"],
)  # fmt: skip
def test_what_helpers_do_not_lose(body: str, helpers: tuple[str, str]) -> None:
    """False alarms."""
    assert told(body, *helpers) == []


def test_a_lock_around_all_of_it_is_offered() -> None:
    text = texts(BODY, *REDIS)
    checked = engine.check_texts({"module.py": text}, Settings(select=RACES))
    (finding,) = checked.findings("module.py")
    patches = [patch for patch in checked.patches("module.py", finding) if patch.edits]
    assert patches
    for patch in patches:
        repaired = apply(text, patch.edits)
        assert "async with self._redis_lock:" in repaired
        assert engine.check_texts({"module.py": repaired}, Settings(select=RACES)).findings("module.py") == ()
