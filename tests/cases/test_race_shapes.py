"""The shapes in which an old value is written back or a place is filled: found with a repair, or right as they are."""

from __future__ import annotations

import textwrap

import pytest

from awaitlens import engine
from awaitlens.rewrite.apply import apply
from awaitlens.settings import Settings

RACES = frozenset(
    {"stale-write-after-await", "augmented-await", "check-then-await", "split-critical-section"}
)


def told(text: str, *, possible: bool = False) -> list[str]:
    settings = Settings(select=RACES, show_possible=possible)
    return [f.pitfall for f in engine.check_texts({"module.py": text}, settings).findings("module.py")]


def repaired(text: str) -> list[str]:
    """The module after each repair that is offered for its one finding."""
    checked = engine.check_texts({"module.py": text}, Settings(select=RACES))
    (finding,) = checked.findings("module.py")
    return [apply(text, patch.edits) for patch in checked.patches("module.py", finding) if patch.edits]


GLOBAL = "foo = 0\n\nasync def x():\n    global foo\n    {}\n"
SHAPES = {
    # ESLint's require-atomic-updates: what its page and its tests hold wrong.
    "foo = foo + do(await other)": ["augmented-await"],
    "if not foo:\n        foo = await initialize()": ["check-then-await"],
    "foo = max(foo, await bar)": ["augmented-await"],
    "foo = -foo + await bar": ["augmented-await"],
    "for y in ys:\n        foo = foo + await y": ["augmented-await"],
    "total = foo\n    for y in ys:\n        total += await y\n    foo = total": ["stale-write-after-await"],
    # The same in Python's own words: destructuring, displays, names bound in passing.
    "foo, n = foo + await bar, 1": ["augmented-await"],
    "n, *rest = foo\n    await bar\n    foo = [*rest, n]": ["stale-write-after-await"],
    "foo = [foo, await bar]": ["augmented-await"],
    "foo = {**foo, 'a': await bar}": ["augmented-await"],
    "if (old := foo) is not None:\n        foo = old + await bar": ["stale-write-after-await"],
    "foo = foo or await bar": ["check-then-await"],
    "foo = await bar if foo is None else foo": ["check-then-await"],
    # What they hold right.
    "new = await something\n    foo += new": [],
    "if not foo:\n        new = await initialize()\n        if not foo:\n            foo = new": [],
    "foo = (yield) + foo": [],
    "foo, n = await bar": [],
    "async for y in ys:\n        foo = foo + y": [],
    "foo = foo[await bar]": [],
    "foo[await bar] += 1": [],
    "foo = foo or bar()": [],
    "foo = await bar if ready else foo": [],
    # What they hold wrong, and nobody loses anything: the yield gives what is sent, and not what it yielded.
    "foo = (yield foo) + await bar": [],
}


@pytest.mark.parametrize("body", SHAPES)
def test_a_name_of_the_module(body: str) -> None:
    """Missed alarms and false ones."""
    assert told(GLOBAL.format(body), possible=not SHAPES[body]) == SHAPES[body]


PROPERTIES = {
    "class C:\n    async def x(self):\n        self.__bar += await baz\n": ["augmented-await"],
    "class C:\n    async def x(self):\n        self.s = self.s or await dial()\n": ["check-then-await"],
    "async def x(obj):\n    if not obj.done:\n        obj.something = await get()\n": [],
    "class C:\n    async def x(self):\n        entry = self.entry\n        entry.data = await read(entry)\n": [],
    "async def x(a):\n    b = dict(a)\n    old = b['n']\n    await g()\n    b['n'] = old + 1\n": [],
    "async def x():\n    user = await load()\n    n = user.n\n    await g()\n    user.n = n + 1\n": [],
    "async def x(items):\n    for item in items:\n        item.value = await load(item.id)\n": [],
}


@pytest.mark.parametrize("text", PROPERTIES)
def test_a_part_of_an_object(text: str) -> None:
    """Missed alarms; false ones about other parts, and about objects that the function made or was given for itself."""
    assert told(text, possible=not PROPERTIES[text]) == PROPERTIES[text]


FILLS = "class C:\n    def __init__(self):\n        self.s = None\n\n    async def x(self):\n        {}\n"


@pytest.mark.parametrize(
    "fill", ["self.s = self.s or await dial()", "self.s = await dial() if self.s is None else self.s"]
)
def test_a_lock_around_a_fill_in_one_expression(fill: str) -> None:
    (text,) = repaired(FILLS.format(fill))
    assert f"async with self._s_lock:\n            {fill}" in text
    assert told(text, possible=True) == []


HIT = "n = await {0}.get(key)\n{1}await {0}.set(key, n + 1)\n"
STORES = {
    "of the module": (
        "cache = Cache()\n\nasync def hit(key):\n    " + HIT.format("cache", "    "),
        "cache_lock",
    ),
    "imported": (
        "from shop import cache\n\nasync def hit(key):\n    " + HIT.format("cache", "    "),
        "cache_lock",
    ),
    "of the class": (
        "class C:\n    def __init__(self, cache):\n        self.cache = cache\n\n    async def hit(self, key):\n        "
        + HIT.format("self.cache", " " * 8),
        "self._cache_lock",
    ),
}


@pytest.mark.parametrize("store", STORES)
def test_a_lock_beside_the_store_it_guards(store: str) -> None:
    """What is got from a store and set again is under one lock then, and no schedule is left."""
    before, lock = STORES[store]
    (text,) = repaired(before)
    indent = " " * (12 if "self" in lock else 8)
    assert (
        f"async with {lock}:\n{indent}{HIT.format(lock.replace('_lock', '').replace('._', '.'), indent)}"
        in text
    )
    assert textwrap.dedent(text).count(f"{lock} = asyncio.Lock()") == 1
    assert told(text, possible=True) == []
