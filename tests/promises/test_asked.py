"""A call that comes or goes stirs those who asked for callers, where it may be one of them, and nobody else."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from awaitlens.index import workspace as index
from awaitlens.index.cache import Cache
from awaitlens.index.workspace import Workspace
from awaitlens.session import Change, Session
from awaitlens.settings import Settings
from awaitlens.source import Span
from awaitlens.workspace import files_of

ASKING = """import asyncio


class Job:
    def __init__(self, loop):
        self.loop = loop


def finish(loop: asyncio.AbstractEventLoop):
    loop.call_soon(print)
"""
CALLING = """import threading

from jobs import finish


def start(loop):
    pass
"""
STRANGE = CALLING.replace("from jobs import finish\n\n", "\ndef finish(loop):\n    print(loop)\n\n")
HANDED = "threading.Thread(target=finish, args=[loop]).start()"


def found(session: Session, path: str) -> set[str]:
    return {finding.pitfall for finding in session.snapshot(path).findings}


def session_with(caller: str) -> Session:
    session = Session(lambda path: Settings())
    session.open("/app/jobs.py", ASKING, 1)
    session.open("/app/caller.py", caller, 1)
    session.snapshot("/app/jobs.py")
    session.snapshot("/app/caller.py")
    return session


def hand_over(session: Session, caller: str) -> None:
    line = caller.split("\n").index("    pass")
    session.change("/app/caller.py", [Change(Span(line, 4, line, 8), HANDED)], 2)


def test_a_function_that_is_handed_to_a_thread_is_seen_at_once() -> None:
    session = session_with(CALLING)
    assert "loop-call-from-thread" not in found(session, "/app/jobs.py")
    hand_over(session, CALLING)
    assert "loop-call-from-thread" in found(session, "/app/jobs.py")


def test_a_namesake_that_no_import_leads_from_stirs_nobody() -> None:
    session = session_with(STRANGE)
    epoch = session.program.epoch
    hand_over(session, STRANGE)
    assert "loop-call-from-thread" not in found(session, "/app/jobs.py")
    assert session.program.epoch == epoch


def test_an_import_in_a_function_that_leads_to_the_asker_is_seen_at_once() -> None:
    """Missed otherwise: the call was there before, and nothing else of what others see of the function has changed."""
    text = (
        "import threading\n\n\ndef start(loop):\n    threading.Thread(target=finish, args=[loop]).start()\n"
    )
    session = session_with(text)
    assert "loop-call-from-thread" not in found(session, "/app/jobs.py")
    session.change("/app/caller.py", [Change(Span(4, 0, 4, 0), "    from jobs import finish\n")], 2)
    assert "loop-call-from-thread" in found(session, "/app/jobs.py")


def test_an_import_in_a_function_that_leads_nowhere_stirs_nobody() -> None:
    session = session_with(CALLING)
    epoch = session.program.epoch
    line = CALLING.split("\n").index("    pass")
    session.change(
        "/app/caller.py", [Change(Span(line, 0, line, 0), "    import time\n    time.sleep(1)\n")], 2
    )
    session.snapshot("/app/caller.py")
    assert session.program.epoch == epoch


def checked(folder: Path, cache: Cache) -> Workspace:
    files = files_of([str(folder)], lambda path: Settings())
    workspace = Workspace(files, frozenset(), lambda path: Settings(), cache)
    workspace.check(lambda *_: None)
    workspace.keep()
    return workspace


@pytest.mark.parametrize(("caller", "looked_at"), [(CALLING, 2), (STRANGE, 1)])
def test_the_next_check_looks_again_where_callers_may_have_come(
    caller: str, looked_at: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index, "tool_digest", lambda: b"")
    again: list[str] = []
    look_at = Workspace._look_at
    monkeypatch.setattr(Workspace, "_look_at", lambda self, paths, p: (again.extend({*paths.files, *(path for path, _ in paths.blocks)}), look_at(self, paths, p)))  # type: ignore[func-returns-value]  # fmt: skip
    cache = Cache(tmp_path / "cache.sqlite")
    files = {"jobs.py": ASKING, "caller.py": caller, **{f"idle{n}.py": "" for n in range(6)}}
    for step, text in enumerate((caller, caller.replace("    pass", f"    {HANDED}"))):
        files["caller.py"] = text
        for name, each in files.items():
            if not (tmp_path / name).exists() or (tmp_path / name).read_text() != each:
                (tmp_path / name).write_text(each)
                os.utime(tmp_path / name, (1_000_000_000 + step, 1_000_000_000 + step))
        again.clear()
        workspace = checked(tmp_path, cache)
    told = {finding.pitfall for finding in workspace.reported(str(tmp_path / "jobs.py"))}
    assert len(again) == looked_at
    assert ("loop-call-from-thread" in told) == (caller is CALLING)
