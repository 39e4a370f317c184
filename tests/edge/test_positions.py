"""Positions are right in every encoding, on every kind of line, whichever way the text came to be."""

import pytest
from tests.edge.driver import RICH, Driver, Json, at, insert

URI = "file:///shop/views.py"
ENCODINGS = ["utf-8", "utf-16", "utf-32"]
NEWLINES = ["\n", "\r\n", "\r"]
BEFORE = "s = '\U0001f40d\u00e9\u4e2d'; "
CALL = "time.sleep(1)"


def units(text: str, encoding: str) -> int:
    return (
        len(text.encode({"utf-16": "utf-16-le", "utf-32": "utf-32-le"}.get(encoding, encoding)))
        // {
            "utf-8": 1,
            "utf-16": 2,
            "utf-32": 4,
        }[encoding]
    )


def speaking(encoding: str) -> Json:
    return {**RICH, "general": {"positionEncodings": ["latin-1", encoding, "utf-8"]}}


HINTS = {"hints": ["blocking"]}


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_ranges_edits_hovers_and_fixes_agree(driver: Driver, encoding: str) -> None:
    result = driver.initialize(speaking(encoding), initializationOptions=HINTS)
    assert result["capabilities"]["positionEncoding"] == encoding
    start = units(BEFORE, encoding)
    version = 1
    for number, newline in enumerate(NEWLINES):
        uri = f"file:///shop/{number}.py"
        text = f"\ufeff# bom{newline}\f{newline}x = 1 \v\x1c\x85\u2028{newline}{BEFORE}{CALL}{newline}"
        driver.open(uri, text, version)
        wanted = at(3, start, start + len(CALL))
        [found] = driver.published(uri, version)["diagnostics"]
        assert found["range"] == wanted
        assert found["relatedInformation"][0]["location"]["range"] == at(3, start, start + 4)

        driver.change(uri, 2, insert(3, start, "\U0001f40d"), insert(1, 0, newline))
        [found] = driver.published(uri, 2)["diagnostics"]
        moved = start + units("\U0001f40d", encoding)
        assert found["range"] == at(4, moved, moved + len(CALL))

        where = {"textDocument": {"uri": uri}, "position": {"line": 4, "character": moved}}
        assert driver.request("textDocument/hover", where)["range"] == found["range"]
        ask = {"textDocument": {"uri": uri}, "range": at(4, moved), "context": {"diagnostics": [found]}}
        action = driver.request("codeAction/resolve", driver.request("textDocument/codeAction", ask)[0])
        [edit] = action["edit"]["documentChanges"][0]["edits"]
        assert edit["range"] == at(4, moved, moved + 10)
        [hint] = driver.request(
            "textDocument/inlayHint", {"textDocument": {"uri": uri}, "range": at(4, 0, 999)}
        )
        assert hint["position"] == {"line": 4, "character": moved + len(CALL)}


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [(["utf-8", "utf-16"], "utf-8"), (["utf-32", "utf-8"], "utf-32"), ([], "utf-16"), (["ebcdic"], "utf-16")],
)
def test_the_clients_order_decides_the_encoding(driver: Driver, offered: list[str], chosen: str) -> None:
    result = driver.initialize({"general": {"positionEncodings": offered}})
    assert result["capabilities"]["positionEncoding"] == chosen


def test_a_lone_surrogate_is_survived(client: Driver) -> None:
    client.open(URI, f"s = '\ud800'; {CALL}\n")
    [found] = client.published(URI)["diagnostics"]
    assert found["range"] == at(0, 9, 9 + len(CALL))
