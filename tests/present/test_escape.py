"""Promises: whatever the user's code is called, it is shown as it is written and does nothing else."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from tests.present.hostile import HOSTILE

from awaitlens.present.escape import code_span, fenced, file_link, markdown_link, markdown_text, visible
from awaitlens.present.phrase import markdown_sentence, opened, pieces

GITHUB = MarkdownIt("gfm-like", {"html": True, "linkify": True}).disable("linkify")
GITHUB.validateLink = lambda url: True  # type: ignore[method-assign]  # an editor may be less careful
WORDS = st.text() | st.sampled_from(HOSTILE) | st.text(alphabet="`*_[]()<>!#-+|~&\\ \tab1.:/@$", max_size=30)


def shown(markdown: str) -> str:
    """The text a reader sees, provided there is nothing but text and code; else the tags that crept in."""
    tokens = [child for token in GITHUB.parse(markdown) for child in token.children or []]
    kinds = {token.type for token in tokens} - {"text", "code_inline", "text_special"}
    blocks = {token.type for token in GITHUB.parse(markdown)} - {
        "paragraph_open",
        "inline",
        "paragraph_close",
    }
    return (
        "".join(token.content for token in tokens) if not kinds | blocks else f"not plain: {kinds | blocks}"
    )


@given(WORDS)
def test_words_as_markdown_are_read_as_the_same_words(text: str) -> None:
    assert shown(markdown_text(text)) == visible(" ".join(text.split()))


@given(WORDS)
def test_code_as_markdown_is_read_as_the_same_code(text: str) -> None:
    code = visible(" ".join(text.split()))
    assert shown(code_span(text)).strip(" ") == code.strip(" ")


@given(WORDS)
def test_a_sentence_is_read_as_the_same_words(text: str) -> None:
    words = "".join(piece.text for piece in pieces(" ".join(text.split())))
    assert shown(markdown_sentence(text)).split() == visible(words).split()


@given(st.lists(WORDS, min_size=1, max_size=5))
def test_no_line_closes_the_fence(lines: list[str]) -> None:
    tokens = GITHUB.parse("\n".join(fenced(lines, "python")))
    assert [token.type for token in tokens] == ["fence"]
    assert tokens[0].content == "".join(visible(line) + "\n" for line in lines)


@given(st.text())
def test_what_is_visible_can_be_printed(text: str) -> None:
    assert all(c.isprintable() or c == "\t" for c in visible(text))


@pytest.mark.parametrize("text", ["https://evil.example", "www.evil.example", "a@evil.example"])
def test_no_bare_address_becomes_a_link(text: str) -> None:
    assert not re.search(r"https?://|www\.|\w@", markdown_text(text))


@pytest.mark.parametrize(
    "path", ["command:x", "javascript:alert(1)", "untitled:Untitled-1", "relative.py", ""]
)
def test_only_a_file_on_the_disk_is_linked(path: str) -> None:
    assert file_link(path, 3) is None


@pytest.mark.parametrize("path", ["/a b/c).py", "/x](command:y).py", "/<b>.py", "/`x`.py", "/é\ud800.py"])
def test_a_hostile_file_name_stays_inside_its_link(path: str) -> None:
    link = markdown_link("line 1", file_link(path, 0))
    tokens = [child for token in GITHUB.parse(link) for child in token.children or []]
    assert [token.type for token in tokens] == ["link_open", "text", "link_close"]
    assert str(tokens[0].attrs["href"]).startswith("file:///")


def test_names_are_told_from_words() -> None:
    said = [
        piece.text
        for piece in pieces('load() reads stats["alive"] of `x y`, e.g. in Django 4.1. It ends.')
        if piece.is_code
    ]
    assert said == ["load()", 'stats["alive"]', "x y"]
    said = [piece.text for piece in pieces("Use await asyncio.sleep or f(g(), 1) (or not).") if piece.is_code]
    assert said == ["await asyncio.sleep", "f(g(), 1)"]


def test_a_sentence_begins_with_a_capital_unless_it_begins_with_a_name() -> None:
    assert opened("the body of buy() does not run") == "The body of buy() does not run"
    assert opened("each.save() is never awaited") == "each.save() is never awaited"
    assert opened("ready is a local here") == "ready is a local here"


def test_the_names_of_a_chain_are_names() -> None:
    said = [
        p.text for p in pieces("load() blocks: load > Client.fetch > get. A plain word is none.") if p.is_code
    ]
    assert said == ["load()", "load", "Client.fetch", "get"]
