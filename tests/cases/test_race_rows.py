"""Races and locks that people shipped, beside those in test_flow.py: found, and silent once repaired as they were."""

from __future__ import annotations

import textwrap

import pytest

from awaitlens import engine
from awaitlens.settings import Settings

SNAPSHOT = """
    import asyncio
    import functools

    def one_at_a_time(function):
        lock = asyncio.Lock()

        @functools.wraps(function)
        async def alone(*args, **kwargs):
            async with lock:
                return await function(*args, **kwargs)

        return alone

    class Router:
        DECORATOR
        async def refresh(self):
            old = set(self.routes)
            new = await self.fetch()
            for route in old - new:
                await self.remote.remove(route)
                self.routes.remove(route)
    """
GATHER = """
    import asyncio
    from sqlalchemy.ext.asyncio import AsyncSession

    async def save(session: AsyncSession, rows):
        SAVES
    """
FRESH = """
    import asyncio

    class Store:
        def __init__(self):
            self.lock = asyncio.Lock()

        async def save(self, order):
            async with LOCK:
                await self.write(order)
    """

ROWS = {
    "a snapshot that a decorator guards": (
        "checked-then-reset",
        SNAPSHOT.replace("DECORATOR", ""),
        SNAPSHOT.replace("DECORATOR", "@one_at_a_time"),
    ),
    "writes of one session at once": (
        "shared-connection-in-gather",
        GATHER.replace("SAVES", "await asyncio.gather(*[session.merge(row) for row in rows])"),
        GATHER.replace("SAVES", "for row in rows: await session.merge(row)"),
    ),
    "a fresh lock for each call": (
        "lock-not-shared",
        FRESH.replace("LOCK", "asyncio.Lock()"),
        FRESH.replace("LOCK", "self.lock"),
    ),
    "with await lock": (
        "with-needs-async-with",
        FRESH.replace("async with LOCK", "with await self.lock"),
        FRESH.replace("LOCK", "self.lock"),
    ),
}


def told(text: str, pitfall: str) -> list[str]:
    checked = engine.check_texts({"module.py": textwrap.dedent(text)}, Settings(select=frozenset({pitfall})))
    return [finding.pitfall for finding in checked.findings("module.py")]


@pytest.mark.parametrize("row", ROWS)
def test_it_is_found_and_its_repair_is_silent(row: str) -> None:
    pitfall, before, after = ROWS[row]
    assert told(before, pitfall) == [pitfall]
    assert told(after, pitfall) == []
