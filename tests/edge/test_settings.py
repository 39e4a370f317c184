"""Folders, settings, files on the disk and the progress of reading them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.edge.driver import RICH, Driver, Json

SLEEPS = "import time\ntime.sleep(1)\n"
IGNORE = {"ignore": ["blocking-sleep"]}


def able(**workspace: Any) -> Json:
    return {**RICH, "workspace": {**RICH["workspace"], **workspace}, "window": {"workDoneProgress": True}}


def codes(published: Json) -> list[str]:
    return [diagnostic["code"] for diagnostic in published["diagnostics"]]


def test_settings_sent_by_the_client_count_without_a_restart(driver: Driver) -> None:
    client, uri = driver, "file:///shop/views.py"
    client.initialize(RICH)
    client.open(uri, SLEEPS)
    assert codes(client.published(uri)) == ["blocking-sleep"]
    client.notify("workspace/didChangeConfiguration", {"settings": {"awaitlens": IGNORE}})
    assert codes(client.published(uri)) == []
    client.notify("workspace/didChangeConfiguration", {"settings": {"awaitlens": {"ignore": None}}})
    assert codes(client.published(uri)) == ["blocking-sleep"]
    client.notify("workspace/didChangeConfiguration", {"settings": {"severity": {"blocking-sleep": "error"}}})
    assert client.published(uri)["diagnostics"][0]["severity"] == 1
    client.notify(
        "workspace/didChangeConfiguration", {"settings": {"awaitlens": {"ignore": 7, "nonsense": []}}}
    )
    client.settle()


def test_settings_among_the_initialization_options_count(driver: Driver) -> None:
    driver.initialize(RICH, initializationOptions={"settings": IGNORE})
    driver.open("file:///shop/views.py", SLEEPS)
    assert codes(driver.published("file:///shop/views.py")) == []


def test_each_folder_has_its_own_settings(start: Callable[..., Driver], tmp_path: Path) -> None:
    shop, similar = (tmp_path / "shop").as_uri(), (tmp_path / "shop-old").as_uri()
    asked: list[Json] = []
    values: dict[str | None, Json] = {None: {}, shop: {}, similar: IGNORE}

    def answer(params: Json) -> list[Json]:
        asked.extend(params["items"])
        return [values[item.get("scopeUri")] for item in params["items"]]

    client = start()
    client.answers["workspace/configuration"] = answer
    folders = [{"uri": shop, "name": "shop"}, {"uri": similar, "name": "old"}]
    client.initialize(able(configuration=True), workspaceFolders=folders)
    client.wait(lambda m: m.get("method") == "workspace/configuration")
    client.settle()
    assert {item["section"] for item in asked} == {"awaitlens"}
    client.open(f"{shop}/views.py", SLEEPS)
    client.open(f"{similar}/views.py", SLEEPS)
    assert codes(client.published(f"{shop}/views.py")) == ["blocking-sleep"]
    assert codes(client.published(f"{similar}/views.py")) == []

    values[shop], values[similar] = IGNORE, {}
    client.notify("workspace/didChangeConfiguration", {"settings": None})
    assert codes(client.published(f"{shop}/views.py")) == []
    assert codes(client.published(f"{similar}/views.py")) == ["blocking-sleep"]

    change = {"event": {"added": [], "removed": [folders[0]]}}
    client.notify("workspace/didChangeWorkspaceFolders", change)
    assert codes(client.published(f"{shop}/views.py")) == ["blocking-sleep"]


def test_pyproject_counts_and_is_read_again_when_it_changes(client: Driver, tmp_path: Path) -> None:
    uri, project = (tmp_path / "views.py").as_uri(), tmp_path / "pyproject.toml"
    client.open(uri, SLEEPS)
    assert codes(client.published(uri)) == ["blocking-sleep"]
    project.write_text('[tool.awaitlens]\nignore = ["blocking-sleep"]\n')
    client.notify("workspace/didChangeWatchedFiles", {"changes": [{"uri": project.as_uri(), "type": 1}]})
    assert codes(client.published(uri)) == []


def test_the_client_is_asked_to_watch(start: Callable[..., Driver]) -> None:
    client = start()
    dynamic = {"dynamicRegistration": True}
    client.initialize(able(didChangeWatchedFiles=dynamic, didChangeConfiguration=dynamic))
    asked = client.wait(lambda m: m.get("method") == "client/registerCapability")["params"]
    methods = {registration["method"] for registration in asked["registrations"]}
    assert methods == {"workspace/didChangeWatchedFiles", "workspace/didChangeConfiguration"}
    assert "**/pyproject.toml" in json.dumps(asked)


def test_reading_the_workspace_shows_progress_and_ends(start: Callable[..., Driver], tmp_path: Path) -> None:
    client = start()
    client.initialize(able(), workspaceFolders=[{"uri": tmp_path.as_uri(), "name": "x"}])
    assert _kinds(client)[-1] == "end"
    assert client.state()["progress"] == 0


def test_reading_the_workspace_can_be_stopped(start: Callable[..., Driver], tmp_path: Path) -> None:
    (tmp_path / "large").touch()
    client = start()
    client.initialize(able(), workspaceFolders=[{"uri": tmp_path.as_uri(), "name": "x"}])
    begin = client.wait(lambda m: m.get("method") == "$/progress")
    client.open("file:///shop/views.py", SLEEPS)
    assert codes(client.published("file:///shop/views.py")) == ["blocking-sleep"]
    client.notify("window/workDoneProgress/cancel", {"token": begin["params"]["token"]})
    assert _kinds(client)[-1] == "end"


def _kinds(client: Driver) -> list[str]:
    kinds = [""]
    while kinds[-1] != "end":
        kinds.append(client.wait(lambda m: m.get("method") == "$/progress")["params"]["value"]["kind"])
    return kinds
