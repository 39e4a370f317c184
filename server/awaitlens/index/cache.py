"""What was found last time, kept in one SQLite file.

A record is a value in parts, of which only those are read that are needed; among them are the texts it was worked out from.
All that is read of a record is of one moment, and it is written in one transaction, unless another process has written since:
many processes may read and write at once. Whatever goes wrong with the file (no room, no right to write, rubbish in it)
means: no cache, said once in the log.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from awaitlens.index.packing import Malformed, from_bytes, to_bytes

if TYPE_CHECKING:
    import sqlite3
    from hashlib import blake2b
else:
    # As hashlib does, which loads OpenSSL as well: that took 2 ms of the 130 of a check with nothing to do.
    try:
        from _blake2 import blake2b
    except ImportError:
        from hashlib import blake2b

log = logging.getLogger("awaitlens")

_KEPT = 40
"""Records kept; the least recently used go."""
_LAYOUT = 2
_SCHEMA = f"""
DROP TABLE IF EXISTS records;
DROP TABLE IF EXISTS parts;
DROP TABLE IF EXISTS texts;
CREATE TABLE records (key BLOB PRIMARY KEY, version BLOB, used REAL) WITHOUT ROWID;
CREATE TABLE parts (key BLOB, kind TEXT, name TEXT, value BLOB, PRIMARY KEY (key, kind, name)) WITHOUT ROWID;
PRAGMA user_version = {_LAYOUT};
"""


class Written(NamedTuple):
    """Parts of a record by name: values; texts by path, packed; lists of names by number. None for what is gone."""

    values: Mapping[str, Any]
    texts: Mapping[str, bytes | None]
    lists: Mapping[int, Any]

    def rows(self) -> Iterator[tuple[str, str, bytes | None]]:
        """Each part with its kind, in the order in which they are stored."""
        yield from (("list", str(number), to_bytes(value)) for number, value in self.lists.items())
        yield from (("text", path, text) for path, text in sorted(self.texts.items()))
        for name, value in self.values.items():
            yield "value", name, None if value is None else to_bytes(value)


class Cache:
    """Records by key. Nothing here raises over the state of the file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._told = False
        self._reading: sqlite3.Connection | None = None

    def value(self, key: bytes, name: str) -> Any:
        """A part of the record, None if there is none."""
        return self._read(key, "value", name, from_bytes)

    def names(self, key: bytes, number: int) -> Any:
        """A list of names, None if there is none."""
        return self._read(key, "list", str(number), from_bytes)

    def text(self, key: bytes, path: str) -> str | None:
        """The text of a file as it was for the record."""
        found: str | None = self._read(key, "text", path, _unpacked_text)
        return found

    def close(self) -> None:
        """Read of a later moment from now on."""
        if self._reading is not None:
            self._reading.close()
            self._reading = None

    def write(self, key: bytes, before: bytes, version: bytes, written: Written) -> None:
        """Keep parts of a record beside those of the version `before`, or a whole new record where that is b""."""
        self.close()
        with self._tolerant(), contextlib.closing(self._opened()) as connection:
            connection.execute("BEGIN IMMEDIATE")
            known = connection.execute("SELECT version FROM records WHERE key = ?", (key,)).fetchone()
            if before and known != (before,):
                connection.execute("ROLLBACK")
                return
            if not before:
                connection.execute("DELETE FROM parts WHERE key = ?", (key,))
            for kind, name, value in written.rows():
                if value is None:
                    statement = "DELETE FROM parts WHERE key = ? AND kind = ? AND name = ?"
                    connection.execute(statement, (key, kind, name))
                else:
                    connection.execute(
                        "INSERT OR REPLACE INTO parts VALUES (?, ?, ?, ?)", (key, kind, name, value)
                    )
            connection.execute("INSERT OR REPLACE INTO records VALUES (?, ?, ?)", (key, version, time.time()))
            self._clean(connection)
            connection.execute("COMMIT")

    @staticmethod
    def _clean(connection: sqlite3.Connection) -> None:
        old = connection.execute("SELECT key FROM records ORDER BY used DESC LIMIT -1 OFFSET ?", (_KEPT,))
        for (key,) in old.fetchall():
            connection.execute("DELETE FROM parts WHERE key = ?", (key,))
            connection.execute("DELETE FROM records WHERE key = ?", (key,))

    def _read(self, key: bytes, kind: str, name: str, unpacked: Callable[[bytes], Any]) -> Any:
        with self._tolerant():
            if self._reading is None:
                self._reading = self._opened()
                self._reading.execute("BEGIN")
            statement = "SELECT value FROM parts WHERE key = ? AND kind = ? AND name = ?"
            row = self._reading.execute(statement, (key, kind, name)).fetchone()
            return None if row is None else unpacked(row[0])
        return None

    def _opened(self) -> sqlite3.Connection:
        import sqlite3

        self._path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(self._path, timeout=5, isolation_level=None)
        try:
            if connection.execute("PRAGMA user_version").fetchone() != (_LAYOUT,):
                connection.execute("PRAGMA journal_mode = WAL")
                connection.executescript(_SCHEMA)
            connection.execute("PRAGMA synchronous = NORMAL")
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    @contextlib.contextmanager
    def _tolerant(self) -> Iterator[None]:
        import sqlite3

        try:
            yield
        except sqlite3.OperationalError as error:
            self._tell(error)
        except (sqlite3.DatabaseError, Malformed, zlib.error, UnicodeDecodeError) as error:
            self._tell(error)
            self.close()
            for suffix in ("", "-wal", "-shm"):
                with contextlib.suppress(OSError):
                    Path(f"{self._path}{suffix}").unlink()
        except OSError as error:
            self._tell(error)

    def _tell(self, error: Exception) -> None:
        if not self._told:
            self._told = True
            log.warning("no cache: %s: %s", self._path, error)


class NoCache(Cache):
    """Remembers nothing."""

    def __init__(self) -> None:
        super().__init__(Path(os.devnull))

    def _read(self, key: bytes, kind: str, name: str, unpacked: Callable[[bytes], Any]) -> Any:
        return None

    def write(self, key: bytes, before: bytes, version: bytes, written: Written) -> None:
        return


def default_cache() -> Cache:
    """In the folder that AWAITLENS_CACHE_DIR names ("" for none), else where the system keeps caches."""
    folder = os.environ.get("AWAITLENS_CACHE_DIR")
    if folder is None:
        from platformdirs import user_cache_dir

        folder = user_cache_dir("awaitlens", appauthor=False)
    return Cache(Path(folder) / "cache.sqlite") if folder else NoCache()


def packed_text(text: str) -> bytes:
    return zlib.compress(text.encode("utf-8", "surrogatepass"), 1)


def _unpacked_text(packed: bytes) -> str:
    return zlib.decompress(packed).decode("utf-8", "surrogatepass")


def digest(*parts: object) -> bytes:
    """A key that tells these values apart; their `repr` must be the same in every process."""
    found = blake2b(digest_size=16)
    for part in parts:
        found.update(part if isinstance(part, bytes) else repr(part).encode("utf-8", "surrogatepass"))
        found.update(b"\0")
    return found.digest()


def content_digest(data: bytes) -> bytes:
    """Eight bytes that tell this content from another one."""
    return blake2b(data, digest_size=8).digest()


def tool_digest() -> bytes:
    """Differs between versions of AwaitLens, of Python, and between states of AwaitLens' own code."""
    root = Path(__file__).parents[1]
    return digest(sys.version, sorted(_states(str(root))))


def _states(folder: str) -> Iterator[tuple[str, int, int]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith((".py", ".tsv")):
                status = entry.stat()
                yield entry.path, status.st_mtime_ns, status.st_size
            elif entry.name != "__pycache__" and entry.is_dir():
                yield from _states(entry.path)
