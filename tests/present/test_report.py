"""The report of a check for people: who does what side by side, or step by step with where it is."""

from __future__ import annotations

import re
from dataclasses import replace

from tests.present.examples import Example, blocking_chain, lost_update

from awaitlens.pitfall import Step
from awaitlens.present.report import Told, full
from awaitlens.present.styled import plain


def reported(example: Example) -> str:
    told = Told(
        "shop/sites.py", "/srv", example.source, example.finding, example.pitfall.law, example.patches[0]
    )
    return plain(full([told]))


def test_two_tasks_stand_side_by_side_under_the_code() -> None:
    text = reported(lost_update())
    assert "line | task 1 " in text
    assert re.search(r"^ +9 \| +\| reads the same value$", text, re.MULTILINE)
    assert "sites.py:9" not in text


def test_calls_into_other_files_are_a_list_of_places() -> None:
    assert "  2. load() calls fetch()  shop/rates.py:6" in reported(blocking_chain())


def test_tasks_that_meet_in_two_files_are_a_list_of_places() -> None:
    """A missed alarm: a table has line numbers and no paths, so a reader would look in the wrong file."""
    example = lost_update()
    away = Step(example.finding.trail[2].span, "reads it elsewhere", "/srv/shop/other.py", "task 2")
    trail = (example.finding.trail[0], away)
    text = reported(replace(example, finding=example.finding._replace(trail=trail)))
    assert "  2. task 2: reads it elsewhere  shop/other.py:9" in text
