"""After any edits, an open document says what a fresh look at its text says."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from awaitlens.session import Change, Session
from awaitlens.source import Span

PATH = "/shop/views.py"
TEXT = '''\
import asyncio
import time
from .helper import load

stats = {"alive": 0}


class Shop:
    """Sells books."""

    limit = 3

    def __init__(self, client):
        self.client = client

    async def open(self):
        time.sleep(1)
        asyncio.create_task(self.close())
        return "ä𝒳" + self.name

    async def close(self):
        pass


async def fetch(site):
    alive = stats["alive"]
    await asyncio.sleep(1)
    stats["alive"] = alive + 1
    load()


def main():
    asyncio.run(fetch("x"))
'''

PIECES = st.sampled_from(
    ["", "x", " ", "\n", "    ", "(", ")", '"', '"""', "#", "\\", "await ", "async ", "time.sleep(1)", "\n\n\ndef f():\n",
     "class A:\n    ", "\r\n", "\f", "𝒳", ":", "global stats\n", "@", "import time as t\n", "\t"]
)  # fmt: skip


def spans(text: str) -> st.SearchStrategy[tuple[int, int]]:
    size = st.integers(0, 12) | st.integers(0, 400)
    return st.tuples(st.integers(0, len(text)), size).map(lambda p: (p[0], min(len(text), p[0] + p[1])))


def position(text: str, offset: int) -> tuple[int, int]:
    from awaitlens.source import Source

    source = Source(PATH, text)
    line = max(n for n, start in enumerate(source.starts) if start <= offset)
    if line >= len(source.lines):
        return (
            (line, 0)
            if text.endswith(("\n", "\r")) or not text
            else (line - 1, len(source.line_text(line - 1)))
        )
    return line, offset - source.starts[line]


@st.composite
def edits(draw: st.DrawFn) -> list[tuple[Change, str]]:
    text, made = TEXT, []
    for _ in range(draw(st.integers(1, 5))):
        start, end = draw(spans(text))
        piece = draw(PIECES)
        (line, column), (end_line, end_column) = position(text, start), position(text, end)
        from awaitlens.source import Source

        source = Source(PATH, text)
        start, end = source.offset(line, column), source.offset(end_line, end_column)
        text = text[:start] + piece + text[end:]
        made.append((Change(Span(line, column, end_line, end_column), piece), text))
    return made


@settings(max_examples=150, deadline=None)
@given(edits())
def test_edits_come_to_the_same_as_a_fresh_look(steps: list[tuple[Change, str]]) -> None:
    session = Session()
    session.open(PATH, TEXT, 0)
    session.snapshot(PATH)
    for version, (change, text) in enumerate(steps, 1):
        session.change(PATH, [change], version)
        snapshot = session.snapshot(PATH)
        fresh = Session()
        fresh.open(PATH, text, version)
        assert snapshot.source.text == text
        assert session.program.files[PATH].blocks == fresh.program.files[PATH].blocks
        assert snapshot.findings == fresh.snapshot(PATH).findings


def test_a_helper_that_starts_to_block_lights_up_its_callers() -> None:
    session = Session()
    session.open("/shop/helper.py", "def load():\n    return 1\n", 1)
    session.open(PATH, TEXT, 1)
    before = session.snapshot(PATH)
    session.change("/shop/helper.py", [Change(Span(1, 11, 1, 12), "open('x').read()")], 2)
    assert PATH in session.affected() or session.snapshot(PATH).findings == before.findings


def test_closing_a_document_gives_the_disk_its_say() -> None:
    disk = {"/shop/helper.py": b"import time\nasync def load():\n    time.sleep(1)\n"}
    session = Session(read_file=disk.get)
    session.open("/shop/helper.py", "", 1)
    assert session.snapshot("/shop/helper.py").findings == ()
    session.close("/shop/helper.py")
    assert "load" in session.program.files["/shop/helper.py"].globals


def test_what_was_given_back_is_read_again(tmp_path: Path) -> None:
    """A missed alarm, should memory be given back too early: the helper's text is needed after every edit."""
    (tmp_path / "helper.py").write_text(
        "import time\n\ndef load():\n    time.sleep(1)\n\ndef other():\n    time.sleep(1)\n"
    )
    view = str(tmp_path / "view.py")
    session = Session(read_file=lambda path: Path(path).read_bytes() if Path(path).is_file() else None)
    session.open(view, "from helper import load\n\nasync def view():\n    load()\n", 0)
    told = [session.snapshot(view).findings]
    session.program.release()
    session.change(view, [Change(Span(4, 0, 4, 0), "\nasync def more():\n    load()\n")], 1)
    told.append(session.snapshot(view).findings)
    session.program.release()
    session.change(view, [Change(Span(0, 19, 0, 23), "other as load")], 2)
    told.append(session.snapshot(view).findings)
    assert [sum(f.pitfall == "blocking-call-chain" for f in found) for found in told] == [1, 2, 2]
