"""Saves in worker threads: which of them write one file at once, and which cannot."""

from __future__ import annotations

import logging
import textwrap

import pytest

from awaitlens import engine
from awaitlens.rewrite.apply import apply
from awaitlens.settings import Settings

STORE = """
    import asyncio
    import os
    import threading
    from uuid import uuid4

    class Store:
        def __init__(self, path):
            self.path = path

        async def save(self, text):
            HOP

        def _write(self, text):
            WRITE

        def _write_to(self, path, text):
            with open(path, "w") as file:
                file.write(text)
    """
WRITE = "with open(self.path, 'w') as file: file.write(text)"
HOP = "await asyncio.to_thread(self._write, text)"


def checked(hop: str, write: str) -> engine.Checked:
    text = textwrap.dedent(STORE).replace("HOP", hop).replace("WRITE", write)
    return engine.check_texts({"module.py": text}, Settings(select=frozenset({"saved-from-two-threads"})))


def told(hop: str = HOP, write: str = WRITE) -> list[str]:
    return [finding.pitfall for finding in checked(hop, write).findings("module.py")]


@pytest.mark.parametrize(
    "hop",
    [
        HOP,
        "await asyncio.get_running_loop().run_in_executor(None, self._write, text)",
        "await self.hass.async_add_executor_job(self._write, text)",
        "await asyncio.to_thread(self._write_to, self.path, text)",
    ],
)
def test_every_way_into_a_thread_counts(hop: str) -> None:
    """Missed alarms."""
    assert told(hop) == ["saved-from-two-threads"]


@pytest.mark.parametrize(
    "write",
    [
        "os.rename(self.path, self.path + '.old')",
        "os.replace(self.path + '.tmp', self.path)",
        "with self.path.open('wb') as file: file.write(text)",
        "self.path.with_suffix('.json').write_text(text)",
        "name = f'{self.path}.json'; open(name, mode='w').write(text)",
        "open(os.path.join(self.folder, 'state'), 'w').write(text)",
    ],
)
def test_every_way_to_write_a_file_of_that_name_counts(write: str) -> None:
    """Missed alarms."""
    assert told(write=write) == ["saved-from-two-threads"]


@pytest.mark.parametrize(
    "write",
    [
        "with open(self.path) as file: file.read()",
        "with open(self.path, 'a') as file: file.write(text)",
        "name = f'{self.path}.{uuid4().hex}'; open(name, 'w').write(text); os.replace(name, self.path)",
        "with self._lock, open(self.path, 'w') as file: file.write(text)",
        "self.text = self.text.replace('a', text)",
        "open(text, 'w').write('')",
    ],
)
def test_what_two_threads_may_do_at_once(write: str) -> None:
    """False alarms: a read, an addition, a name of its own, a lock of threads, no file, a name that comes with the call."""
    assert told(write=write) == []


def test_a_name_made_of_itself_is_followed_once(caplog: pytest.LogCaptureFixture) -> None:
    """A crash, and a false alarm: such a name came with the call, and was asked for without end."""
    with caplog.at_level(logging.ERROR, logger="awaitlens"):
        hop = "text = os.path.join(self.folder, text); await asyncio.to_thread(self._write_to, text + '.json', '')"
        assert told(hop) == []
    assert caplog.records == []


@pytest.mark.parametrize(
    "hop",
    [
        f"async with self._lock: {HOP}",
        f"async with self.lock_for(text): {HOP}",
        "await asyncio.get_running_loop().run_in_executor(self._pool, self._write, text)",
        "await asyncio.to_thread(self._write_to, text, text)",
        "name = text + '.json'\n        def write(): open(name, 'w').write(text)\n        await asyncio.to_thread(write)",
        f"if self.saving: return\n        self.saving = True; {HOP}",
    ],
)
def test_saves_that_wait_for_each_other(hop: str) -> None:
    """False alarms: a lock, a pool that may have one thread, another file each time (twice), a flag."""
    assert told(hop) == []


def test_who_repaired_it_with_a_lock_is_left_alone() -> None:
    here = checked(HOP, WRITE)
    (finding,) = here.findings("module.py")
    (patch,) = here.patches("module.py", finding)
    text = textwrap.dedent(STORE).replace("HOP", HOP).replace("WRITE", WRITE)
    repaired = apply(text, patch.edits)
    assert "self._write_lock = asyncio.Lock()" in repaired
    settings = Settings(select=frozenset({"saved-from-two-threads"}))
    assert engine.check_texts({"module.py": repaired}, settings).findings("module.py") == ()
