"""From the first byte to the exit code."""

import json
import re
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.edge.driver import FAKE, RICH, Driver, ServerError, with_pull

URI = "file:///shop/views.py"


def code_of(driver: Driver, method: str, params: object = None) -> int:
    with pytest.raises(ServerError) as refused:
        driver.request(method, params)
    return refused.value.code


def test_shutdown_then_exit_is_success(client: Driver) -> None:
    assert client.leave() == 0


def test_exit_without_shutdown_is_failure(client: Driver) -> None:
    client.notify("exit")
    assert client.exit_code() == 1


def test_end_of_input_is_failure(client: Driver) -> None:
    client.left = True
    client._stdin.close()
    assert client.exit_code() == 1


def test_end_of_input_after_shutdown_is_success(client: Driver) -> None:
    client.request("shutdown")
    client.left = True
    client._stdin.close()
    assert client.exit_code() == 0


def test_exit_before_initialize_is_failure(driver: Driver) -> None:
    driver.notify("exit")
    assert driver.exit_code() == 1


def test_a_request_before_initialize_is_refused_and_the_server_lives(driver: Driver) -> None:
    assert code_of(driver, "textDocument/hover", {}) == -32002
    driver.open(URI, "import time\ntime.sleep(1)\n")
    driver.initialize(RICH)
    driver.settle()
    assert driver.received("textDocument/publishDiagnostics") == []


def test_a_second_initialize_is_refused(client: Driver) -> None:
    assert code_of(client, "initialize", {"capabilities": {}}) == -32600


def test_after_shutdown_requests_are_refused_and_notifications_ignored(client: Driver) -> None:
    client.request("shutdown")
    client.open(URI, "import time\ntime.sleep(1)\n")
    assert code_of(client, "textDocument/hover", {}) == -32600
    assert client.received("textDocument/publishDiagnostics") == []
    client.notify("exit")
    assert client.exit_code() == 0


def test_shutdown_answers_while_requests_are_being_worked_on(client: Driver, tmp_path: Path) -> None:
    client.open(URI, f"import time\ntime.sleep(1)  # slow {tmp_path}/go\n")
    hover = client.ask(
        "textDocument/hover", {"textDocument": {"uri": URI}, "position": {"line": 1, "character": 1}}
    )
    assert client.leave() == 0
    with pytest.raises(ServerError):
        client.answer(hover)


def test_the_server_ends_when_the_process_that_started_it_does(driver: Driver) -> None:
    parent = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    driver.initialize(RICH)
    assert driver.process.poll() is None
    other = Driver()
    try:
        other.initialize(RICH, processId=parent.pid)
        other.settle()
        parent.communicate(b"\n")
        assert other.exit_code() == 1
    finally:
        other.close()
    assert driver.process.poll() is None


def test_a_process_that_cannot_be_seen_from_here_is_not_watched(driver: Driver) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    driver.initialize(RICH, processId=gone.pid)
    driver.settle()
    assert driver.leave() == 0


def test_nothing_but_the_protocol_reaches_standard_output(start: Callable[..., Driver]) -> None:
    noisy = (
        "import sys, argparse, os; sys.path.insert(0, sys.argv[1])\n"
        "import fake\n"
        "class Loud(fake.FakeSession):\n"
        "    def snapshot(self, path):\n"
        "        print('noise'); os.write(1, b'noise'); os.system('echo noise')\n"
        "        return super().snapshot(path)\n"
        "loud = fake.Analysis(lambda settings_for, roots: Loud(settings_for), fake.read_ahead)\n"
        "sys.exit(fake.serve(argparse.Namespace(tcp=None), loud))\n"
    )
    driver = start(sys.executable, "-c", noisy, str(Path(FAKE[1]).parent))
    driver.initialize(RICH)
    driver.open(URI, "import time\ntime.sleep(1)\n")
    assert len(driver.published(URI)["diagnostics"]) == 1
    assert driver.leave() == 0
    driver.close()
    assert driver.errors.count(b"noise") >= 3


def test_the_users_text_never_reaches_the_log(client: Driver) -> None:
    client.open(URI, "secret = 1\nraise Exception\n")
    client.logged(b"analysis failed: ValueError")
    client.notify(
        "textDocument/didChange", {"textDocument": {"uri": URI}, "contentChanges": [{"text": ["secret"]}]}
    )
    client.send({"jsonrpc": "2.0", "id": 90, "method": "textDocument/hover", "params": {"secret": "secret"}})
    with pytest.raises(ServerError) as refused:
        client.answer(90)
    assert client.leave() == 0
    client.close()
    assert b"secret" not in client.errors
    assert "secret" not in json.dumps(refused.value.error)


def test_over_tcp_one_client_is_served_on_the_loopback_interface(start: Callable[..., Driver]) -> None:
    driver = start(*FAKE, "--tcp", "0")
    driver.logged(b"listening on 127.0.0.1:")
    said = re.search(rb"127\.0\.0\.1:(\d+)\n", driver.errors)
    assert said is not None
    address = ("127.0.0.1", int(said[1]))
    with socket.create_connection(address) as first, socket.create_connection(address) as second:
        stream = first.makefile("rwb")
        assert _talk(stream, {"id": 1, "method": "initialize", "params": {"capabilities": {}}})["id"] == 1
        assert second.recv(1) == b""
        assert _talk(stream, {"id": 2, "method": "shutdown"})["result"] is None
        _send(stream, {"method": "exit"})
        assert driver.exit_code() == 0


def _send(stream: object, message: dict[str, object]) -> None:
    body = json.dumps({"jsonrpc": "2.0", **message}).encode()
    stream.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))  # type: ignore[attr-defined]
    stream.flush()  # type: ignore[attr-defined]


def _talk(stream: object, message: dict[str, object]) -> dict[str, object]:
    _send(stream, message)
    length = int(stream.readline()[16:])  # type: ignore[attr-defined]
    stream.readline()  # type: ignore[attr-defined]
    answer: dict[str, object] = json.loads(stream.read(length))  # type: ignore[attr-defined]
    return answer


def test_input_from_a_file_is_served_too(tmp_path: Path) -> None:
    script = tmp_path / "messages"
    with script.open("wb") as stream:
        _send(stream, {"id": 1, "method": "initialize", "params": {"capabilities": {}}})
        _send(stream, {"id": 2, "method": "shutdown"})
        _send(stream, {"method": "exit"})
    answers = tmp_path / "answers"
    with script.open("rb") as stdin, answers.open("wb") as stdout:
        assert subprocess.run(FAKE, stdin=stdin, stdout=stdout, timeout=15, check=False).returncode == 0
    assert answers.read_bytes().count(b"Content-Length: ") == 2


@pytest.mark.parametrize("device", ["/dev/null", "/dev/zero"])
def test_input_from_a_device_ends_the_server(device: str) -> None:
    with Path(device).open("rb") as stdin:
        ended = subprocess.run(FAKE, stdin=stdin, capture_output=True, timeout=15, check=False)
    assert ended.returncode == 1
    assert b"Traceback" not in ended.stderr


def test_what_is_offered_is_what_the_client_can_use(start: Callable[..., Driver]) -> None:
    rich = start().initialize(RICH)["capabilities"]
    assert rich["textDocumentSync"] == {"openClose": True, "change": 2, "save": False}
    assert rich["codeActionProvider"]["resolveProvider"] is True
    assert "diagnosticProvider" not in rich
    assert set(rich["executeCommandProvider"]["commands"]) == {
        "awaitlens.advice",
        "awaitlens.slides",
        "awaitlens.prove",
        "awaitlens.debugInformation",
    }
    refreshed = {"workspace": {"diagnostics": {"refreshSupport": True}}}
    poor = start().initialize(with_pull(refreshed))["capabilities"]
    assert poor["codeActionProvider"].get("resolveProvider") is not True
    assert poor["diagnosticProvider"]["interFileDependencies"] is True
    assert poor["diagnosticProvider"]["workspaceDiagnostics"] is False


def test_who_pulls_but_cannot_be_bidden_to_pull_again_is_pushed_to(driver: Driver) -> None:
    """Neovim 0.10 is such a client."""
    assert "diagnosticProvider" not in driver.initialize(with_pull({}))["capabilities"]


def test_a_client_that_forgets_open_documents_over_folders_pulls_no_folders(driver: Driver) -> None:
    """Neovim 0.12 would never learn of a finding that an edit in another file has brought."""
    refreshed = {"workspace": {"diagnostics": {"refreshSupport": True}}}
    told = driver.initialize(with_pull(refreshed), clientInfo={"name": "Neovim", "version": "0.12.4"})
    assert told["capabilities"]["diagnosticProvider"]["workspaceDiagnostics"] is False


def test_a_client_of_odd_capabilities_is_served(driver: Driver) -> None:
    odd = {"textDocument": {"codeAction": [], "hover": {"contentFormat": "markdown"}}, "general": 7}
    result = driver.initialize(odd, clientInfo="x", trace="loud", initializationOptions=[1], rootPath=3)
    assert result["capabilities"]["positionEncoding"] == "utf-16"
    driver.open(URI, "import time\ntime.sleep(1)\n")
    assert set(driver.published(URI)["diagnostics"][0]) == {"range", "severity", "code", "source", "message"}
