"""How long from a keystroke to its diagnostics, over standard input and output, beside `ruff server`.

    python bench/keystroke.py FILE...        one Python file per row, such as distributed's nanny, worker, scheduler

In each file a blocking call is put into the async function of median length, and then a digit is typed into it, again
and again. Both servers get the same edits in turn, so that whatever else the machine does hits both. Times are in
milliseconds, from writing the change to having read diagnostics of its version.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import select
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

Json = dict[str, Any]

OURS = [sys.executable, "-m", "awaitlens", "server"]
RUFF = [str(Path(sys.executable).with_name("ruff")), "server"]
RUFF_OPTIONS = {"settings": {"lint": {"select": ["ASYNC", "RUF006"]}}}


class Peer:
    """A server as seen by a client that does one thing at a time."""

    def __init__(
        self, command: list[str], options: Json, root: str | None = None, pulls: bool = False
    ) -> None:
        """`pulls`: it asks for diagnostics, and is told of them only then."""
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        assert self._process.stdin and self._process.stdout
        self._input, self._output = self._process.stdin.fileno(), self._process.stdout.fileno()
        self._buffer = bytearray()
        self.patience: float | None = None
        capabilities: dict[str, Json] = {
            "textDocument": {"publishDiagnostics": {"versionSupport": True, "relatedInformation": True}},
            "window": {"workDoneProgress": root is not None},
        }
        if pulls:
            capabilities["textDocument"]["diagnostic"] = {"dynamicRegistration": False}
        params = {"processId": None, "rootUri": root, "capabilities": capabilities}
        self.send("initialize", {**params, "initializationOptions": options}, identifier=1)
        self._wait(lambda message: message.get("id") == 1)
        self.send("initialized", {})

    def send(self, method: str, params: Any, **identifier: Any) -> None:
        message = {"jsonrpc": "2.0", "method": method, "params": params}
        if identifier:
            message["id"] = identifier["identifier"]
        body = json.dumps(message).encode()
        data = b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
        while data:
            data = data[os.write(self._input, data) :]

    def diagnostics(self, uri: str, version: int) -> list[Json]:
        """Wait for the diagnostics of a document's version."""

        def wanted(message: Json) -> bool:
            params = message.get("params") or {}
            return (
                message.get("method") == "textDocument/publishDiagnostics"
                and params["uri"] == uri
                and params.get("version") == version
            )

        found: list[Json] = self._wait(wanted)["params"]["diagnostics"]
        return found

    def pulled(self, uri: str, number: int) -> None:
        """Ask for the diagnostics of a document, and wait for them; `number` is the request's own."""
        self.send("textDocument/diagnostic", {"textDocument": {"uri": uri}}, identifier=number)
        self._wait(lambda message: message.get("id") == number and "method" not in message)

    def stop(self) -> None:
        self.send("shutdown", None, identifier=2)
        self._wait(lambda message: message.get("id") == 2)
        self.send("exit", None)
        self._process.wait(10)

    def _wait(self, wanted: Any) -> Json:
        while not wanted(message := self.read_answering()):
            pass
        return message

    def read_answering(self) -> Json:
        """The next message; if it is a request, it has its answer."""
        message = self._read()
        if "id" in message and "method" in message:
            self.send_result(message["id"])
        return message

    def memory(self) -> float:
        """Megabytes that the server and the processes it has started hold."""
        waiting, total = [self._process.pid], 0
        while waiting:
            task = Path(f"/proc/{waiting.pop()}")
            total += int(task.joinpath("statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
            for children in task.glob("task/*/children"):
                waiting.extend(map(int, children.read_text().split()))
        return total / 1e6

    def send_result(self, identifier: Any) -> None:
        body = json.dumps({"jsonrpc": "2.0", "id": identifier, "result": None}).encode()
        os.write(self._input, b"Content-Length: %d\r\n\r\n%b" % (len(body), body))

    def _read(self) -> Json:
        while (end := self._buffer.find(b"\r\n\r\n")) < 0:
            self._fill()
        length = int(bytes(self._buffer[:end]).split(b"Content-Length: ")[1].split(b"\r\n")[0])
        while len(self._buffer) < end + 4 + length:
            self._fill()
        body = bytes(self._buffer[end + 4 : end + 4 + length])
        del self._buffer[: end + 4 + length]
        message: Json = json.loads(body)
        return message

    def _fill(self) -> None:
        if not select.select([self._output], [], [], self.patience)[0]:
            raise TimeoutError
        data = os.read(self._output, 1 << 16)
        if not data:
            raise SystemExit("a server has ended")
        self._buffer += data


class Place(NamedTuple):
    """Where to type: the text with the blocking call in it, and the position inside its parentheses."""

    text: str
    line: int
    column: int


def place_in(text: str) -> Place:
    """Put a blocking call first into the async function of median length."""
    functions = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.AsyncFunctionDef)]
    functions.sort(key=lambda node: (node.end_lineno or 0) - node.lineno)
    if not functions:
        raise SystemExit("a file without async functions cannot be measured")
    body = functions[len(functions) // 2].body
    first = body[1] if len(body) > 1 and _is_docstring(body[0]) else body[0]
    lines = text.split("\n")
    indent = " " * first.col_offset
    call = f"{indent}import time; time.sleep(1)"
    lines.insert(first.lineno - 1, call)
    return Place("\n".join(lines), first.lineno - 1, len(call) - 1)


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def measure(peers: dict[str, Peer], place: Place, edits: int) -> dict[str, list[float]]:
    """Milliseconds per edit and server."""
    uri = f"file:///bench/{len(place.text)}.py"
    item = {"uri": uri, "languageId": "python", "version": 1, "text": place.text}
    times: dict[str, list[float]] = {name: [] for name in peers}
    for peer in peers.values():
        peer.send("textDocument/didOpen", {"textDocument": item})
        peer.diagnostics(uri, 1)
    for version in range(2, edits + 7):
        position = {"line": place.line, "character": place.column}
        change = {"range": {"start": position, "end": position}, "text": str(version % 10)}
        params = {"textDocument": {"uri": uri, "version": version}, "contentChanges": [change]}
        for name, peer in peers.items():
            begin = time.perf_counter()
            peer.send("textDocument/didChange", params)
            found = peer.diagnostics(uri, version)
            times[name].append((time.perf_counter() - begin) * 1000)
            assert any(d["range"]["start"]["line"] == place.line for d in found), name
            time.sleep(0.02)
    for peer in peers.values():
        peer.send("textDocument/didClose", {"textDocument": {"uri": uri}})
    return {name: measured[5:] for name, measured in times.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description="Keystroke to diagnostics, beside ruff server.")
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--edits", type=int, default=50)
    options = parser.parse_args()
    peers = {"awaitlens": Peer(OURS, {}), "ruff": Peer(RUFF, RUFF_OPTIONS)}
    report(peers, options.files, lambda text: measure(peers, place_in(text), options.edits))


def report(
    peers: dict[str, Peer], files: list[Path], measured: Callable[[str], dict[str, list[float]]]
) -> None:
    """A row for each file; `measured` gives milliseconds by server for a text."""
    print(f"{'lines':>6}  {'awaitlens p50/p95':>18}  {'ruff p50/p95':>14}  ratio p50")
    for file in files:
        text = file.read_text(encoding="utf-8")
        times = measured(text)
        ours, ruff = (_p50_p95(times[name]) for name in peers)
        columns = f"{ours[0]:>12.2f} /{ours[1]:>4.1f}  {ruff[0]:>8.2f} /{ruff[1]:>4.1f}"
        print(f"{text.count(chr(10)):>6}  {columns}  {ours[0] / ruff[0]:.2f}", flush=True)
    for peer in peers.values():
        peer.stop()


def _p50_p95(times: list[float]) -> tuple[float, float]:
    return statistics.median(times), statistics.quantiles(times, n=20)[-1]


if __name__ == "__main__":
    main()
