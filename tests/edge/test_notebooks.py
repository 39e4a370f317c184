"""The cells of one notebook are one module; each shows what is its own. And documents that lie in no file at all."""

import sys
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.edge.driver import RICH, Driver, Json, at, insert

from awaitlens.edge.cells import masked

NOTEBOOK = "file:///shop/sales.ipynb"
FIRST = "%matplotlib inline\nimport time\nimport asyncio\n\nasync def load():\n    await asyncio.sleep(1)\n"
SECOND = "!ls -l\nawait load()\nasync def sell():\n    time.sleep(1)"
THIRD = "load()"


def cell(number: int) -> str:
    return f"vscode-notebook-cell:/shop/sales.ipynb#W{number}"


@pytest.fixture(scope="module")
def server() -> Iterator[Driver]:
    driver = Driver([sys.executable, "-m", "awaitlens", "server"])
    capabilities = {**RICH, "notebookDocument": {"synchronization": {}}}
    offered = driver.initialize(capabilities)["capabilities"]
    assert offered["notebookDocumentSync"]["notebookSelector"] == [{"cells": [{"language": "python"}]}]
    yield driver
    assert driver.leave() == 0
    driver.close()
    assert b"awaitlens.edge" not in driver.errors


@pytest.fixture
def notebook(server: Driver) -> Iterator[Driver]:
    server.reset()
    texts = [FIRST, SECOND, THIRD]
    opened = {
        "notebookDocument": {
            "uri": NOTEBOOK, "notebookType": "jupyter-notebook", "version": 1,
            "cells": [{"kind": 2, "document": cell(n)} for n in range(3)],
        },
        "cellTextDocuments": [document(n, text) for n, text in enumerate(texts)],
    }  # fmt: skip
    server.notify("notebookDocument/didOpen", opened)
    yield server
    closed = {
        "notebookDocument": {"uri": NOTEBOOK},
        "cellTextDocuments": [{"uri": cell(n)} for n in range(4)],
    }
    server.notify("notebookDocument/didClose", closed)
    server.settle()


def document(number: int, text: str) -> Json:
    return {"uri": cell(number), "languageId": "python", "version": 1, "text": text}


def shown(driver: Driver, number: int, *codes: str) -> list[Json]:
    """The diagnostics of a cell, as soon as they have these codes."""
    while True:
        found = driver.published(cell(number))["diagnostics"]
        if [d["code"] for d in found] == list(codes):
            return list(found)


def change(driver: Driver, cells: Json) -> None:
    params = {"notebookDocument": {"uri": NOTEBOOK, "version": 2}, "change": {"cells": cells}}
    driver.notify("notebookDocument/didChange", params)


def test_cells_see_each_others_names_and_show_their_own_findings(notebook: Driver) -> None:
    [sleep] = shown(notebook, 1, "blocking-sleep")
    assert sleep["range"] == at(3, 4, 17)
    [forgotten] = shown(notebook, 2, "unawaited-call")
    assert forgotten["range"]["start"] == {"line": 0, "character": 0}


def test_a_repair_is_made_in_the_cell(notebook: Driver) -> None:
    [sleep] = shown(notebook, 1, "blocking-sleep")
    ask = {"textDocument": {"uri": cell(1)}, "range": sleep["range"], "context": {"diagnostics": [sleep]}}
    action = notebook.request("textDocument/codeAction", ask)[0]
    [edit] = notebook.request("codeAction/resolve", action)["edit"]["documentChanges"]
    assert edit["textDocument"]["uri"] == cell(1)
    assert {e["range"]["start"]["line"] for e in edit["edits"]} == {3}


def test_a_hover_answers_in_the_cells_own_lines(notebook: Driver) -> None:
    where = {"textDocument": {"uri": cell(1)}, "position": {"line": 1, "character": 7}}
    told = notebook.request("textDocument/hover", where)
    assert told["range"] == at(1, 6, 10) and "async" in told["contents"]["value"]


def test_an_edit_in_one_cell_is_seen_in_another(notebook: Driver) -> None:
    shown(notebook, 2, "unawaited-call")
    edit = {"range": {"start": {"line": 4, "character": 0}, "end": {"line": 4, "character": 6}}, "text": ""}
    change(notebook, {"textContent": [{"document": {"uri": cell(0), "version": 2}, "changes": [edit]}]})
    shown(notebook, 2)


def test_cells_come_go_and_move(notebook: Driver) -> None:
    shown(notebook, 2, "unawaited-call")
    array: dict[str, Any] = {"start": 0, "deleteCount": 0, "cells": [{"kind": 2, "document": cell(3)}]}
    change(notebook, {"structure": {"array": array, "didOpen": [document(3, "load()\n\nload()")]}})
    assert [d["range"]["start"]["line"] for d in shown(notebook, 3, "unawaited-call", "unawaited-call")] == [
        0,
        2,
    ]
    change(notebook, {"structure": {"array": {"start": 1, "deleteCount": 1}, "didClose": [{"uri": cell(0)}]}})
    shown(notebook, 2)
    change(notebook, {"structure": {"array": {"start": 1, "deleteCount": 2, "cells": [
        {"kind": 2, "document": cell(2)}, {"kind": 2, "document": cell(1)}]}}})  # fmt: skip
    text = [{"document": {"uri": cell(1), "version": 2}, "changes": [insert(0, 0, "import time\n")]}]
    change(notebook, {"textContent": text})
    [sleep] = notebook.published(cell(1), 2)["diagnostics"]
    assert sleep["range"] == at(4, 4, 17)


def test_a_document_that_was_never_saved_is_a_document(server: Driver) -> None:
    server.open("untitled:Untitled-1", "import time\n\n\nasync def f():\n    time.sleep(1)\n")
    found = server.published("untitled:Untitled-1")["diagnostics"]
    assert [d["code"] for d in found] == ["blocking-sleep"]
    where = {"textDocument": {"uri": "untitled:Untitled-1"}, "position": {"line": 4, "character": 6}}
    assert "Never block" in server.request("textDocument/hover", where)["contents"]["value"]


@pytest.mark.parametrize(
    ("text", "python"),
    [
        ("%timeit f()\nx = 1", "0#imeit f()\nx = 1"),
        ("%%bash\nls\n\necho 1", "#%bash\n#s\n\n#cho 1"),
        ("%%time\nf()", "0#time\nf()"),
        ("if x:\n    !ls\n", "if x:\n    0#s\n"),
        ("files = !ls\nfile?\n", "files = 0#s\n0#le?\n"),
        ("x = y % z\nif x != 1: pass", "x = y % z\nif x != 1: pass"),
        ("?print", "0#rint"),
    ],
)
def test_what_ipython_reads_in_its_own_way_is_masked(text: str, python: str) -> None:
    assert masked(text) == python


@given(st.text("%!?=ab \t\n\r\"'é🐍("))
def test_masking_moves_nothing(text: str) -> None:
    assert list(map(len, masked(text).splitlines(True))) == list(map(len, text.splitlines(True)))
