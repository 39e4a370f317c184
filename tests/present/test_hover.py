"""A hover says law, claim, reason, repair and certainty on one screen."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.present.examples import EXAMPLES, Example, Make, blocking_chain, lost_update
from tests.present.hostile import HOSTILE
from tests.present.test_escape import GITHUB

from awaitlens.pitfall import Edit, Step
from awaitlens.present.hover import SCREEN, Style, hover
from awaitlens.source import Source, Span


def told(example: Example, style: Style = "markdown", link: str | None = "file:///pages/x.html") -> str:
    return hover(example.finding, example.pitfall, example.source, example.patches, style, link)


@pytest.mark.parametrize("make", EXAMPLES.values(), ids=EXAMPLES)
@pytest.mark.parametrize("style", ["markdown", "plaintext"])
def test_everything_is_said_on_one_screen(make: Make, style: Style) -> None:
    example = make()
    text = told(example, style)
    assert len(text.splitlines()) <= SCREEN
    assert example.pitfall.law.value in text
    assert example.pitfall.name in text
    assert "\n\n\n" not in text


def test_a_race_is_a_table_of_tasks() -> None:
    text = told(lost_update(), "plaintext")
    assert "line | task 1" in text
    assert "  12 | writes over it with the old value + 1 |" in text
    assert "+         alive = stats" in text


def test_a_blocking_chain_is_a_list_with_links() -> None:
    text = told(blocking_chain())
    assert "2. [rates.py:6](file:///srv/shop/rates.py#L6,12): `load()` calls `fetch()`" in text


def test_plain_text_has_no_markup() -> None:
    text = told(blocking_chain(), "plaintext")
    assert "`" not in text and "](" not in text and "**" not in text


@pytest.mark.parametrize("steps", [9, 40])
@pytest.mark.parametrize("lanes", [("",), ("task 1", "task 2")])
def test_a_long_proof_loses_its_middle_and_says_so(steps: int, lanes: tuple[str, ...]) -> None:
    example = lost_update()
    trail = tuple(Step(Span(n, 0, n, 1), f"step {n}", lane=lanes[n % len(lanes)]) for n in range(steps))
    text = told(replace(example, finding=example.finding._replace(trail=trail)))
    assert len(text.splitlines()) <= SCREEN
    assert "step 0" in text and f"step {steps - 1}" in text
    assert ("more lines" in text) == (steps == 40)


def test_a_long_repair_loses_its_middle() -> None:
    example = blocking_chain()
    long = Edit(Span(5, 0, 5, 0), "".join(f"line_{n} = {n}\n" for n in range(80)))
    patch = example.patches[0]._replace(edits=(long,))
    text = told(replace(example, patches=(patch,)))
    assert len(text.splitlines()) <= SCREEN and "more lines" in text


def test_without_trail_patch_or_link_the_claim_stands_alone() -> None:
    example = blocking_chain()
    bare = replace(example, finding=example.finding._replace(trail=()), patches=())
    assert told(bare, "plaintext", None).splitlines()[2:] == [
        "load() blocks the event loop: load > fetch > requests.get.",
        "",
        "Certain: every name was followed to what it stands for. blocking-call-chain",
    ]


def test_the_deck_is_linked_where_the_client_follows() -> None:
    example = blocking_chain()
    slides = 'command:awaitlens.slides?["file:///a b.py"]'
    text = hover(example.finding, example.pitfall, example.source, (), "markdown", None, slides)
    assert text.endswith(
        "blocking-call-chain [Show slides](command:awaitlens.slides?%5B%22file:///a%20b.py%22%5D)"
    )


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_names_stay_text(text: str) -> None:
    example = lost_update()
    trail = (
        Step(Span(0, 0, 0, 1), text, path=f"/srv/{text}.py"),
        Step(Span(1, 0, 1, 1), text),
    )
    source = Source(f"/srv/{text}", text + "\n" + example.source.text)
    patch = example.patches[0]._replace(title=text, edits=(Edit(Span(0, 0, 0, 0), text + "\n"),))
    finding = example.finding._replace(message=text, trail=trail)
    told_text = hover(finding, example.pitfall, source, [patch], "markdown", "https://docs.example/x")
    tokens = GITHUB.parse(told_text)
    inline = [child for token in tokens for child in token.children or []]
    assert {token.type for token in tokens} <= BLOCKS
    assert {token.type for token in inline} <= INLINES
    links = [str(token.attrs["href"]) for token in inline if token.type == "link_open"]
    assert all(link.startswith(("file:///srv/", "https://docs.example/x")) for link in links)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_lanes_stay_in_their_table(text: str) -> None:
    example = lost_update()
    trail = tuple(step._replace(lane=text + step.lane, words=text) for step in example.finding.trail)
    told_text = told(replace(example, finding=example.finding._replace(trail=trail)))
    assert {token.type for token in GITHUB.parse(told_text)} <= BLOCKS
    assert all(line.isprintable() for line in told_text.split("\n"))


BLOCKS = {
    "paragraph_open", "inline", "paragraph_close", "fence",
    "ordered_list_open", "ordered_list_close", "list_item_open", "list_item_close",
}  # fmt: skip
INLINES = {
    "text",
    "text_special",
    "code_inline",
    "link_open",
    "link_close",
    "strong_open",
    "strong_close",
    "softbreak",
}
