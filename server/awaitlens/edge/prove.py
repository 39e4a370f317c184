"""The command that answers with a script: the proof of a race, for the user to read and to run."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lsprotocol import types

from awaitlens.edge.analysis import Snapshot
from awaitlens.edge.asking import answer
from awaitlens.edge.convert import span_of_range, uri_of
from awaitlens.edge.protocol import INVALID_PARAMS, Refused
from awaitlens.present.proof import script

if TYPE_CHECKING:
    from awaitlens.edge.server import Server


async def prove(ls: Server, arguments: Sequence[Any]) -> dict[str, str] | None:
    """The script about the race at `{uri, position}`: its `title` and its text. Null where there is none.

    A client that opens a buffer itself says so by a `format`. For any other the script is written to a file and shown.
    """
    wish, position = _wish(arguments)
    made: dict[str, str] | None = await answer(ls, wish["uri"], partial(_made, ls, position))
    if made is not None and "format" not in wish and ls.client.opens_documents:
        path = await ls.turns.work(partial(_written, made["script"]))
        ls.window_show_document(types.ShowDocumentParams(uri_of(path), take_focus=True))
    return made


def _wish(arguments: Sequence[Any]) -> tuple[dict[str, Any], types.Position]:
    try:
        wish = dict(arguments[0])
        position = types.Position(int(wish["position"]["line"]), int(wish["position"]["character"]))
        return {**wish, "uri": str(wish["uri"])}, position
    except (IndexError, KeyError, TypeError, ValueError):
        raise Refused(INVALID_PARAMS, "A proof needs a uri and a position.") from None


def _made(ls: Server, position: types.Position, snapshot: Snapshot) -> dict[str, str] | None:
    point = span_of_range(types.Range(position, position), snapshot.source, ls.client.encoding)
    for finding in snapshot.at(point):
        text = script(finding, snapshot.path, str(Path(snapshot.path).parent))
        if text is not None:
            return {"title": f"Proof of {finding.pitfall}", "script": text}
    return None


def _written(text: str) -> str:
    """The path of a file that holds the script; it stays for the user to read and run."""
    path = Path(tempfile.mkdtemp(prefix="awaitlens-")) / "proof.py"
    path.write_text(text, encoding="utf-8")
    return str(path)
