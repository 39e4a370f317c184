"""A deck tells a finding slide by slide, and a lesson heading by heading."""

from __future__ import annotations

from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.present.examples import EXAMPLES, Example, Make, blocking_chain, lost_update, transaction_in_async

from awaitlens.pitfall import Edit, Patch
from awaitlens.present.change import Advice, advice_of, changed_lines
from awaitlens.present.deck_markdown import SEPARATOR, markdown_slides, render_markdown
from awaitlens.present.excerpt import excerpt
from awaitlens.present.slides import Change, Deck, Listing, Slide, Trail, deck_for_finding, deck_for_lesson
from awaitlens.present.timeline import Timeline
from awaitlens.source import Source, Span


def deck_of(example: Example) -> Deck:
    return deck_for_finding(example.finding, example.pitfall, example.source, example.patches, example.others)


T = TypeVar("T")


def part_of(slide: Slide, kind: type[T]) -> T:
    return next(part for part in slide.parts if isinstance(part, kind))


@pytest.mark.parametrize("make", EXAMPLES.values(), ids=EXAMPLES)
def test_a_deck_is_code_then_steps_then_repair_then_law(make: Make) -> None:
    example = make()
    slides = deck_of(example).slides
    assert slides[0].heading == example.finding.message
    assert [slide.is_step for slide in slides[1:-2]] == [True] * len(example.finding.trail)
    assert slides[-2].heading == example.patches[0].title
    assert slides[-1].law is example.pitfall.law


def test_the_timeline_grows_step_by_step() -> None:
    steps = [slide for slide in deck_of(lost_update()).slides if slide.is_step]
    told = [part_of(slide, Timeline) for slide in steps]
    assert [len(timeline.rows) for timeline in told] == [1, 2, 3, 4, 5, 6]
    assert [timeline.now for timeline in told] == [0, 1, 2, 3, 4, 5]
    assert told[0].lanes == ("task 1", "task 2")


def test_each_step_shows_its_own_file_and_line() -> None:
    steps = [slide for slide in deck_of(blocking_chain()).slides if slide.is_step]
    assert [(slide.place.path, slide.place.line) for slide in steps if slide.place] == [
        ("/srv/shop/prices.py", 6),
        ("/srv/shop/rates.py", 5),
        ("/srv/shop/rates.py", 9),
    ]
    for slide in steps:
        listing = part_of(slide, Listing)
        assert [line.number for line in listing.lines if line.focus] == [
            slide.place.line if slide.place else None
        ]
    assert [len(part_of(slide, Trail).steps) for slide in steps] == [1, 2, 3]


def test_marks_stay_beside_their_lines_and_one_is_now() -> None:
    last = [slide for slide in deck_of(blocking_chain()).slides if slide.is_step][-1]
    marks = {line.number: line.marks for line in part_of(last, Listing).lines if line.marks}
    assert {number: [mark.now for mark in here] for number, here in marks.items()} == {5: [False], 9: [True]}


def test_a_file_that_is_not_at_hand_is_told_without_code() -> None:
    example = blocking_chain()
    deck = deck_for_finding(example.finding, example.pitfall, example.source, ())
    assert [any(isinstance(part, Listing) for part in slide.parts) for slide in deck.slides[1:4]] == [
        True,
        False,
        False,
    ]


def test_a_place_counts_as_editors_do() -> None:
    example = blocking_chain()
    source = Source("/srv/emoji.py", 'x = "😀"; load()\n')
    finding = example.finding.__class__(Span(0, 9, 0, 15), "load() blocks.")
    place = deck_for_finding(finding, example.pitfall, source, ()).slides[0].place
    assert place is not None and (place.line, place.column) == (0, 10)


def test_the_repair_is_a_change() -> None:
    change = part_of(deck_of(lost_update()).slides[-2], Change)
    assert [str(line) for line in change.lines if line.kind != "same"] == [
        '-     alive = stats["alive"]',
        '+         alive = stats["alive"]',
    ]


def test_advice_is_code_to_look_at() -> None:
    slide = deck_of(transaction_in_async()).slides[-2]
    assert slide.kicker == "What to do"
    assert part_of(slide, Listing).lines[0].text == "@sync_to_async"


@pytest.mark.parametrize(
    ("advice", "words", "lines", "is_code"),
    [
        ("Use one lock: hold it longer.", "Hold it longer.", (), False),
        ("Hold it longer.", "Hold it longer.", (), False),
        ("    await ready.wait()\n", "", ("await ready.wait()",), True),
        ("x = 1\nthe other side: x.set()", "", ("x = 1", "the other side: x.set()"), False),
        ("", "", (), True),
    ],
)
def test_advice_is_words_or_lines(advice: str, words: str, lines: tuple[str, ...], is_code: bool) -> None:
    assert advice_of(Patch("Use one lock", "show", advice=advice)) == Advice(words, lines, is_code)


@pytest.mark.parametrize("make", EXAMPLES.values(), ids=EXAMPLES)
def test_a_lesson_is_one_slide_a_heading(make: Make) -> None:
    pitfall = make().pitfall
    slides = deck_for_lesson(pitfall).slides
    assert len(slides) == 2 + len(pitfall.lesson.slides)
    bad = next(slide for slide, told in zip(slides[1:], pitfall.lesson.slides) if told.kind == "bad")
    marked = [line for line in part_of(bad, Listing).lines if line.marks]
    assert [line.focus for line in marked] == [True]
    assert "^^^" not in "".join(line.text for line in part_of(bad, Listing).lines)


def test_a_deck_in_markdown_can_be_paged_through() -> None:
    for make in EXAMPLES.values():
        deck = deck_of(make())
        assert render_markdown(deck).split(f"\n\n{SEPARATOR}\n\n")[0] == markdown_slides(deck)[0]
        assert render_markdown(deck).split("\n").count(SEPARATOR) == len(deck.slides) - 1


@given(
    st.lists(st.sampled_from(["---", "--", "# x", "```", "", "x = 1", "\x0c"]), min_size=1, max_size=12),
    st.data(),
)
def test_no_line_of_code_separates_slides(lines: list[str], data: st.DataObject) -> None:
    example = lost_update()
    line = data.draw(st.integers(0, len(lines) - 1))
    source = Source("/srv/x.py", "\n".join(lines))
    patch = Patch("Take it out", "safe", (Edit(Span(line, 0, line, len(lines[line])), "--"),))
    finding = example.finding.__class__(Span(line, 0, line, 1), "---")
    deck = deck_for_finding(finding, example.pitfall, source, [patch])
    assert render_markdown(deck).split("\n").count(SEPARATOR) == len(deck.slides) - 1


@given(
    st.lists(
        st.sampled_from(["", "    x = 1", "def f():", "class A:", "    def g(self):", "@d"]), max_size=60
    ),
    st.data(),
)
def test_an_excerpt_shows_every_line_asked_for(lines: list[str], data: st.DataObject) -> None:
    source = Source("/srv/x.py", "\n".join(lines))
    asked = data.draw(st.lists(st.integers(0, len(lines) + 2), max_size=4))
    shown = excerpt(source, asked)
    assert set(shown) >= {line for line in asked if line < len(source.lines)}
    assert list(shown) == sorted(set(shown))
    assert all(0 <= line < len(source.lines) for line in shown)


@given(st.lists(st.sampled_from(["a", "b", "", "c d"]), max_size=20), st.text("ab\n", max_size=8), st.data())
def test_a_change_takes_out_and_puts_in_what_the_edit_does(
    lines: list[str], text: str, data: st.DataObject
) -> None:
    source = Source("/srv/x.py", "".join(line + "\n" for line in lines))
    start, end = sorted(data.draw(st.tuples(st.integers(0, len(lines)), st.integers(0, len(lines)))))
    new = text + "\n" if text else ""
    patch = Patch("x", "safe", (Edit(Span(start, 0, end, 0), new),))
    edited = lines[:start] + new.split("\n")[:-1] + lines[end:]
    change = changed_lines(source, patch, context=100)
    kept = [line for line in lines if line] if change else edited
    if change:
        assert [line.text for line in change if line.kind != "in" and line.text] == kept
        assert [line.text for line in change if line.kind != "out" and line.text] == [x for x in edited if x]
    else:
        assert edited == lines


def test_a_step_far_from_the_others_is_shown_alone() -> None:
    """A missed alarm of the eye: among lines of other functions the step itself stood off the screen."""
    filler = "".join(f"    a{n} = {n}\n" for n in range(30))
    source = Source(
        "/a.py", f"@cached\ndef first():\n{filler}    call()\n\n\ndef second():\n{filler}    wait()\n"
    )
    call, wait = source.text.count("\n", 0, source.text.index("call")), len(source.lines) - 1
    assert {0, 1, call} - set(excerpt(source, [call], [wait])) == {0}
    assert wait not in excerpt(source, [call], [wait]) and wait in excerpt(source, [wait], [call])


def test_steps_of_one_short_function_are_shown_together() -> None:
    source = Source("/a.py", "def f():\n    a = 1\n    b = 2\n    c = 3\n")
    assert excerpt(source, [1], [3]) == (0, 1, 2, 3)
