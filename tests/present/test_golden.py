"""What every pitfall says about its own Bad examples is what somebody last read and found good."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.present.golden import FOLDER, check, decks, found, golden_text, hover_of

from awaitlens.pitfall import Pitfall
from awaitlens.pitfalls import pitfalls
from awaitlens.present.deck_html import render_html
from awaitlens.present.hover import SCREEN

every_pitfall = pytest.mark.parametrize("pitfall", pitfalls().values(), ids=pitfalls().keys())

FALSE = (
    r"sync_to_async calls run in different threads",
    r"Django detects a forgotten await",
    r"await always yields",
    r"always loses updates",
    r"thread-safe because",
    r"get_event_loop is removed",
    r"asyncio\.wait raises",
    r"asyncio\.wait accepts coroutines",
)


@pytest.mark.parametrize("told", sorted(FOLDER.glob("*.md")), ids=lambda path: path.stem)
def test_hover_and_deck_are_as_last_read(told: Path) -> None:
    now = golden_text(pitfalls()[told.stem])
    assert now == told.read_text("utf-8"), "read the new text, then run: python -m tests.present.golden"


@every_pitfall
def test_every_hover_fits_one_screen(pitfall: Pitfall) -> None:
    for slide in pitfall.lesson.of_kind("bad"):
        checked = check(pitfall, slide)
        for path, finding in found(checked, pitfall):
            assert len(hover_of(checked, pitfall, path, finding).splitlines()) <= SCREEN


@every_pitfall
def test_every_deck_can_be_drawn(pitfall: Pitfall) -> None:
    for deck in decks(pitfall):
        assert render_html(deck).count("<section") == len(deck.slides)


@every_pitfall
def test_nothing_known_to_be_false_is_said(pitfall: Pitfall) -> None:
    text = golden_text(pitfall)
    assert [claim for claim in FALSE if re.search(claim, text, re.IGNORECASE)] == []
