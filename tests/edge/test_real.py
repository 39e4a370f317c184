"""The whole way: `awaitlens server` with its real analysis, as an editor would start it."""

import random
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.edge.driver import RICH, Driver, Json, at, insert

from awaitlens.source import Source, Span

HELPER = "import time\n\n\ndef load():\n    return 1\n"
VIEWS = """\
import asyncio
import time


async def view(request):
    time.sleep(1)
    save(request)
    return "\u00e9\U0001f40d"


async def save(request):
    await asyncio.sleep(1)


class Shop:
    async def sell(self):
        save(self)
"""
PIECES = [
    "x", " ", "\n", "    ", "(", ")", '"', "'" * 3, "#", "\\", "await ", "async ", "def f():\n", "return\n",
    "time.sleep(1)\n", "save(1)\n", "\f", "\u00e9", "\U0001f40d", "", "",
]  # fmt: skip


@pytest.fixture(scope="module")
def server() -> Iterator[Driver]:
    driver = Driver([sys.executable, "-m", "awaitlens", "server"])
    driver.initialize(RICH)
    yield driver
    assert driver.leave() == 0
    driver.close()
    assert b"awaitlens.edge" not in driver.errors


@pytest.fixture
def real(server: Driver) -> Driver:
    server.reset()
    return server


def codes(published: Json) -> list[str]:
    return [diagnostic["code"] for diagnostic in published["diagnostics"]]


def test_findings_come_with_hover_and_a_repair_that_removes_them(real: Driver) -> None:
    uri = "file:///shop/views.py"
    real.open(uri, VIEWS)
    found = real.published(uri)["diagnostics"]
    assert [d["code"] for d in found] == ["blocking-sleep", "unawaited-call", "unawaited-call"]
    assert all("/blocking_sleep.py" in d["codeDescription"]["href"] for d in found[:1])
    where = {"textDocument": {"uri": uri}, "position": found[0]["range"]["start"]}
    told = real.request("textDocument/hover", where)["contents"]["value"]
    assert "Never block the loop" in told
    assert "asyncio.sleep" in told
    ask = {"textDocument": {"uri": uri}, "range": found[0]["range"], "context": {"diagnostics": found[:1]}}
    action = real.request("textDocument/codeAction", ask)[0]
    [change] = real.request("codeAction/resolve", action)["edit"]["documentChanges"]
    edits = sorted(change["edits"], key=lambda e: -e["range"]["start"]["line"])
    real.change(uri, 2, *({"range": e["range"], "text": e["newText"]} for e in edits))
    assert codes(real.published(uri, 2)) == ["unawaited-call", "unawaited-call"]


def test_half_typed_code_keeps_its_other_findings(real: Driver) -> None:
    uri = "file:///shop/views.py"
    real.open(uri, VIEWS)
    real.published(uri)
    for version, piece in enumerate(["\n", "d", "e", "f", " ", "x", "(", "[", '"'], start=2):
        line, column = (9, 0) if version == 2 else (10, version - 3)
        real.change(uri, version, insert(line, column, piece))
        real.settle()
    for params in real.received("textDocument/publishDiagnostics"):
        assert codes(params)[:2] == ["blocking-sleep", "unawaited-call"]


def test_a_helper_that_begins_to_block_lights_up_its_callers(real: Driver, tmp_path: Path) -> None:
    helper, views = (tmp_path / "helper.py").as_uri(), (tmp_path / "views.py").as_uri()
    (tmp_path / "helper.py").write_text(HELPER)
    real.open(views, "from helper import load\n\n\nasync def view():\n    load()\n")
    assert codes(real.published(views)) == []
    real.open(helper, HELPER.replace("def load", "async def load"))
    assert codes(real.published(views)) == ["unawaited-call"]
    real.change(helper, 2, {"range": at(3, 0, 6), "text": ""})
    assert codes(real.published(views)) == []


@pytest.mark.parametrize("seed", range(3))
def test_after_any_edits_the_findings_are_those_of_the_text(real: Driver, seed: int) -> None:
    chance, uri, fresh = random.Random(seed), f"file:///shop/{seed}.py", f"file:///fresh/{seed}.py"
    source = Source("", VIEWS, 1)
    real.open(uri, VIEWS)
    for version in range(2, 150):
        line = chance.randrange(len(source.lines) + 1)
        start = chance.randrange(len(source.line_text(line)) + 1)
        end_line = min(line + chance.choice([0, 0, 0, 1]), len(source.lines))
        end = chance.randrange(len(source.line_text(end_line)) + 1)
        span = Span(line, start, end_line, max(start, end) if end_line == line else end)
        piece = chance.choice(PIECES)
        real.change(uri, version, {"range": as_range(source, span), "text": piece})
        source = source.edited(span, piece, version)
        if version % 5 == 0:
            real.settle()
    last_words = "import time\n\n\nasync def last():\n    time.sleep(1)\n"
    real.change(uri, 150, insert(0, 0, last_words))
    last = real.published(uri, 150)["diagnostics"]
    real.open(fresh, last_words + source.text)
    expected = real.published(fresh)["diagnostics"]
    assert [(d["code"], d["range"], d["message"]) for d in last] == [
        (d["code"], d["range"], d["message"]) for d in expected
    ]


def as_range(source: Source, span: Span) -> Json:
    return {
        "start": {"line": span.line, "character": source.column_to_units(span.line, span.column, "utf-16")},
        "end": {
            "line": span.end_line,
            "character": source.column_to_units(span.end_line, span.end_column, "utf-16"),
        },
    }
