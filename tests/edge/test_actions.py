"""What is offered for a finding, and that an edit never meets another text than the one it was made for."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse

import pytest
from tests.edge.driver import POOR, RICH, Driver, Json, ServerError, at, insert, with_pull

URI = "file:///shop/views.py"
TWICE = "import time\ntime.sleep(1)\ntime.sleep(2)\n"


def actions(client: Driver, only: list[str] | None = None, diagnostics: Any = ()) -> list[Json]:
    context: Json = {"diagnostics": list(diagnostics)}
    if only is not None:
        context["only"] = only
    ask = {"textDocument": {"uri": URI}, "range": at(1, 3), "context": context}
    result: list[Json] = client.request("textDocument/codeAction", ask)
    return result


def named(found: list[Json], title: str) -> Json:
    return next(action for action in found if action["title"] == title)


def applied(text: str, edits: list[Json]) -> str:
    lines = text.split("\n")
    for edit in sorted(edits, key=lambda e: list(e["range"]["start"].values()), reverse=True):
        start, end = edit["range"]["start"], edit["range"]["end"]
        assert start["line"] == end["line"]
        line = lines[start["line"]]
        lines[start["line"]] = line[: start["character"]] + edit["newText"] + line[end["character"] :]
    return "\n".join(lines)


def test_repairs_come_first_and_silence_last(client: Driver) -> None:
    client.open(URI, TWICE)
    found = actions(client, diagnostics=client.published(URI)["diagnostics"])
    assert [(a["title"], a["kind"], a.get("isPreferred")) for a in found] == [
        ("Await asyncio.sleep", "quickfix", True),
        ("Sleep in a thread", "quickfix", None),
        ("Think about it", "quickfix", None),
        ("Fix all blocking-sleep in this file", "quickfix", None),
        ("Fix all that is safe to fix (AwaitLens)", "source.fixAll.awaitlens", None),
        ("Show slides about blocking-sleep", "quickfix", None),
        ("Ignore blocking-sleep on this line", "quickfix", None),
        ("Ignore blocking-sleep in this file", "quickfix", None),
    ]
    assert all("edit" not in action for action in found)
    assert found[0]["diagnostics"][0]["range"] == at(1, 0, 13)
    assert len(found[0]["diagnostics"]) == 1


def test_resolving_gives_versioned_edits(client: Driver) -> None:
    client.open(URI, TWICE, 5)
    found = actions(client)
    wanted = {
        "Await asyncio.sleep": "import time\nawait asyncio.sleep(1)\ntime.sleep(2)\n",
        "Fix all blocking-sleep in this file": "import time\nawait asyncio.sleep(1)\nawait asyncio.sleep(2)\n",
        "Fix all that is safe to fix (AwaitLens)": "import time\nawait asyncio.sleep(1)\nawait asyncio.sleep(2)\n",
        "Ignore blocking-sleep on this line": TWICE.replace(
            "(1)", "(1)  # awaitlens: ignore[blocking-sleep]"
        ),
        "Ignore blocking-sleep in this file": f"# awaitlens: ignore-file[blocking-sleep]\n{TWICE}",
    }
    for title, text in wanted.items():
        [change] = client.request("codeAction/resolve", named(found, title))["edit"]["documentChanges"]
        assert change["textDocument"] == {"uri": URI, "version": 5}
        assert applied(TWICE, change["edits"]) == text


def test_a_review_fix_says_so(client: Driver) -> None:
    client.open(URI, TWICE)
    edit = client.request("codeAction/resolve", named(actions(client), "Sleep in a thread"))["edit"]
    assert edit["documentChanges"][0]["edits"][0]["annotationId"] == "review"
    assert edit["changeAnnotations"]["review"]["label"] == "Sleep in a thread"


def test_an_action_of_an_older_text_is_not_resolved(client: Driver) -> None:
    client.open(URI, TWICE)
    found = actions(client)
    client.change(URI, 2, insert(0, 0, "\n"))
    for action in found:
        if "data" in action:
            with pytest.raises(ServerError) as refused:
                client.request("codeAction/resolve", action)
            assert refused.value.code == -32801
    client.notify("textDocument/didClose", {"textDocument": {"uri": URI}})
    with pytest.raises(ServerError):
        client.request("codeAction/resolve", found[0])


@pytest.mark.parametrize(
    "data", [None, 5, {}, {"uri": URI}, {"uri": URI, "edited": 1}, {"uri": URI, "edited": 1, "key": 1}]
)
def test_forged_actions_are_refused(client: Driver, data: Any) -> None:
    client.open(URI, TWICE)
    with pytest.raises(ServerError):
        client.request("codeAction/resolve", {"title": "x", "data": data})


def test_a_client_that_cannot_resolve_gets_the_edits_at_once(connect: Callable[[Json], Driver]) -> None:
    client = connect(POOR)
    client.open(URI, TWICE)
    found = actions(client)
    assert all("data" not in action for action in found)
    changes = named(found, "Await asyncio.sleep")["edit"]["changes"]
    assert applied(TWICE, changes[URI]) == "import time\nawait asyncio.sleep(1)\ntime.sleep(2)\n"
    assert "changeAnnotations" not in named(found, "Sleep in a thread")["edit"]


@pytest.mark.parametrize(
    ("only", "kinds"),
    [
        (["source"], {"source.fixAll.awaitlens"}),
        (["source.fixAll"], {"source.fixAll.awaitlens"}),
        (["source.fixAll.awaitlens"], {"source.fixAll.awaitlens"}),
        (["source.fixAll.other"], set()),
        (["source.fixAllOther"], set()),
        (["source.organizeImports", "refactor"], set()),
        (["quickfix"], {"quickfix"}),
        (["quickfix", "source"], {"quickfix", "source.fixAll.awaitlens"}),
        ([""], {"quickfix", "source.fixAll.awaitlens"}),
    ],
)
def test_kinds_are_asked_for_by_prefix(client: Driver, only: list[str], kinds: set[str]) -> None:
    client.open(URI, TWICE)
    assert {action["kind"] for action in actions(client, only)} == kinds


def test_fix_all_fixes_nothing_that_changes_the_meaning(client: Driver) -> None:
    client.open(URI, TWICE)
    [action] = actions(client, ["source.fixAll"])
    edit = client.request("codeAction/resolve", action)["edit"]
    assert "changeAnnotations" not in edit
    assert {e["newText"] for e in edit["documentChanges"][0]["edits"]} == {"await asyncio.sleep"}


def test_advice_is_shown_as_text(client: Driver) -> None:
    client.open(URI, TWICE)
    action = named(actions(client), "Think about it")
    assert "edit" not in action
    command = action["command"]
    text = client.request(
        "workspace/executeCommand", {"command": command["command"], "arguments": command["arguments"]}
    )
    assert text == "Think about it\n\nWho waits for whom?"
    shown = client.wait(lambda m: m.get("method") == "window/showMessage")
    assert shown["params"]["message"] == text


def execute(client: Driver, command: str, *arguments: Any) -> Any:
    return client.request("workspace/executeCommand", {"command": command, "arguments": list(arguments)})


def test_a_client_with_a_page_of_its_own_gets_the_slides(client: Driver) -> None:
    client.open(URI, TWICE)
    place = {"uri": URI, "position": {"line": 1, "character": 3}}
    deck = execute(client, "awaitlens.slides", {**place, "nonce": "c2xpZGVz"})
    assert set(deck) == {"title", "html", "markdown"}
    assert "c2xpZGVz" in deck["html"]
    assert "time.sleep(1)" in deck["markdown"]
    elsewhere = {**place, "position": {"line": 0, "character": 0}, "nonce": "c2xpZGVz"}
    assert execute(client, "awaitlens.slides", elsewhere) is None
    for wrong in ({}, {"uri": URI}, {**place, "nonce": "<script>"}, {**place, "position": None}, 5):
        with pytest.raises(ServerError) as refused:
            execute(client, "awaitlens.slides", wrong)
        assert refused.value.code == -32602


def test_any_other_client_is_asked_to_open_them(driver: Driver) -> None:
    opened: list[Json] = []
    driver.answers["window/showDocument"] = lambda params: opened.append(params) or {"success": True}
    driver.initialize({**RICH, "window": {"showDocument": {"support": True}}})
    driver.open(URI, TWICE)
    action = named(actions(driver), "Show slides about blocking-sleep")
    assert execute(driver, action["command"]["command"], *action["command"]["arguments"])
    driver.wait(lambda m: m.get("method") == "window/showDocument")
    assert opened[0]["uri"].endswith("slides.html")
    page = Path(unquote(urlparse(opened[0]["uri"]).path))
    assert "time.sleep" in page.read_text(encoding="utf-8")
    page.unlink()
    page.parent.rmdir()


def test_a_clean_place_has_no_actions(connect: Callable[[Json], Driver]) -> None:
    client = connect(with_pull(RICH))
    client.open(URI, "import time\n\n\ntime.sleep(1)\n")
    assert actions(client) == []
    assert [a["kind"] for a in actions(client, ["source.fixAll"])] == ["source.fixAll.awaitlens"]
    client.change(URI, 2, {"text": "x = 1\n"})
    assert actions(client, ["source.fixAll"]) == []
