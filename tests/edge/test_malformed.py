"""Whatever a client sends, a request gets its answer and the server goes on."""

from typing import Any

import pytest
from tests.edge.driver import Driver, ServerError, at, insert

URI = "file:///shop/views.py"
SLEEPS = "import time\ntime.sleep(1)\n"


def refusal(client: Driver, message: Any, identifier: int | str | None = 900) -> int:
    client.send(message)
    with pytest.raises(ServerError) as refused:
        client.answer(identifier)
    return refused.value.code


def test_bad_messages_are_answered_and_survived(client: Driver) -> None:
    client.send_body(b"{not json")
    with pytest.raises(ServerError, match="-32700"):
        client.answer(None)
    assert refusal(client, [], None) == -32600
    assert refusal(client, 7, None) == -32600
    assert refusal(client, {"jsonrpc": "1.0", "id": 900, "method": "shutdown"}) == -32600
    assert refusal(client, {"jsonrpc": "2.0", "id": {}, "method": "shutdown"}, None) == -32600
    assert refusal(client, {"jsonrpc": "2.0", "id": None, "method": "shutdown"}, None) == -32600
    assert refusal(client, {"jsonrpc": "2.0", "id": 900, "method": 5}) == -32600
    client.send_body(b"[" * 100_000)
    with pytest.raises(ServerError, match="-32700"):
        client.answer(None)
    assert client.leave() == 0


@pytest.mark.parametrize(
    "params",
    [None, {}, [], 7, {"textDocument": {"uri": URI}}, {"textDocument": None, "position": {"line": "x"}}],
)
def test_requests_with_bad_parameters_are_answered(client: Driver, params: Any) -> None:
    for method in ("textDocument/hover", "textDocument/codeAction", "textDocument/inlayHint"):
        assert refusal(client, {"jsonrpc": "2.0", "id": 900, "method": method, "params": params}) == -32602
    assert refusal(client, {"jsonrpc": "2.0", "id": 901, "method": "textDocument/hover"}, 901) == -32602


def test_unknown_methods(client: Driver) -> None:
    assert refusal(client, {"jsonrpc": "2.0", "id": 900, "method": "shop/sell"}) == -32601
    assert refusal(client, {"jsonrpc": "2.0", "id": "x", "method": "$/sell", "params": {}}, "x") == -32601
    client.notify("$/sell", {})
    client.notify("shop/sell", [1])
    client.settle()


def test_commands_outside_the_list_are_refused(client: Driver) -> None:
    ask = {"jsonrpc": "2.0", "id": 900, "method": "workspace/executeCommand"}
    assert refusal(client, {**ask, "params": {"command": "os.system", "arguments": ["ls"]}}) == -32602
    assert refusal(client, {**ask, "params": {"command": "awaitlens.advice"}}) < 0
    assert (
        refusal(client, {**ask, "params": {"command": "awaitlens.advice", "arguments": [1, 2, 3]}}) == -32602
    )


def test_bad_notifications_are_survived_without_a_window(client: Driver) -> None:
    for method in (
        "textDocument/didOpen",
        "textDocument/didChange",
        "textDocument/didClose",
        "$/cancelRequest",
    ):
        for params in (None, {}, [], {"textDocument": {"uri": 5}}, {"id": []}):
            client.notify(method, params)
    client.notify("workspace/didChangeConfiguration")
    client.notify("workspace/didChangeWatchedFiles", {"changes": [{}]})
    client.settle()
    assert client.received("window/showMessage") == []


def test_a_change_to_a_document_that_is_not_open_is_ignored(client: Driver) -> None:
    client.change(URI, 2, insert(0, 0, "x"))
    client.notify("textDocument/didClose", {"textDocument": {"uri": URI}})
    client.open(URI, SLEEPS)
    assert len(client.published(URI)["diagnostics"]) == 1


@pytest.mark.parametrize(
    "change",
    [{}, {"text": 1}, {"range": {}, "text": ""}, {"range": {"start": {"line": "0"}}, "text": ""}, 5],
)
def test_after_a_change_that_makes_no_sense_nothing_is_claimed_until_the_text_is_known(
    client: Driver, change: Any
) -> None:
    client.open(URI, SLEEPS)
    assert client.published(URI)["diagnostics"]
    client.change(URI, 2, change)
    assert client.published(URI)["diagnostics"] == []
    client.change(URI, 3, insert(0, 0, "\n"))
    client.settle()
    assert client.received("textDocument/publishDiagnostics") == []
    client.open(URI, SLEEPS, 4)
    assert len(client.published(URI, 4)["diagnostics"]) == 1


def test_positions_outside_the_text_are_clamped(client: Driver) -> None:
    client.open(URI, "import time")
    client.change(URI, 2, insert(99, 99, "\n"), insert(1, 7, "time.sleep(1)"), insert(0, 999, "  # far"))
    [found] = client.published(URI, 2)["diagnostics"]
    assert found["range"] == at(1, 0, 13)
    client.change(
        URI,
        3,
        {"range": {"start": {"line": 1, "character": 4}, "end": {"line": 1, "character": 0}}, "text": "t"},
    )
    assert client.published(URI, 3)["diagnostics"] == []


def test_a_stream_that_is_not_the_protocol_ends_the_server(driver: Driver) -> None:
    driver.send_bytes(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    driver.initialize()
    driver.send_bytes(b"\0" * 70_000)
    assert driver.exit_code() == 1
