"""A block that is read again statement by statement says what a whole reading of it says."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from awaitlens.pitfalls import pitfalls
from awaitlens.program.extract import extract
from awaitlens.program.facts import Facts
from awaitlens.program.rereading import Rereader
from awaitlens.syntax.blocks import Block, layout
from awaitlens.syntax.parse import parse

pytestmark = pytest.mark.filterwarnings("ignore::SyntaxWarning")

LIBRARY = sorted(Path(asyncio.__file__).parent.glob("*.py"))
TYPED = ("a", "1", "_", "x", ".", " ", ",", "+", "(", "foo", "await ", " if x else y", " := ", "yield ", "lambda: ", "x, ",
         "self.a", "not ", "=", " # c", "\n", "'", ";", "[", "{x}", "\t", "é", "async ")  # fmt: skip
STATEMENTS = (
    "return 1", "value = one(two)", "value.field = 1", "value[key] = self.load()", "value += 1", "del value[key]", "raise Wrong(1)",
    "assert value, text", "await asyncio.sleep(1)", "value = await load(1)", "'a docstring'", "value: int = 1", "a = b = 1",
    "first, *rest = await gather(*[load(each) for each in found])", "yield value", "self.ready = None", "f'{value!r:>{width}}'",
    "value = one(\n        two,\n        three,\n    )", "before(); value = 1",
)  # fmt: skip
AROUND = (
    "async def f(self, key, value):\n    {}\n",
    "async def f(self, key, value):\n    if self.ready:\n        await load()\n    {}  # why\n",
    "async def f(self):\n    try:\n        pass\n    except ValueError as error:\n        pass\n    {}\n",
    "def f():\n    def inner():\n        pass\n    {}\n",
    "{}\n",
)
NESTED = (
    "async def f(self):\n    if self.ready:\n        {}\n",
    "async def f(self):\n    try:\n        await load()\n    except ValueError as error:\n        {}",
    "async def f(self):\n    async with lock as held:\n        for each in held:\n            {}\n    return 1\n",
    "async def f(self):\n    while True: {}\n",
    "async def f(self):\n    class Inner:\n        {}\n",
    "async def f(self):\n    match self.kind:\n        case Kind(1):\n            {}\n",
)


def texts() -> Iterator[str]:
    for around in AROUND:
        yield from (around.format(statement) for statement in STATEMENTS)
    for around in NESTED:
        yield from (around.format(statement) for statement in STATEMENTS if "\n" not in statement)
    for pitfall in pitfalls().values():
        yield from (code.text for slide in pitfall.lesson.slides for code in slide.codes)


def read(block: Block) -> tuple[bool, Facts]:
    parsed = parse(block)
    return parsed.error is None, extract(block, parsed)


def edited(text: str, chance: random.Random) -> str:
    at = chance.randrange(len(text) + 1)
    if chance.random() < 0.7:
        return text[:at] + chance.choice(TYPED) + text[at:]
    return text[:at] + text[at + chance.randrange(1, 4) :]


def follow(block: Block, seed: int, edits: int) -> None:
    """Type into the block, always behind a text that parses, as a whole reading starts anew after any other."""
    chance, reader = random.Random(f"{seed} {block.text}"), Rereader()
    reader.read(block)
    for _ in range(edits):
        later = block._replace(text=edited(block.text, chance))
        found = reader.read(later)
        assert found == read(later), (block.text, later.text)
        block = later if found[0] else block


@pytest.mark.parametrize("seed", range(4))
def test_whatever_is_typed(seed: int) -> None:
    for text in texts():
        for block in layout(text).blocks:
            follow(block, seed, 12)


def test_whatever_is_typed_into_a_library() -> None:
    for path in LIBRARY:
        for block in layout(path.read_text(encoding="utf-8")).blocks:
            follow(block, 0, 6)


def test_what_an_edit_leaves_alone_stays_the_object_it_was() -> None:
    text = "async def f(self):\n    value = self.load(key)\n    await value.save(1)\n    return value.found\n"
    (block,) = layout(text).blocks
    reader = Rereader()
    _, before = reader.read(block)
    _, after = reader.read(block._replace(text=text.replace("save(1)", "save(12)")))
    assert after.bindings is before.bindings and after.jumps is before.jumps and after.scopes is before.scopes
    assert after.calls[0] is before.calls[0] and after.calls[1] != before.calls[1]


def test_most_keystrokes_read_one_statement(monkeypatch: pytest.MonkeyPatch) -> None:
    """Digits typed at the ends of words: a call, a name, a number is what people mostly type at."""
    whole: list[str] = []
    monkeypatch.setattr(
        "awaitlens.program.rereading.parse", lambda block: whole.append(block.text) or parse(block)
    )
    for text in (around.format("value = one(two, self.three)[4]") for around in AROUND):
        for block in layout(text).blocks:
            start = block.text.find("value = ")
            if start < 0:
                continue
            for word in ("value", "one", "two", "three", "4"):
                reader = Rereader()
                reader.read(block)
                whole.clear()
                at = block.text.index(word, start) + len(word)
                later = block._replace(text=block.text[:at] + "1" + block.text[at:])
                assert reader.read(later)[0] and not whole
