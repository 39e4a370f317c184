"""A function is traced only where its facts say that a race can hide in it. That costs no flow."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from awaitlens.pitfalls import pitfalls
from awaitlens.program.extract import extract
from awaitlens.program.recorder import Recorder
from awaitlens.syntax.blocks import Block, layout
from awaitlens.syntax.parse import parse

LIBRARY = sorted(Path(asyncio.__file__).parent.glob("*.py"))
TESTS = (
    "self.ready", "not self.ready", "self.ready is None", "self.ready == None", "key in self.known", "key not in known",
    "shared.ready", "shared['ready']", "shared.get(key)", "self.known.get(key) is None", "key and (other or self.ready)",
    "(found := self.known)", "local.ready", "local", "key in local", "self", "self.ready()", "len(self.known) > 1",
    "self.count != 3", "local.get(key)", "-self.count",
)  # fmt: skip
FORMS = (
    "if {test}:\n        await work()",
    "while {test}:\n        await work()",
    "await work(1 if {test} else 2)",
    "await work([each for each in await local() if {test}])",
    "match local:\n        case [1] if {test}:\n            await work()",
    "assert {test}, await work()",
    "await local.set(key, 1) if {test} else None",
    "await cache.aset(key, value=1)",
    "await self._load()\n    await self._save(local)",
    "await read_it()\n    await asyncio.to_thread(write_it, local)",
    "await asyncio.get_running_loop().run_in_executor(None, self.load)\n    await local.run_in_executor(None, self.save, 1)",
)


def texts() -> Iterator[str]:
    for form in FORMS:
        for test in TESTS:
            yield f"async def f(self, key, local):\n    {form.format(test=test)}\n"
    for pitfall in pitfalls().values():
        yield from (code.text for slide in pitfall.lesson.slides for code in slide.codes)
    for path in LIBRARY:
        yield path.read_text(encoding="utf-8")


def blocks(text: str) -> Iterator[Block]:
    return (block for block in layout(text).blocks if "async def" in block.text)


@pytest.fixture
def every_function(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Recorder, "_may_touch", lambda *_: True)


@pytest.fixture
def sieved() -> list[object]:
    return [extract(block, parse(block)).flows for text in texts() for block in blocks(text)]


def test_what_is_not_traced_has_no_flow(sieved: list[object], every_function: None) -> None:
    whole = [extract(block, parse(block)).flows for text in texts() for block in blocks(text)]
    assert sieved == whole
    assert sum(map(bool, whole)) > 100
