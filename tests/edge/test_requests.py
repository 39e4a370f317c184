"""Many requests, slow ones, cancelled ones and stale ones, while the user goes on typing."""

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.edge.driver import POOR, RICH, Driver, Json, ServerError, at, insert

URI = "file:///shop/views.py"
OTHER = "file:///shop/models.py"
SLEEPS = "import time\ntime.sleep(1)\n"
CANCELLED, CONTENT_MODIFIED = -32800, -32801
HOVER = {"textDocument": {"uri": URI}, "position": {"line": 1, "character": 1}}
ACTIONS = {"textDocument": {"uri": URI}, "range": at(1, 1), "context": {"diagnostics": []}}


def test_hover_tells_of_the_finding_under_the_cursor(client: Driver) -> None:
    client.open(URI, SLEEPS)
    told = client.request("textDocument/hover", HOVER)
    assert told["range"] == at(1, 0, 13)
    assert told["contents"]["kind"] == "markdown"
    assert "event loop" in told["contents"]["value"]
    assert client.request("textDocument/hover", {**HOVER, "position": {"line": 0, "character": 0}}) is None
    assert client.request("textDocument/hover", {**HOVER, "textDocument": {"uri": OTHER}}) is None


def test_hover_is_plain_text_where_the_client_wants_that_first(connect: Callable[[Json], Driver]) -> None:
    client = connect({"textDocument": {"hover": {"contentFormat": ["plaintext", "markdown"]}}})
    client.open(URI, SLEEPS)
    assert client.request("textDocument/hover", HOVER)["contents"]["kind"] == "plaintext"


def test_inlay_hints_stand_where_they_matter_and_lead_to_their_witness(driver: Driver) -> None:
    driver.initialize(RICH, initializationOptions={"hints": ["blocking"]})
    driver.open(URI, SLEEPS)
    [hint] = driver.request("textDocument/inlayHint", {"textDocument": {"uri": URI}, "range": at(1, 0, 20)})
    [part] = hint["label"]
    assert hint["position"] == {"line": 1, "character": 13}
    assert "blocks" in part["value"]
    assert part["location"] == {"uri": URI, "range": at(1, 0, 4)}
    nothing = {"textDocument": {"uri": URI}, "range": at(0, 0, 3)}
    assert driver.request("textDocument/inlayHint", nothing) == []


def test_hints_of_categories_that_are_off_are_not_shown(client: Driver) -> None:
    client.open(URI, SLEEPS)
    everywhere = {"textDocument": {"uri": URI}, "range": at(1, 0, 20)}
    assert client.request("textDocument/inlayHint", everywhere) == []


def test_busy_requests_keep_no_edit_waiting(client: Driver, tmp_path: Path) -> None:
    client.open(URI, f"import time\ntime.sleep(1)  # slow-patches {tmp_path}/go\n")
    client.published(URI)
    asked = [client.ask("textDocument/codeAction", ACTIONS) for _ in range(40)]
    client.open(OTHER, SLEEPS)
    for version in range(2, 30):
        client.change(OTHER, version, insert(0, 0, "\n"))
        assert client.published(OTHER, version)["diagnostics"]
    (tmp_path / "go").touch()
    assert all(client.answer(identifier) for identifier in asked)


def test_a_storm_of_cancelled_requests_passes(client: Driver, tmp_path: Path) -> None:
    client.open(URI, f"import time\ntime.sleep(1)  # slow-patches {tmp_path}/go\n")
    asked = []
    for _ in range(300):
        asked.append(client.ask("textDocument/codeAction", ACTIONS))
        client.notify("$/cancelRequest", {"id": asked[-1]})
        client.notify("$/cancelRequest", {"id": 10_000_000})
    for identifier in asked:
        with pytest.raises(ServerError) as refused:
            client.answer(identifier)
        assert refused.value.code == CANCELLED
    (tmp_path / "go").touch()
    assert client.request("textDocument/codeAction", ACTIONS)
    assert client.state()["pending"] <= 2


def test_a_cancelled_request_that_has_not_begun_never_begins(client: Driver, tmp_path: Path) -> None:
    client.open(URI, f"import time\ntime.sleep(1)  # slow {tmp_path}/first\n")
    first = client.ask("textDocument/hover", HOVER)
    client.open(OTHER, f"import time\ntime.sleep(1)  # slow {tmp_path}/never\n")
    client.notify("textDocument/didClose", {"textDocument": {"uri": OTHER}})
    second = client.ask("textDocument/hover", {**HOVER, "textDocument": {"uri": OTHER}})
    assert client.answer(second) is None
    (tmp_path / "first").touch()
    assert client.answer(first) is not None


def test_a_stale_request_says_so_to_clients_that_ask_again(client: Driver, tmp_path: Path) -> None:
    client.open(URI, f"import time\ntime.sleep(1)  # slow-patches {tmp_path}/go\n")
    asked = client.ask("textDocument/codeAction", ACTIONS)
    client.change(URI, 2, insert(0, 0, "\n"))
    client.settle()
    (tmp_path / "go").touch()
    with pytest.raises(ServerError) as refused:
        client.answer(asked)
    assert refused.value.code == CONTENT_MODIFIED


def test_a_stale_request_is_empty_for_other_clients(
    connect: Callable[[Json], Driver], tmp_path: Path
) -> None:
    client = connect(POOR)
    client.open(URI, f"import time\ntime.sleep(1)  # slow-patches {tmp_path}/go\n")
    asked = client.ask("textDocument/codeAction", ACTIONS)
    client.change(URI, 2, insert(0, 0, "\n"))
    client.settle()
    (tmp_path / "go").touch()
    assert client.answer(asked) is None


def test_nothing_is_kept_of_messages_that_are_done(client: Driver) -> None:
    client.open(URI, SLEEPS)
    before = client.state()["pending"]
    for version in range(2, 502):
        client.change(URI, version, insert(0, 0, "x"))
        client.notify("workspace/didChangeWatchedFiles", {"changes": []})
        client.notify("$/setTrace", {"value": "off"})
    for _ in range(50):
        client.request("textDocument/hover", HOVER)
    after = client.state()
    assert after["pending"] <= before
    assert after["tasks"] == 0


def test_two_requests_of_one_id_are_not_mixed_up(client: Driver, tmp_path: Path) -> None:
    client.open(URI, f"import time\ntime.sleep(1)  # slow-patches {tmp_path}/go\n")
    asked = client.ask("textDocument/codeAction", ACTIONS)
    client.send({"jsonrpc": "2.0", "id": asked, "method": "textDocument/hover", "params": HOVER})
    with pytest.raises(ServerError):
        client.answer(asked)
    (tmp_path / "go").touch()
    assert client.answer(asked)
