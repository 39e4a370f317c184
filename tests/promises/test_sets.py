"""Sets of numbers in arrays are what a dict of sets would be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awaitlens.index.sets import Sets

KEYS = st.one_of(st.integers(0, 20), st.integers(0, 2**40))
MEMBERS = st.one_of(st.integers(0, 3), st.integers(0, 2**32 - 1), st.sampled_from([0x01010101, 0x01000001]))
TABLES = st.dictionaries(KEYS, st.sets(MEMBERS))


def made(table: dict[int, set[int]]) -> Sets:
    sets = Sets()
    for key, members in table.items():
        sets[key] = members
    return sets


@given(TABLES, TABLES, st.sets(MEMBERS, max_size=40), KEYS, KEYS)
def test_they_answer_as_a_dict_of_sets_does(before, after, numbers, low, high):
    sets, model = Sets(made(before).packed()), {**before, **after}
    for key, members in after.items():
        sets[key] = members
    for each in (sets, Sets(sets.packed())):
        assert {key: set(each[key]) for key in each} == {k: m for k, m in model.items() if m}
        assert {key: set(each[key]) for key in model} == model
        assert each.holding(numbers) == {k for k, m in model.items() if m & numbers}
        assert each.between(low, high) == {k for k, m in model.items() if m and low <= k < high}


@given(TABLES)
def test_what_is_read_back_and_not_changed_is_packed_alike(table):
    packed = made(table).packed()
    assert Sets(packed).packed() == packed


@pytest.mark.parametrize(
    "packed", [(), (b"", b"", b"abcd"), (b"12345678", b"", b""), (b"123", b"", b""), ({1: (2,)}, {}, {})]
)
def test_what_was_not_packed_here_is_refused(packed):
    with pytest.raises((TypeError, ValueError)):
        Sets(packed)
