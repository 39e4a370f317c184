"""The proof of a race in the editor: offered where there is one, answered as text, never run."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlparse

import pytest
from tests.edge.driver import RICH, Driver, Json, ServerError, at

URI = "file:///shop/stats.py"
RACE = "import time\n\nstats = {'n': 0}\n\nasync def f():\n    n = stats['n']\n    await g()\n    stats['n'] = n + 1\n    time.sleep(1)\n"
PLACE = {"uri": URI, "position": {"line": 7, "character": 6}}


@pytest.fixture(scope="module")
def server() -> Iterator[Driver]:
    driver = Driver([sys.executable, "-m", "awaitlens", "server"])
    driver.answers["window/showDocument"] = _shown
    driver.initialize({**RICH, "window": {"showDocument": {"support": True}}})
    driver.open(URI, RACE)
    yield driver
    assert driver.leave() == 0
    driver.close()


OPENED: list[Json] = []


def _shown(params: Json) -> Json:
    OPENED.append(params)
    return {"success": True}


def offered(server: Driver, line: int) -> list[Json]:
    ask = {"textDocument": {"uri": URI}, "range": at(line, 6), "context": {"diagnostics": []}}
    found: list[Json] = server.request("textDocument/codeAction", ask)
    return [action for action in found if action.get("command", {}).get("command") == "awaitlens.prove"]


def prove(server: Driver, wish: object) -> Json | None:
    ask = {"command": "awaitlens.prove", "arguments": [wish]}
    made: Json | None = server.request("workspace/executeCommand", ask)
    return made


def test_it_is_offered_where_a_race_has_a_schedule(server: Driver) -> None:
    (offer,) = offered(server, 7)
    assert offer["title"].startswith("Prove it")
    assert "edit" not in offer
    assert offered(server, 8) == []
    made = prove(server, {**offer["command"]["arguments"][0], "format": "text"})
    assert made is not None
    assert made["title"] == "Proof of stale-write-after-await"
    compile(made["script"], "proof.py", "exec")


def test_elsewhere_there_is_none(server: Driver) -> None:
    assert prove(server, {**PLACE, "position": {"line": 8, "character": 6}, "format": "text"}) is None
    with pytest.raises(ServerError) as refused:
        prove(server, {"uri": URI})
    assert refused.value.code == -32602


def test_a_client_without_buffers_of_its_own_is_shown_a_file(server: Driver) -> None:
    made = prove(server, PLACE)
    server.wait(lambda message: message.get("method") == "window/showDocument")
    assert made is not None
    page = Path(unquote(urlparse(OPENED[-1]["uri"]).path))
    assert page.read_text(encoding="utf-8") == made["script"]
    page.unlink()
    page.parent.rmdir()
