"""Code that is typed, key by key, is told of at every key as a fresh look at the same text tells of it."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator

import pytest
from tests.promises.test_dependencies import EVERYTHING, PROGRAMS

from awaitlens.session import Change, Session
from awaitlens.source import Span

LINES = int(os.environ.get("AWAITLENS_STATES", "2"))
"""Lines retyped in each program."""
TYPED = "value = await self.load(name, key='x')", "self.total = fetch(one)[0]", "return await found.get(1)"


def keys(text: str, dice: random.Random) -> Iterator[tuple[Span, str]]:
    """Some lines typed anew, each key where the one before left the cursor; and a line that was not there before."""
    lines = text.split("\n")
    for _ in range(LINES):
        number = dice.randrange(len(lines))
        line = lines[number]
        start = len(line) - len(line.lstrip())
        if dice.random() < 0.5:
            yield Span(number, start, number, len(line)), ""
            yield from (
                (Span(number, column, number, column), line[column]) for column in range(start, len(line))
            )
        else:
            yield Span(number, len(line), number, len(line)), "\n" + " " * start
            new = dice.choice(TYPED)
            yield from (
                (Span(number + 1, start + at, number + 1, start + at), key) for at, key in enumerate(new)
            )
            lines.insert(number + 1, " " * start + new)


def told(session: Session, paths: Iterator[str] | list[str]) -> dict[str, list[object]]:
    return {path: sorted(map(repr, session.snapshot(path).findings)) for path in paths}


@pytest.mark.parametrize("name", PROGRAMS)
def test_every_key_is_answered_as_a_fresh_look_answers(name: str) -> None:
    files, dice = dict(PROGRAMS[name]), random.Random(name)
    session = Session(lambda path: EVERYTHING)
    for path, text in files.items():
        session.open(path, text, 1)
    told(session, list(files))
    path = dice.choice([path for path, text in files.items() if "async def" in text] or list(files))
    for version, (span, key) in enumerate(keys(files[path], dice), 2):
        session.change(path, [Change(span, key)], version)
        files[path] = session.documents[path].source.text
        if version % 3 and key.isalnum():
            session.snapshot(path)
            continue
        fresh = Session(lambda path: EVERYTHING)
        for other, text in files.items():
            fresh.open(other, text, 1)
        assert told(session, list(files)) == told(fresh, list(files)), files[path]


RACES = """
class Store:
    def __init__(self):
        self.rows = {}

    async def add(self, key, client):
        if key not in self.rows:
            value = await client.load(key)
            self.rows.setdefaul(key, value)
        self.seen = None
"""


def test_a_race_is_seen_with_the_key_that_makes_it_one() -> None:
    """A missed alarm where what is known of a function's flow outlives the edit that changes it; a false one on the way back."""
    line = RACES.split("\n").index("            self.rows.setdefaul(key, value)")
    at = len("            self.rows.setdefaul")
    session = Session(lambda path: EVERYTHING)
    session.open("/store.py", RACES, 1)
    found = [{finding.pitfall for finding in session.snapshot("/store.py").findings}]
    for version, (span, key) in enumerate(
        [
            (Span(line, at, line, at), "t"),
            (Span(line, at, line, at + 1), ""),
            (Span(line, at, line, at), "t"),
        ],
        2,
    ):
        session.change("/store.py", [Change(span, key)], version)
        found.append({finding.pitfall for finding in session.snapshot("/store.py").findings})
    assert ["check-then-await" in pitfalls for pitfalls in found] == [False, True, False, True], found
