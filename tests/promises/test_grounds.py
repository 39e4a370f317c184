"""What findings rest on is the same whether it was written at once, or in part later."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from awaitlens.index.grounds import Grounds, Notes, Unit, function_key, function_name, unit_key
from awaitlens.index.packing import from_bytes, to_bytes
from awaitlens.program.memory import Asked

PATHS = ["a.py", "b.py", "c.py"]
NUMBERS = {path: number for number, path in enumerate(PATHS)}
UNITS = st.builds(unit_key, st.sampled_from(PATHS), st.integers(0, 2))
FUNCTIONS = st.builds(function_key, st.sampled_from(PATHS), st.sampled_from(["f", "g", "C.h", ""]))
ASKED = st.builds(
    Asked, st.sampled_from(["called", "defined"]), st.sampled_from("fg"), st.sampled_from(["", *PATHS])
)
NOTES = st.builds(
    Notes,
    st.dictionaries(UNITS, st.sets(st.sampled_from(PATHS), min_size=1)),
    st.dictionaries(UNITS, st.sets(FUNCTIONS, min_size=1)),
    st.dictionaries(UNITS, st.sets(ASKED, min_size=1)),
    st.dictionaries(FUNCTIONS, st.sets(FUNCTIONS, min_size=1)),
)
GONE = st.sets(st.builds(Unit, st.integers(0, 2), st.integers(0, 2)))


def told(grounds: Grounds) -> object:
    """All that can be asked of them, without the numbers that questions and functions have."""
    names = [function_name(number, name) for number in NUMBERS.values() for name in ("f", "g", "C.h", "")]
    return (
        [grounds.reading({number}) for number in NUMBERS.values()],
        [grounds.running([name]) for name in names],
        [grounds.running([], {number}) for number in NUMBERS.values()],
        {tuple(question): grounds.asking({number}) for number, *question in grounds.questions()},
    )


@given(NOTES, st.lists(st.tuples(GONE, st.sets(st.integers(0, 2)), NOTES), max_size=3))
def test_what_came_later_is_read_back_beside_what_was_packed(first, later):
    grounds = Grounds()
    grounds.add(first, NUMBERS)
    packed, since = to_bytes(grounds.packed()), None
    for units, files, notes in later:
        again = Grounds(from_bytes(packed), since and from_bytes(since))
        for each in (grounds, again):
            each.forget(units, files)
            each.add(notes, NUMBERS)
        assert again.is_new or told(again) == told(Grounds(from_bytes(packed), since and from_bytes(since)))
        since = to_bytes(again.since())
        assert told(again) == told(grounds) == told(Grounds(from_bytes(packed), from_bytes(since)))
        assert told(Grounds(from_bytes(to_bytes(again.packed())))) == told(grounds)
