"""Notebooks as the client tells of them: which cells there are, in which order, and what becomes of their texts."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from lsprotocol import types

from awaitlens.edge import handlers, workspace
from awaitlens.edge.client import Json
from awaitlens.edge.convert import path_of

if TYPE_CHECKING:
    from awaitlens.edge.server import Server

OFFER = types.NotebookDocumentSyncOptions(
    notebook_selector=[
        types.NotebookDocumentFilterWithCells(cells=[types.NotebookCellLanguage(language="python")])
    ]
)


def register(ls: Server) -> None:
    ls.protocol.notified |= {
        types.NOTEBOOK_DOCUMENT_DID_OPEN: partial(did_open, ls),
        types.NOTEBOOK_DOCUMENT_DID_CHANGE: partial(did_change, ls),
        types.NOTEBOOK_DOCUMENT_DID_CLOSE: partial(did_close, ls),
    }


def did_open(ls: Server, params: Json) -> None:
    notebook = params["notebookDocument"]
    _arrange(ls, notebook["uri"], [cell["document"] for cell in notebook["cells"]])
    _open(ls, params["cellTextDocuments"])


def did_change(ls: Server, params: Json) -> None:
    cells = params["change"].get("cells") or {}
    structure = cells.get("structure")
    if structure:
        _restructure(ls, params["notebookDocument"]["uri"], structure)
    for content in cells.get("textContent") or ():
        changed = {"textDocument": content["document"], "contentChanges": content["changes"]}
        handlers.did_change(ls, changed)


def did_close(ls: Server, params: Json) -> None:
    _close(ls, params["cellTextDocuments"])
    _arrange(ls, params["notebookDocument"]["uri"], [])


def _restructure(ls: Server, uri: str, structure: Json) -> None:
    """Cells come, go and change places; a move is a deletion and an insertion without opening or closing."""
    change = structure["array"]
    start, deleted = change["start"], change["deleteCount"]
    cells = list(ls.notebooks.get(path_of(uri), ()))
    cells[start : start + deleted] = [cell["document"] for cell in change.get("cells") or ()]
    _close(ls, structure.get("didClose") or ())
    _arrange(ls, uri, cells)
    _open(ls, structure.get("didOpen") or ())


def _arrange(ls: Server, uri: str, cells: list[str]) -> None:
    path = path_of(uri)
    ls.notebooks[path] = cells
    if not cells:
        del ls.notebooks[path]
    workspace.let_in(ls, partial(ls.session.arrange, path, list(map(path_of, cells))))


def _open(ls: Server, documents: Any) -> None:
    for document in documents:
        handlers.did_open(ls, {"textDocument": document})


def _close(ls: Server, documents: Any) -> None:
    for document in documents:
        handlers.did_close(ls, {"textDocument": document})
