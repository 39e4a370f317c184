"""The HTML of a deck: self-contained, escaped, closed to the network."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser

import pytest
from tests.present.examples import EXAMPLES, Make, lost_update
from tests.present.hostile import HOSTILE
from tests.present.test_slides import deck_of

from awaitlens.pitfall import Edit, Patch, Step
from awaitlens.present.deck_html import render_html
from awaitlens.present.slides import deck_for_finding, deck_for_lesson
from awaitlens.source import Source, Span

TAGS = {
    "html", "head", "meta", "title", "style", "body", "main", "h1", "section", "header", "p", "h2", "figure",
    "figcaption", "ol", "li", "span", "code", "table", "caption", "thead", "tbody", "tr", "th", "td", "nav", "button",
    "script", "div",
}  # fmt: skip


class Page(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


@pytest.mark.parametrize("make", EXAMPLES.values(), ids=EXAMPLES)
def test_a_page_asks_for_nothing_and_its_policy_says_so(make: Make) -> None:
    html = render_html(deck_of(make()))
    for _, attributes in Page(html).tags:
        assert not {"src", "href", "srcset", "style", "onclick"} & attributes.keys()
    assert "url(" not in html and "@import" not in html
    assert "default-src &#39;none&#39;" in html


def test_the_policy_names_the_hashes_of_what_is_there() -> None:
    html = render_html(deck_of(lost_update()))
    for tag in ("style", "script"):
        (text,) = re.findall(f"<{tag}>(.*?)</{tag}>", html, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{tag}-src &#39;sha256-{digest.replace('+', '+')}&#39;" in html


def test_a_nonce_takes_the_place_of_hashes() -> None:
    html = render_html(deck_of(lost_update()), nonce="abc123==")
    assert html.count('nonce="abc123=="') == 2 and "sha256-" not in html


@pytest.mark.parametrize("nonce", ["", "a b", '"><script>', "a'b"])
def test_a_nonce_that_is_none_is_refused(nonce: str) -> None:
    with pytest.raises(ValueError, match="nonce"):
        render_html(deck_of(lost_update()), nonce)


def test_the_same_deck_is_the_same_page() -> None:
    assert render_html(deck_of(lost_update())) == render_html(deck_of(lost_update()))


def encodable(text: str) -> str:
    """As HTML keeps it: no lone surrogates, no control characters but what a parser leaves alone."""
    return text.encode("utf-8", "replace").decode().replace("\n", "")


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_shown_and_nothing_else(text: str) -> None:
    example = lost_update()
    source = Source(f"/srv/{text}.py", f"{text}\n{text}\n")
    trail = (
        Step(Span(0, 0, 0, 4), text, lane=text),
        Step(Span(1, 0, 1, 4), text, path=text, lane="b"),
    )
    finding = example.finding._replace(span=Span(0, 0, 0, 3), message=text, trail=trail)
    patch = Patch(
        text, "review", (Edit(Span(0, 0, 0, 0), text), Edit(Span(0, 0, 0, 0), text, text)), advice=text
    )
    html = render_html(deck_for_finding(finding, example.pitfall, source, [patch]))
    page = Page(html)
    html.encode()
    assert {tag for tag, _ in page.tags} <= TAGS
    assert sum(tag == "script" for tag, _ in page.tags) == 1
    assert not any(name.startswith("on") for _, attributes in page.tags for name in attributes)
    told = {attributes["data-path"] for _, attributes in page.tags if "data-path" in attributes}
    assert {path.replace("\n", "") for path in told if path} <= {encodable(source.path), encodable(text)}


@pytest.mark.parametrize("make", EXAMPLES.values(), ids=EXAMPLES)
def test_every_slide_has_a_heading_that_names_it(make: Make) -> None:
    for deck in (deck_of(make()), deck_for_lesson(make().pitfall)):
        tags = Page(render_html(deck)).tags
        named = [attributes["aria-labelledby"] for tag, attributes in tags if tag == "section"]
        assert named == [attributes["id"] for tag, attributes in tags if tag == "h2"]
        assert len(named) == len(deck.slides)
