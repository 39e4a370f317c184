"""The file that remembers: whatever happens to it, a check goes on without."""

from __future__ import annotations

import logging
import sqlite3
from pathlib import Path

import pytest

from awaitlens.index.cache import Cache, NoCache, Written, default_cache, digest, packed_text, tool_digest
from awaitlens.index.processes import share_out


def test_a_record_and_its_texts_come_back(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "deep" / "cache.sqlite")
    assert cache.value(b"k", "p") is None
    cache.write(
        b"k",
        b"",
        b"1",
        Written({"p": {"a": (1, "ä")}, "q": 2}, {"/a.py": packed_text("x = '\ud800'\n")}, {7: {"n": b"1"}}),
    )
    assert Cache(tmp_path / "deep" / "cache.sqlite").value(b"k", "p") == {"a": (1, "ä")}
    assert cache.text(b"k", "/a.py") == "x = '\ud800'\n"
    assert cache.text(b"k", "/b.py") is None
    assert cache.names(b"k", 7) == {"n": b"1"}
    cache.write(b"k", b"1", b"2", Written({"q": 3}, {"/a.py": None}, {}))
    assert cache.text(b"k", "/a.py") is None
    assert (cache.value(b"k", "p"), cache.value(b"k", "q")) == ({"a": (1, "ä")}, 3)


def test_rubbish_is_thrown_away(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "cache.sqlite"
    path.write_bytes(b"this is no database, and long enough to be looked at" * 50)
    with caplog.at_level(logging.WARNING, "awaitlens"):
        assert Cache(path).value(b"k", "p") is None
    assert len(caplog.records) == 1
    cache = Cache(path)
    cache.write(b"k", b"", b"1", Written({"p": 1}, {}, {}))
    assert cache.value(b"k", "p") == 1


def test_where_nothing_can_be_written_there_is_no_cache(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("")
    cache = Cache(tmp_path / "file" / "cache.sqlite")
    with caplog.at_level(logging.WARNING, "awaitlens"):
        cache.write(b"k", b"", b"1", Written({"p": 1}, {}, {}))
        assert cache.value(b"k", "p") is None
    assert len(caplog.records) == 1


def test_a_reader_does_not_wait_for_a_writer(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache.sqlite")
    cache.write(b"k", b"", b"1", Written({"p": 1}, {}, {}))
    writer = sqlite3.connect(tmp_path / "cache.sqlite", isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    writer.execute("DELETE FROM parts")
    assert cache.value(b"k", "p") == 1
    writer.close()
    assert cache.value(b"k", "p") == 1


def test_what_is_read_is_of_one_moment_and_nothing_is_kept_beside_a_later_version(tmp_path: Path) -> None:
    mine, other = Cache(tmp_path / "cache.sqlite"), Cache(tmp_path / "cache.sqlite")
    other.write(b"k", b"", b"1", Written({"p": 1, "q": 1}, {}, {}))
    assert mine.value(b"k", "p") == 1
    other.write(b"k", b"1", b"2", Written({"p": 2, "q": 2}, {}, {}))
    assert mine.value(b"k", "q") == 1
    mine.write(b"k", b"1", b"3", Written({"q": 3}, {}, {}))
    assert (mine.value(b"k", "p"), mine.value(b"k", "q")) == (2, 2)


def test_the_oldest_records_go(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache.sqlite")
    for number in range(45):
        cache.write(
            bytes([number]), b"", b"1", Written({"p": number, "q": 0}, {"/a.py": packed_text("")}, {})
        )
    assert cache.value(b"\0", "p") is None
    assert cache.text(b"\0", "/a.py") is None
    assert cache.value(b"\x2c", "p") == 44


def test_the_place_can_be_chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWAITLENS_CACHE_DIR", str(tmp_path))
    cache = default_cache()
    cache.write(b"k", b"", b"1", Written({"p": 1}, {}, {}))
    assert (tmp_path / "cache.sqlite").exists()
    monkeypatch.setenv("AWAITLENS_CACHE_DIR", "")
    assert isinstance(default_cache(), NoCache)


def test_digests_tell_values_apart() -> None:
    assert digest("a", "b") != digest("ab", "") != digest("a", b"b")
    assert tool_digest() == tool_digest()


@pytest.mark.parametrize("processes", [1, 2])
def test_a_process_that_dies_leaves_its_work_to_this_one(processes: int) -> None:
    import os

    here = os.getpid()

    def work(number: int) -> bytes:
        if number == 3 and os.getpid() != here:
            os._exit(9)
        return bytes([number])

    assert sorted(share_out(work, 8, processes)) == [(n, bytes([n])) for n in range(8)]
