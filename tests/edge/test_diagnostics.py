"""What is shown: by one channel, for the newest text, once, and not longer than it is true."""

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.edge.driver import POOR, RICH, SILENCE, Driver, Json, ServerError, at, insert, with_pull

URI = "file:///shop/views.py"
HELPER = "file:///shop/helper.py"
SLEEPS = "import time\ntime.sleep(1)\n"
PUBLISH = "textDocument/publishDiagnostics"


def codes(published: Json) -> list[str]:
    return [diagnostic["code"] for diagnostic in published["diagnostics"]]


def pull(client: Driver, uri: str, previous: str | None = None) -> Json:
    params: Json = {"textDocument": {"uri": uri}, "identifier": "awaitlens"}
    if previous is not None:
        params["previousResultId"] = previous
    result: Json = client.request("textDocument/diagnostic", params)
    return result


def test_a_diagnostic_says_all_that_the_client_can_show(client: Driver) -> None:
    client.open(URI, SLEEPS, 7)
    published = client.published(URI)
    assert published["version"] == 7
    [found] = published["diagnostics"]
    related = {"location": {"uri": URI, "range": at(1, 0, 4)}, "message": "this sleeps"}
    assert found.pop("codeDescription", {"href": ""})["href"].endswith(("blocking_sleep.py", ""))
    assert found == {
        "range": at(1, 0, 13),
        "severity": 2,
        "code": "blocking-sleep",
        "source": "awaitlens",
        "message": "time.sleep(1) blocks the event loop.",
        "relatedInformation": [related],
        "data": {"finding": "blocking-sleep@1:0:1:13"},
    }


def test_a_poor_client_is_sent_what_it_knows_and_nothing_else(connect: Callable[[Json], Driver]) -> None:
    client = connect(POOR)
    client.open(URI, SLEEPS)
    [found] = client.published(URI)["diagnostics"]
    assert set(found) == {"range", "severity", "code", "source", "message"}


def test_a_client_that_pulls_is_never_pushed_to(connect: Callable[[Json], Driver]) -> None:
    client = connect(with_pull(RICH))
    client.open(URI, SLEEPS)
    first = pull(client, URI)
    assert first["kind"] == "full"
    assert [d["code"] for d in first["items"]] == ["blocking-sleep"]
    assert pull(client, URI, first["resultId"]) == {"kind": "unchanged", "resultId": first["resultId"]}
    client.change(URI, 2, insert(0, 0, "\n"))
    second = pull(client, URI, first["resultId"])
    assert second["items"][0]["range"]["start"]["line"] == 2
    client.notify("textDocument/didClose", {"textDocument": {"uri": URI}})
    assert pull(client, URI) == {"kind": "full", "items": []}
    assert client.received(PUBLISH) == []


def test_a_client_that_is_pushed_to_cannot_pull(client: Driver) -> None:
    client.open(URI, SLEEPS)
    client.published(URI)
    with pytest.raises(ServerError, match="-32601"):
        pull(client, URI)


def test_a_pull_that_takes_long_answers_for_the_newest_text(
    connect: Callable[[Json], Driver], tmp_path: Path
) -> None:
    client = connect(with_pull(RICH))
    client.open(URI, f"import time\n# slow {tmp_path}/go\n")
    asked = client.ask("textDocument/diagnostic", {"textDocument": {"uri": URI}})
    client.change(URI, 2, insert(1, 0, "time.sleep(1)\n"))
    client.settle()
    (tmp_path / "go").touch()
    assert [d["range"] for d in client.answer(asked)["items"]] == [at(1, 0, 13)]


def test_an_equal_set_is_not_sent_again(client: Driver) -> None:
    client.open(URI, SLEEPS)
    client.published(URI)
    client.change(URI, 2, insert(2, 0, "x = 1\n"))
    client.change(URI, 3, insert(3, 0, "y = 1\n"))
    client.settle()
    assert client.received(PUBLISH) == []
    client.change(URI, 4, insert(0, 0, "\n"))
    assert client.published(URI)["version"] == 4


def test_an_equal_set_is_sent_again_after_its_range_was_typed_over(client: Driver) -> None:
    client.open(URI, SLEEPS)
    client.published(URI)
    client.change(URI, 2, {"range": at(1, 0, 13), "text": "time.sleep(1)"})
    assert [d["range"] for d in client.published(URI, 2)["diagnostics"]] == [at(1, 0, 13)]


def test_a_clean_file_is_told_so_once(client: Driver) -> None:
    client.open(URI, "x = 1\n")
    assert client.published(URI)["diagnostics"] == []
    client.change(URI, 2, insert(0, 0, "\n"))
    client.settle()
    assert client.received(PUBLISH) == []


def test_close_clears_and_so_does_deletion(client: Driver) -> None:
    client.open(URI, SLEEPS)
    client.published(URI)
    client.notify("textDocument/didClose", {"textDocument": {"uri": URI}})
    assert client.published(URI)["diagnostics"] == []
    client.open(URI, SLEEPS)
    assert client.published(URI)["diagnostics"]
    client.notify("workspace/didChangeWatchedFiles", {"changes": [{"uri": URI, "type": 3}]})
    assert client.published(URI)["diagnostics"] == []


def test_the_uri_is_spelt_as_the_client_spells_it(client: Driver) -> None:
    odd = "file:///shop%2Dfront/a%20b/%C3%A9.py"
    client.open(odd, SLEEPS)
    assert client.published(odd)["diagnostics"]
    client.change("file:///shop-front/a%20b/%c3%a9.py", 2, insert(0, 0, "\n"))
    assert client.published(odd, 2)["diagnostics"]


def test_untitled_documents_are_read_too(client: Driver) -> None:
    client.open("untitled:Untitled-1", SLEEPS)
    [found] = client.published("untitled:Untitled-1")["diagnostics"]
    assert found["relatedInformation"][0]["location"]["uri"] == "untitled:Untitled-1"


def test_of_200_rapid_edits_the_last_version_is_published(client: Driver) -> None:
    client.open(URI, SLEEPS)
    client.published(URI)
    for version in range(2, 202):
        client.change(URI, version, insert(0, 0, "\n"))
    last = client.published(URI, 201)
    assert [d["range"] for d in last["diagnostics"]] == [at(201, 0, 13)]
    client.settle()
    versions = [params["version"] for params in client.received(PUBLISH)]
    assert versions == sorted(versions)
    assert all(version < 201 for version in versions)


def test_edits_during_a_slow_analysis_make_it_answer_for_the_newest_text(
    client: Driver, tmp_path: Path
) -> None:
    client.open(URI, f"import time\n# slow {tmp_path}/go\n")
    for version in range(2, 52):
        client.change(URI, version, insert(1, 0, "time.sleep(1)\n"))
    client.settle()
    assert client.received(PUBLISH) == []
    (tmp_path / "go").touch()
    assert len(client.published(URI)["diagnostics"]) == 50
    client.settle()
    assert client.received(PUBLISH) == []


def test_a_document_closed_during_its_analysis_stays_dark(client: Driver, tmp_path: Path) -> None:
    client.open(URI, f"import time\ntime.sleep(1)\n# slow {tmp_path}/go\n")
    client.notify("textDocument/didClose", {"textDocument": {"uri": URI}})
    (tmp_path / "go").touch()
    client.open(HELPER, SLEEPS)
    assert client.published(HELPER)["diagnostics"]
    assert client.received(PUBLISH) == []


def test_a_document_opened_again_during_its_analysis_is_shown(client: Driver, tmp_path: Path) -> None:
    client.open(URI, f"import time\n# slow {tmp_path}/go\n")
    client.notify("textDocument/didClose", {"textDocument": {"uri": URI}})
    client.open(URI, SLEEPS, 9)
    (tmp_path / "go").touch()
    assert codes(client.published(URI, 9)) == ["blocking-sleep"]


def test_an_edit_during_an_analysis_that_fails_is_shown(client: Driver, tmp_path: Path) -> None:
    client.open(URI, f"raise Exception\n# slow {tmp_path}/go\n")
    client.change(URI, 2, {"text": SLEEPS})
    (tmp_path / "go").touch()
    assert codes(client.published(URI, 2)) == ["blocking-sleep"]


def test_a_failing_analysis_hurts_no_other_document(client: Driver) -> None:
    client.open(URI, "raise Exception\n")
    client.open(HELPER, SLEEPS)
    assert client.published(HELPER)["diagnostics"]
    client.change(URI, 2, {"text": SLEEPS})
    assert client.published(URI, 2)["diagnostics"]


def test_an_edit_in_a_helper_lights_up_its_users_and_darkens_them_again(client: Driver) -> None:
    client.open(URI, "import helper\n")
    assert client.published(URI)["diagnostics"] == []
    client.open(HELPER, "x = 1\n")
    client.published(HELPER)
    client.change(HELPER, 2, insert(0, 0, "time.sleep(1)\n"))
    assert [d["message"] for d in client.published(URI)["diagnostics"]] == ["helper blocks."]
    client.change(HELPER, 3, {"range": at(0, 0, 13), "text": ""})
    assert client.published(URI)["diagnostics"] == []


def test_what_only_a_question_brought_to_light_is_told_too(connect: Callable[[Json], Driver]) -> None:
    """Asked about the user before the helper: the session has looked at the user again, the client has not."""
    client = connect(with_pull(RICH))
    client.open(URI, "import helper\n")
    client.open(HELPER, "x = 1\n")
    assert pull(client, URI)["items"] == []
    client.change(HELPER, 2, insert(0, 0, "time.sleep(1)\n"))
    place = {"textDocument": {"uri": URI}, "position": {"line": 0, "character": 0}}
    assert client.request("textDocument/hover", place) is not None
    client.wait(lambda m: m.get("method") == "workspace/diagnostic/refresh")
    assert [d["message"] for d in pull(client, URI)["items"]] == ["helper blocks."]


def test_pulling_clients_are_asked_to_ask_again_one_at_a_time(connect: Callable[[Json], Driver]) -> None:
    client = connect(with_pull(RICH))
    client.answers["workspace/diagnostic/refresh"] = lambda _: SILENCE
    client.open(URI, "import helper\n")
    client.open(HELPER, "x = 1\n")
    assert pull(client, URI)["items"] == []
    for version in range(2, 12):
        text = "time.sleep(1)" if version % 2 else "x = 1"
        client.change(HELPER, version, {"text": text})
        pull(client, HELPER)
    refresh = client.wait(lambda m: m.get("method") == "workspace/diagnostic/refresh")
    client.settle()
    assert client.received("workspace/diagnostic/refresh") == []
    client.send({"jsonrpc": "2.0", "id": refresh["id"], "result": None})
    assert [d["message"] for d in pull(client, URI)["items"]] == ["helper blocks."]
