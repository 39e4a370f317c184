"""What was found last time, kept in one SQLite file.

A record is a value in parts, of which only those are read that are needed, and the texts it was worked out from. It is
written in one transaction, and many processes may read and write at once. Whatever goes wrong with the file (no room, no right to write, rubbish in it) means: no cache, said
once in the log.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import sys
import time
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from awaitlens.index.packing import Malformed, from_bytes, to_bytes

if TYPE_CHECKING:
    import sqlite3

log = logging.getLogger("awaitlens")

_KEPT = 20
"""Records kept; the least recently used go."""
_SCHEMA = """
DROP TABLE IF EXISTS records;
CREATE TABLE IF NOT EXISTS parts (key BLOB, part TEXT, used REAL, value BLOB, PRIMARY KEY (key, part));
CREATE TABLE IF NOT EXISTS texts (key BLOB, path TEXT, text BLOB, PRIMARY KEY (key, path)) WITHOUT ROWID;
"""


class Cache:
    """Records by key. Nothing here raises over the state of the file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._told = False

    def read(self, key: bytes, part: str) -> Any:
        """A part of the record, None if there is none. Another process may have written since another part was read."""
        with self._tolerant(), self._open() as connection:
            found = connection.execute("SELECT value FROM parts WHERE key = ? AND part = ?", (key, part))
            row = found.fetchone()
            return None if row is None else from_bytes(row[0])
        return None

    def text(self, key: bytes, path: str) -> str | None:
        """The text of a file as it was for the record."""
        with self._tolerant(), self._open() as connection:
            row = connection.execute(
                "SELECT text FROM texts WHERE key = ? AND path = ?", (key, path)
            ).fetchone()
            return None if row is None else zlib.decompress(row[0]).decode("utf-8", "surrogatepass")
        return None

    def write(self, key: bytes, parts: Mapping[str, Any], texts: Mapping[str, bytes]) -> None:
        """Keep parts of a record. `texts` are those that are new, packed."""
        with self._tolerant(), self._open() as connection:
            now = time.time()
            rows = [(key, part, now, to_bytes(value)) for part, value in parts.items()]
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany("INSERT OR REPLACE INTO parts VALUES (?, ?, ?, ?)", rows)
            new = ((key, path, text) for path, text in texts.items())
            connection.executemany("INSERT OR REPLACE INTO texts VALUES (?, ?, ?)", new)
            self._clean(connection)
            connection.execute("COMMIT")

    @staticmethod
    def _clean(connection: sqlite3.Connection) -> None:
        old = connection.execute(
            "SELECT key FROM parts GROUP BY key ORDER BY max(used) DESC LIMIT -1 OFFSET ?", (_KEPT,)
        )
        for (key,) in old.fetchall():
            connection.execute("DELETE FROM parts WHERE key = ?", (key,))
            connection.execute("DELETE FROM texts WHERE key = ?", (key,))

    @contextlib.contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        import sqlite3

        self._path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(self._path, timeout=5, isolation_level=None)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.executescript(_SCHEMA)
            yield connection
        finally:
            connection.close()

    @contextlib.contextmanager
    def _tolerant(self) -> Iterator[None]:
        import sqlite3

        try:
            yield
        except sqlite3.OperationalError as error:
            self._tell(error)
        except (sqlite3.DatabaseError, Malformed, zlib.error, UnicodeDecodeError) as error:
            self._tell(error)
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

    def read(self, key: bytes, part: str) -> Any:
        return None

    def text(self, key: bytes, path: str) -> str | None:
        return None

    def write(self, key: bytes, parts: Mapping[str, Any], texts: Mapping[str, bytes]) -> None:
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


def digest(*parts: object) -> bytes:
    """A key that tells these values apart; their `repr` must be the same in every process."""
    found = hashlib.blake2b(digest_size=16)
    for part in parts:
        found.update(part if isinstance(part, bytes) else repr(part).encode("utf-8", "surrogatepass"))
        found.update(b"\0")
    return found.digest()


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
