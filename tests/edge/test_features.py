"""What the real server says where nothing is wrong: hovers, hints, sections, lenses, calls, decks as documents."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.edge.driver import RICH, Driver, Json, at, insert

SHOP = """\
import asyncio
import time

lock = asyncio.Lock()
stock = {}


def load():
    time.sleep(1)


async def noop():
    return 1


async def sell(key):
    if key not in stock:
        value = await fetch(key)
        stock[key] = value
        stock["last"] = key
    await noop()
    await asyncio.to_thread(load)
    async with lock:
        return stock[key]


async def fetch(key):
    await asyncio.sleep(1)
    return key


async def both():
    return await asyncio.gather(sell(1), sell(2))
"""
URI = "file:///shop/shop.py"
EVERY = ["threads", "switches", "blocking", "atomic", "colour"]
SERVER = [sys.executable, "-m", "awaitlens", "server"]


def with_content(capabilities: Json) -> Json:
    workspace = {**capabilities["workspace"], "textDocumentContent": {}}
    return {**capabilities, "workspace": workspace, "window": {"showDocument": {"support": True}}}


@pytest.fixture(scope="module")
def started() -> Iterator[tuple[Driver, Json]]:
    driver = Driver(SERVER)
    options = {"hints": EVERY, "code-lens": True, "semantic-tokens": True}
    yield driver, driver.initialize(with_content(RICH), initializationOptions=options)
    assert driver.leave() == 0
    driver.close()
    assert b"awaitlens.edge" not in driver.errors


@pytest.fixture
def shop(started: tuple[Driver, Json]) -> Driver:
    driver, _ = started
    driver.reset()
    driver.open(URI, SHOP)
    return driver


def line_of(text: str, after: str = "") -> int:
    start = SHOP.index(after)
    return SHOP[: SHOP.index(text, start)].count("\n")


def place(text: str, inside: str, after: str = "") -> Json:
    """The position of `text` in the first line that holds `inside` after `after`."""
    line = line_of(inside, after)
    return {"line": line, "character": SHOP.split("\n")[line].index(text)}


def ask(driver: Driver, method: str, position: Json | None = None, **more: Any) -> Any:
    params: Json = {"textDocument": {"uri": URI}, **more}
    if position is not None:
        params["position"] = position
    return driver.request(f"textDocument/{method}", params)


def told(driver: Driver, position: Json) -> str:
    answer = ask(driver, "hover", position)
    return answer["contents"]["value"] if answer else ""


# --- hovers ---------------------------------------------------------------------------------------------------------


def test_an_await_says_whether_others_run(shop: Driver) -> None:
    assert "Other tasks may run here" in told(shop, place("await", "await asyncio.sleep"))
    assert "Nobody else runs here" in told(shop, place("await", "await noop"))


def test_a_call_says_what_it_gives_and_where_it_runs(shop: Driver) -> None:
    assert "gives a coroutine" in told(shop, place("sell(1)", "gather("))
    assert "`load` runs on a worker thread" in told(shop, place("asyncio", "to_thread"))
    assert "blocks the thread it runs on" in told(shop, place("time.sleep", "time.sleep"))


def test_a_lock_and_a_function_on_a_thread_have_something_to_say(shop: Driver) -> None:
    assert "holds the lock" in told(shop, place("lock", "async with lock"))
    assert "Runs on a worker thread, given to" in told(shop, place("load", "def load"))


@pytest.mark.parametrize(
    ("manager", "words"),
    [
        ("asyncio.timeout(3)", "Nobody else runs on the way in or out"),
        ("asyncio.TaskGroup()", "may run on the way out"),
        ("asyncio.Semaphore(3)", "may run here, on the way in."),
        ("connect()", "on the way in and on the way out"),
    ],
)
def test_an_async_with_says_on_which_of_its_ways_others_run(shop: Driver, manager: str, words: str) -> None:
    """About false statements: a timeout only sets a timer, a semaphore is given back at once."""
    uri = "file:///shop/ways.py"
    shop.open(uri, f"import asyncio\n\n\nasync def f():\n    async with {manager}:\n        await g()\n")
    where = {"textDocument": {"uri": uri}, "position": {"line": 4, "character": 6}}
    assert words in shop.request("textDocument/hover", where)["contents"]["value"]


def test_where_there_is_nothing_to_say_nothing_is_said(shop: Driver) -> None:
    assert ask(shop, "hover", place("key", "return key")) is None
    assert ask(shop, "hover", place("import", "import time")) is None


# --- hints ----------------------------------------------------------------------------------------------------------


def hints(driver: Driver, first: int = 0, last: int = 99) -> list[tuple[int, str]]:
    where = {"start": {"line": first, "character": 0}, "end": {"line": last, "character": 0}}
    found = ask(driver, "inlayHint", range=where)
    return [(hint["position"]["line"], hint["label"][0]["value"]) for hint in found]


def test_hints_of_every_category_stand_on_their_lines(shop: Driver) -> None:
    found = hints(shop)
    assert (line_of("def load"), "⇢ runs on a worker thread, given to asyncio.to_thread()") in found
    assert (line_of("await fetch"), "⇄ others may run here") in found
    assert (line_of("stock[key] = value"), f"⌐ atomic to line {line_of('await noop') + 1}") in found
    assert (line_of("gather("), "◦ async") in found


def test_hints_are_given_for_the_lines_that_are_shown(shop: Driver) -> None:
    assert hints(shop, 0, 3) == []


def test_a_hint_keeps_its_place_while_the_buffer_is_half_typed(shop: Driver) -> None:
    before = hints(shop)
    line = line_of("return key")
    for version, typed in enumerate(["\n", "    foo", "(", "[", '"'], start=2):
        column = 0 if typed == "\n" else {"    foo": 0, "(": 7, "[": 8, '"': 9}[typed]
        shop.change(URI, version, insert(line, column, typed))
        shown = hints(shop)
        assert [h for h in shown if h[0] < line] == [h for h in before if h[0] < line]


def test_hints_lead_to_their_witness(shop: Driver) -> None:
    line = line_of("def load")
    [hint] = ask(shop, "inlayHint", range=at(line, 0, 40))
    witness = hint["label"][0]["location"]
    assert witness["range"]["start"]["line"] == line_of("to_thread")


def test_hints_are_asked_for_anew_when_they_have_changed_and_only_then(shop: Driver) -> None:
    helper, user = "file:///shop/helper.py", "file:///shop/user.py"
    shop.open(helper, "def load():\n    pass\n\n\ndef other():\n    pass\n")
    shop.open(user, "from helper import load\n\n\nasync def f():\n    load()\n")
    where = {"textDocument": {"uri": user}, "range": at(4, 0, 99)}
    assert shop.request("textDocument/inlayHint", where) == []
    shop.received("")
    shop.change(helper, 2, insert(0, 0, "import time\n"))
    shop.settle()
    shop.change(helper, 3, insert(2, 4, "time.sleep(1);"))
    shop.wait(lambda m: m.get("method") == "workspace/inlayHint/refresh")
    assert "blocks" in shop.request("textDocument/inlayHint", where)[0]["label"][0]["value"]


# --- atomic sections --------------------------------------------------------------------------------------------------


def test_an_await_parts_two_sections(shop: Driver) -> None:
    found = ask(shop, "documentHighlight", place("await", "await fetch"))
    lines = [(h["range"]["start"]["line"], h["range"]["end"]["line"]) for h in found]
    fetches = line_of("await fetch")
    assert lines == [(fetches, fetches), (fetches - 1, fetches - 1), (fetches + 1, fetches + 3)]


def test_a_shared_variable_shows_its_reads_and_writes(shop: Driver) -> None:
    found = ask(shop, "documentHighlight", place("stock", "stock[key] = value"))
    kinds = {(h["range"]["start"]["line"], h["kind"]) for h in found}
    assert (line_of("stock[key] = value"), 3) in kinds
    assert (line_of("return stock[key]"), 2) in kinds
    assert ask(shop, "documentHighlight", place("value", "value = await")) is None


def test_sections_fold_and_their_variables_are_marked(shop: Driver) -> None:
    [fold] = ask(shop, "foldingRange")
    assert (fold["startLine"], fold["endLine"]) == (line_of("stock[key] = value"), line_of("await noop"))
    data = ask(shop, "semanticTokens/full")["data"]
    assert data[:5] == [line_of("stock[key] = value"), 8, len("stock"), 0, 1]


def test_only_the_name_of_a_shared_variable_is_marked(shop: Driver) -> None:
    """About false alarms: keys, values and methods keep the colours that others give them."""
    code = (
        "seen = {}\n\n\nasync def f(key):\n    if key in seen:\n        seen.pop(key, None)\n"
        '    seen["last"] = key\n    await g()\n'
    )
    uri = "file:///shop/seen.py"
    shop.open(uri, code)
    data = shop.request("textDocument/semanticTokens/full", {"textDocument": {"uri": uri}})["data"]
    assert [data[at : at + 3] for at in range(0, len(data), 5)] == [[4, 14, 4], [1, 8, 4], [1, 4, 4]]


def test_what_is_assigned_to_a_shared_variable_is_left_to_others(shop: Driver) -> None:
    """About false alarms: on `value` of `stock[key] = value`, another server knows its reads and writes."""
    assert ask(shop, "documentHighlight", place("value", "stock[key] = value")) is None


def test_what_would_displace_other_servers_is_offered_on_request_alone(driver_of: Any) -> None:
    offered = driver_of({})
    assert not offered.keys() & {"foldingRangeProvider", "semanticTokensProvider"}
    assert "awaitlens.checkWorkspace" not in offered["executeCommandProvider"]["commands"]


def test_what_was_switched_on_is_offered(started: tuple[Driver, Json]) -> None:
    capabilities = started[1]["capabilities"]
    assert capabilities["foldingRangeProvider"] and capabilities["semanticTokensProvider"]
    assert capabilities["workspace"]["textDocumentContent"] == {"schemes": ["awaitlens"]}


@pytest.fixture
def driver_of() -> Iterator[Any]:
    driver = Driver()
    yield lambda options: driver.initialize(RICH, initializationOptions=options)["capabilities"]
    driver.close()


# --- functions --------------------------------------------------------------------------------------------------------


def test_a_lens_counts_what_interrupts_and_what_blocks(shop: Driver) -> None:
    titles = {lens["range"]["start"]["line"]: lens["command"]["title"] for lens in ask(shop, "codeLens")}
    assert titles[line_of("async def sell")] == "3 suspension points, 3 atomic sections"
    shop.change(URI, 2, insert(line_of("await noop"), 0, "    load()\n"))
    assert any(
        lens["command"]["title"].startswith("blocks the event loop on 1 path")
        for lens in ask(shop, "codeLens")
    )


def test_the_call_hierarchy_tells_colours_and_what_blocks(shop: Driver, tmp_path: Path) -> None:
    [item] = ask(shop, "prepareCallHierarchy", place("sell", "async def sell"))
    assert (item["name"], item["detail"]) == ("sell", "async")
    [caller] = shop.request("callHierarchy/incomingCalls", {"item": item})
    assert caller["from"]["name"] == "both" and len(caller["fromRanges"]) == 2
    called = shop.request("callHierarchy/outgoingCalls", {"item": item})
    assert [call["to"]["name"] for call in called] == ["fetch", "noop"]
    [item] = ask(shop, "prepareCallHierarchy", place("load", "def load"))
    assert item["detail"] == "sync, blocks: time.sleep"


# --- decks as documents -------------------------------------------------------------------------------------------------


def test_slides_are_opened_as_a_document_whose_text_can_be_asked_for(shop: Driver) -> None:
    text = "import time\n\n\nasync def poll():\n    time.sleep(1)\n"
    shop.open("file:///shop/poll.py", text)
    wish = {"uri": "file:///shop/poll.py", "position": {"line": 4, "character": 6}}
    shop.request("workspace/executeCommand", {"command": "awaitlens.slides", "arguments": [wish]})
    [shown] = [m["params"] for m in [shop.wait(lambda m: m.get("method") == "window/showDocument")]]
    assert shown["uri"].startswith("awaitlens:/slides.md?")
    content = shop.request("workspace/textDocumentContent", {"uri": shown["uri"]})["text"]
    assert "Never block the loop" in content
    gone = json.dumps(shown["uri"]).replace("line=4", "line=0").strip('"')
    assert "nothing to tell" in shop.request("workspace/textDocumentContent", {"uri": gone})["text"]


def test_variables_are_left_to_others_where_nobody_wants_to_see_sections(start: Any) -> None:
    driver = start(*SERVER)
    driver.initialize(RICH)
    driver.open(URI, SHOP)
    assert ask(driver, "documentHighlight", place("stock", "stock[key] = value")) is None
    assert ask(driver, "documentHighlight", place("await", "await fetch"))
