"""What is asked of the session itself comes after the edits that were made before."""

from __future__ import annotations

import asyncio
import threading

from awaitlens.edge.analysis import REAL
from awaitlens.edge.turns import Turns
from awaitlens.settings import Settings


def test_work_on_the_newest_state_waits_for_an_edit_on_its_way() -> None:
    turns = Turns(REAL.make_session(lambda path: Settings(), ()))
    may_go_on, done = threading.Event(), list[str]()

    def edit() -> None:
        may_go_on.wait(10)
        done.append("edit")

    async def ask() -> None:
        turns.load(edit)
        asked = asyncio.ensure_future(turns.work_on_newest(lambda: done.append("look")))
        await turns.work(lambda: done.append("frozen snapshot"))
        may_go_on.set()
        await asked

    asyncio.run(ask())
    assert done == ["frozen snapshot", "edit", "look"]
