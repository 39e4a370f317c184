"""Hints while things change: an answer on its way is never old, and who waits for one is not told to ask again."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.edge.driver import RICH, Driver, Json, at, with_pull
from tests.edge.fake import FakeSession

from awaitlens.edge.client import Client
from awaitlens.edge.diagnostics import Diagnostics, Encoder
from awaitlens.edge.documents import Documents
from awaitlens.edge.turns import Answer, Turns
from awaitlens.settings import Settings

URI = "file:///shop/views.py"
EVERYWHERE = {"textDocument": {"uri": URI}, "range": at(1, 0, 999)}
SLEEPS = "import time\ntime.sleep(1)\n"
HINTS = {"hints": ["blocking"]}


@pytest.fixture
def asked(driver: Driver, tmp_path: Path) -> int:
    """A request for hints that is answered when the file `go` is there; meanwhile the settings have changed."""
    driver.initialize(with_pull(RICH), initializationOptions=HINTS)
    driver.open(URI, f"{SLEEPS.rstrip()}  # slow {tmp_path}/go\n")
    number = driver.ask("textDocument/inlayHint", EVERYWHERE)
    driver.settle()
    driver.notify("workspace/didChangeConfiguration", {"settings": {"awaitlens": {"hints": []}}})
    driver.settle()
    return number


def is_refresh(message: Json) -> bool:
    return message.get("method") == "workspace/inlayHint/refresh"


def test_settings_that_change_while_hints_are_looked_for_count_for_them(
    driver: Driver, asked: int, tmp_path: Path
) -> None:
    (tmp_path / "go").touch()
    assert driver.answer(asked) == []


def test_a_client_that_waits_for_hints_is_told_to_ask_again_after_it_has_them(
    driver: Driver, asked: int, tmp_path: Path
) -> None:
    for _ in range(3):
        driver.settle()
    (tmp_path / "go").touch()
    first = driver.wait(lambda m: is_refresh(m) or m.get("id") == asked)
    assert not is_refresh(first)
    driver.wait(is_refresh)


def test_a_second_question_does_not_make_the_first_ones_answer_old() -> None:
    """Nobody has shown the findings yet, so both bring news; they are news once."""
    client, documents = Client.from_initialize({"capabilities": with_pull(RICH)}), Documents("utf-16")
    document = documents.open({"uri": URI, "text": SLEEPS})
    session = FakeSession(lambda path: Settings())
    session.open(document.path, SLEEPS, None)
    encoder = Encoder(client, documents.source, lambda code: "")
    diagnostics = Diagnostics(Turns(session), documents, encoder, *[nothing] * 4)  # type: ignore[arg-type]
    answer = Answer(session.snapshot(document.path), ())  # type: ignore[arg-type]
    before = diagnostics.state(document)
    diagnostics.noticed(answer)
    once = diagnostics.state(document)
    diagnostics.noticed(answer)
    assert before != once == diagnostics.state(document)


def nothing(*_: object) -> None:
    pass
