"""The findings of files that are not open: pulled, pushed on demand, and true as long as they are shown."""

from pathlib import Path
from typing import Any

import pytest
from tests.edge.driver import RICH, Driver, Json, at, insert, with_pull

SLEEPS = "import time\ntime.sleep(1)\n"
PUBLISH = "textDocument/publishDiagnostics"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "jobs.py").write_text(SLEEPS)
    (tmp_path / "clean.py").write_text("x = 1\n")
    return tmp_path


def begin(driver: Driver, folder: Path, capabilities: Json) -> Driver:
    folders = [{"uri": folder.as_uri(), "name": "shop"}]
    driver.initialize(
        capabilities, workspaceFolders=folders, initializationOptions={"diagnosticMode": "workspace"}
    )
    return driver


def pull(driver: Driver, previous: Json | None = None) -> int:
    known = [{"uri": uri, "value": value} for uri, value in (previous or {}).items()]
    return driver.ask("workspace/diagnostic", {"identifier": "awaitlens", "previousResultIds": known})


def results(items: list[Json]) -> Json:
    return {item["uri"]: item["resultId"] for item in items}


def check(driver: Driver) -> Any:
    return driver.request("workspace/executeCommand", {"command": "awaitlens.checkWorkspace"})


def written(driver: Driver, path: Path, kind: int = 2) -> None:
    driver.notify("workspace/didChangeWatchedFiles", {"changes": [{"uri": path.as_uri(), "type": kind}]})


def test_a_pull_tells_of_files_that_are_not_open(driver: Driver, folder: Path) -> None:
    begin(driver, folder, with_pull(RICH))
    [item] = driver.answer(pull(driver))["items"]
    assert (item["uri"], item["kind"], item["version"]) == ((folder / "jobs.py").as_uri(), "full", None)
    [found] = item["items"]
    assert (found["code"], found["range"]) == ("blocking-sleep", at(1, 0, 13))


def test_a_pull_with_nothing_new_is_held_until_there_is(driver: Driver, folder: Path) -> None:
    begin(driver, folder, with_pull(RICH))
    known = results(driver.answer(pull(driver))["items"])
    held = pull(driver, known)
    (folder / "clean.py").write_text(SLEEPS)
    written(driver, folder / "clean.py")
    items = {item["uri"]: item for item in driver.answer(held)["items"]}
    assert items[(folder / "clean.py").as_uri()]["kind"] == "full"
    assert items[(folder / "jobs.py").as_uri()] == {
        "uri": (folder / "jobs.py").as_uri(), "version": None, "kind": "unchanged",
        "resultId": known[(folder / "jobs.py").as_uri()],
    }  # fmt: skip


def test_a_held_pull_can_be_cancelled(driver: Driver, folder: Path) -> None:
    begin(driver, folder, with_pull(RICH))
    held = pull(driver, results(driver.answer(pull(driver))["items"]))
    driver.notify("$/cancelRequest", {"id": held})
    assert driver.wait(lambda m: m.get("id") == held)["error"]["code"] == -32800


def test_a_file_that_is_gone_is_clean(driver: Driver, folder: Path) -> None:
    begin(driver, folder, with_pull(RICH))
    known = results(driver.answer(pull(driver))["items"])
    (folder / "jobs.py").unlink()
    written(driver, folder / "jobs.py", 3)
    [item] = driver.answer(pull(driver, known))["items"]
    assert (item["kind"], item["items"]) == ("full", [])


def test_an_open_document_is_told_of_as_the_editor_has_it(driver: Driver, folder: Path) -> None:
    begin(driver, folder, with_pull(RICH))
    uri = (folder / "jobs.py").as_uri()
    driver.open(uri, "\n" + SLEEPS, 7)
    [item] = driver.answer(pull(driver))["items"]
    assert (item["version"], item["items"][0]["range"]) == (7, at(2, 0, 13))


def test_a_check_shows_what_is_in_closed_files(driver: Driver, folder: Path) -> None:
    begin(driver, folder, RICH)
    assert check(driver) == {"files": 2, "findings": 1}
    assert [d["code"] for d in driver.published((folder / "jobs.py").as_uri())["diagnostics"]] == [
        "blocking-sleep"
    ]
    driver.settle()
    assert driver.received(PUBLISH) == []


def test_what_a_check_has_shown_stays_true(driver: Driver, folder: Path) -> None:
    begin(driver, folder, RICH)
    path = folder / "jobs.py"
    check(driver)
    driver.published(path.as_uri())
    path.write_text("")
    written(driver, path)
    assert driver.published(path.as_uri())["diagnostics"] == []


def test_a_document_that_is_closed_shows_its_file_again(driver: Driver, folder: Path) -> None:
    begin(driver, folder, RICH)
    uri = (folder / "jobs.py").as_uri()
    check(driver)
    driver.published(uri)
    driver.open(uri, SLEEPS, 1)
    assert driver.published(uri, 1)["diagnostics"]
    driver.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
    assert driver.published(uri)["diagnostics"] == []
    assert driver.published(uri)["diagnostics"] != []


def test_edits_are_answered_while_a_pull_is_held(driver: Driver, folder: Path) -> None:
    begin(driver, folder, with_pull(RICH))
    held = pull(driver, results(driver.answer(pull(driver))["items"]))
    uri = (folder / "jobs.py").as_uri()
    driver.open(uri, SLEEPS)
    for version in range(2, 6):
        driver.change(uri, version, insert(0, 0, "\n"))
        answer = driver.request("textDocument/diagnostic", {"textDocument": {"uri": uri}})
        assert answer["items"][0]["range"]["start"]["line"] == version
    assert driver.answer(held)["items"]
