"""A keystroke looks at one block again, and at no other that it cannot have changed; what it may have changed, it does."""

from __future__ import annotations

import pytest

from awaitlens.session import Change, Session
from awaitlens.source import Source, Span

PATH = "/shop/client.py"
TEXT = """\
import asyncio


class Client:
    def __init__(self, socket):
        self.socket = socket

    async def send(self, data):
        if self.socket:
            await asyncio.sleep(0)
            self.socket.write(data)

    async def close(self):
        # The socket goes.
        await asyncio.sleep(1)
        self.closed = True


def total(orders):
    return sum(orders)
"""


@pytest.fixture
def session() -> Session:
    session = Session()
    session.open(PATH, TEXT, 1)
    session.snapshot(PATH)
    return session


def typed(session: Session, before: str, new: str, version: int = 2) -> None:
    source = session.documents[PATH].source
    start = source.text.index(before) + len(before)
    line = source.text.count("\n", 0, start)
    column = start - source.starts[line]
    session.change(PATH, [Change(Span(line, column, line, column), new)], version)


@pytest.mark.parametrize("before", ["asyncio.sleep(1", "# The socket", "asyncio.sleep(0"])
def test_one_block_is_looked_at(session: Session, before: str) -> None:
    typed(session, before, "2")
    assert len(session.documents[PATH].waiting) == 1, session.documents[PATH].waiting
    assert session.is_cheap(PATH)


def test_what_another_method_sets_back_is_seen_at_once(session: Session) -> None:
    """Missed alarm: the check in send() rests on the body of close()."""
    assert [f.pitfall for f in session.snapshot(PATH).findings] == []
    typed(session, "self.closed = True", "; self.socket = None")
    assert [f.pitfall for f in session.snapshot(PATH).findings] == ["checked-then-reset"]


def test_what_is_no_longer_set_back_is_forgotten_at_once(session: Session) -> None:
    """False alarm."""
    typed(session, "self.closed = True", "; self.socket = None")
    session.snapshot(PATH)
    typed(session, "self.socket = None", "2", 3)
    assert [f.pitfall for f in session.snapshot(PATH).findings] == []


def test_an_edit_of_what_does_not_parse_equals_a_fresh_look(session: Session) -> None:
    """Both alarms: the short way is not taken past a block that others may have to join."""
    for version, (before, new) in enumerate(
        [("sum(orders", "["), ("asyncio.sleep(1", "2"), ("sum(orders[", "0]"), ("asyncio.sleep(12", "3")], 2
    ):
        typed(session, before, new, version)
        text = session.documents[PATH].source.text
        fresh = Session()
        fresh.open(PATH, text, version)
        assert session.program.files[PATH].blocks == fresh.program.files[PATH].blocks
        assert session.snapshot(PATH).findings == fresh.snapshot(PATH).findings
        assert session.snapshot(PATH).source == Source(PATH, text, version)


def test_a_suppression_that_is_typed_counts_at_once(session: Session) -> None:
    """False alarm."""
    typed(session, "self.closed = True", "; self.socket = None")
    found = session.snapshot(PATH).findings[0]
    line = session.documents[PATH].source.line_text(found.span.line)
    typed(session, line, "  # awaitlens: ignore", 3)
    typed(session, "# awaitlens: ignore", "[checked-then-reset]", 4)
    assert session.snapshot(PATH).findings == ()
