"""How long each key takes while lines are typed into a function, over standard input and output, beside `ruff server`.

    python bench/typist.py FILE...           one Python file per row, such as distributed's nanny, worker, scheduler

Behind a statement of the async function of median length four lines are typed, key by key, so that the code is half typed
most of the time. After each key the diagnostics are pulled; both servers get the same keys in turn. Times are in
milliseconds, from writing the change to having read the answer.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from keystroke import OURS, RUFF, RUFF_OPTIONS, Peer, place_in, report

TYPED = """
result = self.load(name, key=1)
await asyncio.sleep(result)
for item in result:
    self.items[item] = await fetch(item)
"""


def measure(peers: dict[str, Peer], text: str) -> dict[str, list[float]]:
    """Milliseconds per key and server."""
    place = place_in(text)
    uri, lines = f"file:///bench/{len(text)}.py", place.text.split("\n")
    item = {"uri": uri, "languageId": "python", "version": 1, "text": place.text}
    for peer in peers.values():
        peer.send("textDocument/didOpen", {"textDocument": item})
        peer.pulled(uri, 100)
    line, column = place.line, len(lines[place.line])
    indent = " " * (column - len(lines[place.line].lstrip()))
    times: dict[str, list[float]] = {name: [] for name in peers}
    for version, key in enumerate(TYPED, 2):
        at = {"line": line, "character": column}
        change = {"range": {"start": at, "end": at}, "text": key + (indent if key == "\n" else "")}
        params = {"textDocument": {"uri": uri, "version": version}, "contentChanges": [change]}
        for name, peer in peers.items():
            begin = time.perf_counter()
            peer.send("textDocument/didChange", params)
            peer.pulled(uri, 100 + version)
            times[name].append((time.perf_counter() - begin) * 1000)
            time.sleep(0.02)
        line, column = (line + 1, len(indent)) if key == "\n" else (line, column + 1)
    for peer in peers.values():
        peer.send("textDocument/didClose", {"textDocument": {"uri": uri}})
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description="Typing to diagnostics, beside ruff server.")
    parser.add_argument("files", nargs="+", type=Path)
    options = parser.parse_args()
    peers = {"awaitlens": Peer(OURS, {}, pulls=True), "ruff": Peer(RUFF, RUFF_OPTIONS, pulls=True)}
    report(peers, options.files, lambda text: measure(peers, text))


if __name__ == "__main__":
    main()
