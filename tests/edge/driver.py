"""A client that speaks raw JSON-RPC over a real process's pipes, and can be as rude as a test needs."""

from __future__ import annotations

import contextlib
import json
import queue
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

Json = dict[str, Any]
SECONDS = 15

FAKE = [sys.executable, str(Path(__file__).with_name("fake.py"))]

RICH: Json = {
    "general": {"positionEncodings": ["utf-16"], "staleRequestSupport": {"cancel": True}},
    "textDocument": {
        "publishDiagnostics": {
            "relatedInformation": True,
            "codeDescriptionSupport": True,
            "dataSupport": True,
        },
        "codeAction": {
            "codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["quickfix"]}},
            "dataSupport": True,
            "resolveSupport": {"properties": ["edit"]},
        },
        "hover": {"contentFormat": ["markdown", "plaintext"]},
    },
    "workspace": {
        "workspaceEdit": {"documentChanges": True, "changeAnnotationSupport": {}},
        "inlayHint": {"refreshSupport": True},
        "diagnostics": {"refreshSupport": True},
    },
}
POOR: Json = {}


def with_pull(capabilities: Json) -> Json:
    document = {**capabilities.get("textDocument", {}), "diagnostic": {"dynamicRegistration": False}}
    return {**capabilities, "textDocument": document}


class ServerError(Exception):
    def __init__(self, error: Json) -> None:
        super().__init__(f"{error['code']}: {error['message']}")
        self.code: int = error["code"]
        self.error = error


class Driver:
    """One server process. Requests from the server are answered by `answers[method](params)`, otherwise with null."""

    def __init__(self, command: list[str] | None = None) -> None:
        self.process = subprocess.Popen(
            command or FAKE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        assert self.process.stdin and self.process.stdout and self.process.stderr
        self._stdin: IO[bytes] = self.process.stdin
        self._messages: queue.Queue[Json] = queue.Queue()
        self._kept: list[Json] = []
        self._next = 0
        self._open: set[str] = set()
        self.left = False
        self.answers: dict[str, Callable[[Any], Any]] = {}
        self.errors = bytearray()
        self._logging = threading.Condition()
        self._threads = [
            threading.Thread(target=self._read, args=(self.process.stdout,), daemon=True),
            threading.Thread(target=self._drain, args=(self.process.stderr,), daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    # --- life ---------------------------------------------------------------------------------------------------

    def initialize(self, capabilities: Json | None = None, **params: Any) -> Json:
        result: Json = self.request(
            "initialize",
            {
                "processId": None,
                "rootUri": None,
                "capabilities": RICH if capabilities is None else capabilities,
                **params,
            },
        )
        self.notify("initialized", {})
        return result

    def leave(self) -> int:
        """Say goodbye properly; the exit code."""
        self.request("shutdown")
        self.notify("exit")
        return self.exit_code()

    def exit_code(self) -> int:
        return self.process.wait(SECONDS)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for thread in self._threads:
            thread.join(SECONDS)
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            assert stream is not None
            with contextlib.suppress(BrokenPipeError):
                stream.close()

    # --- talk ---------------------------------------------------------------------------------------------------

    def send_bytes(self, data: bytes) -> None:
        self._stdin.write(data)
        self._stdin.flush()

    def send_body(self, body: bytes) -> None:
        self.send_bytes(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))

    def send(self, message: Any) -> None:
        self.send_body(json.dumps(message).encode())

    def notify(self, method: str, params: Any = None) -> None:
        self.left |= method == "exit"
        self.send({"jsonrpc": "2.0", "method": method, "params": params})

    def ask(self, method: str, params: Any = None) -> int:
        """Send a request and do not wait; its id."""
        self._next += 1
        self.left |= method == "shutdown"
        self.send({"jsonrpc": "2.0", "id": self._next, "method": method, "params": params})
        return self._next

    def request(self, method: str, params: Any = None) -> Any:
        return self.answer(self.ask(method, params))

    def answer(self, identifier: int | str | None) -> Any:
        """The result of a request. Raises ServerError when it was refused."""
        message = self.wait(lambda m: "method" not in m and m.get("id") == identifier)
        if "error" in message:
            raise ServerError(message["error"])
        return message["result"]

    def wait(self, wanted: Callable[[Json], bool]) -> Json:
        """The first message, of those kept or to come, that is wanted. Others are kept."""
        for index, message in enumerate(self._kept):
            if wanted(message):
                return self._kept.pop(index)
        while True:
            message = self._messages.get(timeout=SECONDS)
            if wanted(message):
                return message
            self._kept.append(message)

    def received(self, method: str) -> list[Json]:
        """The parameters of all notifications of a method that have arrived and were not waited for."""
        while not self._messages.empty():
            self._kept.append(self._messages.get())
        return [message["params"] for message in self._kept if message.get("method") == method]

    # --- documents ------------------------------------------------------------------------------------------------

    def open(self, uri: str, text: str, version: int = 1) -> None:
        self._open.add(uri)
        item = {"uri": uri, "languageId": "python", "version": version, "text": text}
        self.notify("textDocument/didOpen", {"textDocument": item})

    def change(self, uri: str, version: int, *changes: Json) -> None:
        document = {"uri": uri, "version": version}
        self.notify("textDocument/didChange", {"textDocument": document, "contentChanges": list(changes)})

    def published(self, uri: str, version: int | None = None) -> Json:
        """The next diagnostics pushed for a document (at a version, when one is given)."""
        params: Json = self.wait(
            lambda m: (
                m.get("method") == "textDocument/publishDiagnostics"
                and m["params"]["uri"] == uri
                and (version is None or m["params"].get("version") == version)
            )
        )["params"]
        return params

    def reset(self) -> None:
        """As if freshly connected: nothing is open, nothing is left to be read."""
        for uri in self._open:
            self.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
        self._open.clear()
        self.answers.clear()
        self.settle()
        self.received("")
        self._kept.clear()

    def logged(self, words: bytes) -> None:
        """Wait until the server has said this on standard error."""
        with self._logging:
            assert self._logging.wait_for(lambda: words in self.errors, SECONDS), bytes(self.errors)

    def settle(self) -> None:
        """Wait until the server has handled everything sent so far."""
        self.request("workspace/executeCommand", {"command": "awaitlens.debugInformation"})

    def state(self) -> Json:
        result: Json = self.request("workspace/executeCommand", {"command": "awaitlens.debugInformation"})
        return result

    # --- reading --------------------------------------------------------------------------------------------------

    def _read(self, stream: IO[bytes]) -> None:
        while header := stream.readline():
            assert header.startswith(b"Content-Length: "), f"not the protocol: {header!r}"
            length = int(header[16:])
            assert stream.readline() == b"\r\n"
            self._dispatch(json.loads(stream.read(length)))

    def _dispatch(self, message: Json) -> None:
        if "id" in message and "method" in message:
            answer = self.answers.get(message["method"], lambda _: None)(message.get("params"))
            if answer is not SILENCE:
                self.send({"jsonrpc": "2.0", "id": message["id"], "result": answer})
        self._messages.put(message)

    def _drain(self, stream: IO[bytes]) -> None:
        for line in stream:
            with self._logging:
                self.errors += line
                self._logging.notify_all()


SILENCE = object()
"""What an answer is when the client does not answer at all."""


def at(line: int, start: int, end: int | None = None) -> Json:
    return {
        "start": {"line": line, "character": start},
        "end": {"line": line, "character": start if end is None else end},
    }


def insert(line: int, character: int, text: str) -> Json:
    return {"range": at(line, character), "text": text}
