"""The lanes of a trail side by side, and the few words in the line."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from tests.present.examples import Example, blocking_chain, lost_update, transaction_in_async

from awaitlens.pitfall import Step
from awaitlens.present.columns import len_displayed
from awaitlens.present.hints import Glyphs, atomic, blocks, coloured, hints_for, others_may_run, runs_on
from awaitlens.present.timeline import drawn, timeline_of
from awaitlens.source import Span

STEPS = st.builds(Step, st.builds(Span, st.integers(0, 9999), st.just(0), st.just(0), st.just(1)), st.text("ab 漢é", max_size=60),
                  st.sampled_from(["", "/a/b.py"]), st.sampled_from(["task 1", "task 2", "worker thread", ""]))  # fmt: skip


def test_one_actor_has_no_timeline() -> None:
    assert timeline_of(blocking_chain().finding.trail) is None


def test_a_race_is_drawn_side_by_side() -> None:
    timeline = timeline_of(lost_update().finding.trail)
    assert timeline is not None
    assert drawn(timeline)[:4] == [
        "line | task 1                                | task 2",
        "-----+---------------------------------------+---------------------",
        '   9 | reads stats["alive"]                  |',
        "  10 | waits, others run here                |",
    ]


@given(st.lists(STEPS, min_size=2, max_size=8))
def test_words_are_wrapped_and_none_is_lost(trail: list[Step]) -> None:
    timeline = timeline_of(trail)
    if timeline is None:
        return
    text = drawn(timeline)
    said = " ".join(text[2:]).replace(" ", "").replace("|", "")
    assert all(word in said for step in trail for word in step.words.split() if len(word) < 12)
    assert max(map(len_displayed, text[:2])) <= 76


def labels(example: Example, glyphs: Glyphs = "ascii") -> list[tuple[int, str, str]]:
    found = hints_for([example.finding], {example.pitfall.name: example.pitfall}, example.source, glyphs)
    return [(hint.line, hint.category, hint.label) for hint in found]


def test_a_race_says_where_others_run() -> None:
    assert labels(lost_update()) == [(9, "switches", "<> others may run here")]


def test_a_thread_pitfall_names_the_threads() -> None:
    assert labels(transaction_in_async()) == [
        (7, "threads", "-> event loop"),
        (8, "threads", "-> worker thread"),
        (9, "threads", "-> worker thread"),
    ]


def test_a_blocking_chain_is_named_and_leads_to_what_waits() -> None:
    example = blocking_chain()
    (hint,) = hints_for([example.finding], {example.pitfall.name: example.pitfall}, example.source)
    assert hint.label == "■ blocks here: load > fetch > requests.get"
    assert hint.at == example.finding.trail[-1]
    assert hint.column == len(example.source.line_text(hint.line))


def test_what_does_not_block_is_not_said_to_block() -> None:
    example = blocking_chain()
    raising = example.finding._replace(
        message="load() raises SynchronousOnlyOperation in async code", trail=()
    )
    assert labels(replace(example, finding=raising)) == []
    bare = example.finding._replace(message="time.sleep blocks the event loop", trail=())
    assert labels(replace(example, finding=bare)) == [(6, "blocking", "# blocks here: time.sleep")]


def test_a_finding_without_a_pitfall_gives_no_hint() -> None:
    assert hints_for([lost_update().finding], {}, lost_update().source) == ()


def test_wordings() -> None:
    assert (
        runs_on("the event loop", "called from view()").label == "runs on the event loop, called from view()"
    )
    assert others_may_run("stats").tooltip.endswith("What was read from stats before may be old afterwards.")
    assert blocks(["load", "requests.get"]).label == "blocks here: load > requests.get"
    assert len(blocks(["x" * 100]).label) == 60
    assert atomic(3, 5).label == "atomic to line 6"
    assert coloured("load", "async").tooltip.startswith("load is async")
