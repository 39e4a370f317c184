"""What the edge asks of the analysis: the narrow interface between the two, and its real other side."""

from __future__ import annotations

import gc
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol, TypeVar

from awaitlens import session as real
from awaitlens.pitfall import Finding, Patch
from awaitlens.program.modules import FileFacts
from awaitlens.program.ondemand import FileOnDemand
from awaitlens.program.program import Program, module_name
from awaitlens.session import Change
from awaitlens.settings import Settings
from awaitlens.source import Source, Span, UndecodableSource
from awaitlens.workspace import LARGEST_FILE, files_of, reason_to_skip

T = TypeVar("T")

log = logging.getLogger("awaitlens.edge")

SettingsFor = Callable[[str], Settings]
Report = Callable[[int, int], bool]
"""Called with files done and files in all; False means: stop."""

_MOST_FILES = 30_000
"""A folder with more files is not read ahead; files that open ones import are read when they are needed."""


class Snapshot(Protocol):
    """One document at one version, frozen: every question about it may be asked in any thread."""

    @property
    def path(self) -> str: ...
    @property
    def source(self) -> Source: ...
    @property
    def findings(self) -> tuple[Finding, ...]: ...
    @property
    def settings(self) -> Settings: ...
    def at(self, span: Span) -> tuple[Finding, ...]: ...
    def patches(self, finding: Finding) -> tuple[Patch, ...]: ...
    def ask(self, question: Callable[[Program, FileFacts], T]) -> T | None: ...


class Session(Protocol):
    """Open documents over the disk. Paths are file system paths, or the whole URI for what lies in no file."""

    def open(self, path: str, text: str, version: int | None) -> None: ...
    def change(self, path: str, changes: Sequence[Change], version: int | None) -> None: ...
    def close(self, path: str) -> None: ...
    def snapshot(self, path: str) -> Snapshot: ...
    def is_cheap(self, path: str) -> bool: ...
    def affected(self) -> Sequence[str]: ...
    def consult(self, question: Callable[[Program], T]) -> T | None: ...
    def survey(self, path: str) -> Snapshot | None: ...
    def file_changed(self, path: str) -> None: ...
    def settings_changed(self) -> None: ...
    def rest(self) -> None: ...


TakeIn = Callable[[Session], None]


@dataclass(frozen=True)
class Analysis:
    """How a session is made for folders, and how those folders are read ahead of need (in a thread).

    What was read is handed to the session by calling the result.
    """

    make_session: Callable[[SettingsFor, tuple[str, ...]], Session]
    read_ahead: Callable[[tuple[str, ...], SettingsFor, Report], TakeIn]


def read_bytes(path: str) -> bytes | None:
    """A file's bytes; None for what is no file, cannot be read, is too large to be a program, or is a notebook's."""
    if path.endswith(".ipynb"):
        return None
    try:
        file = Path(path)
        return file.read_bytes() if file.is_absolute() and file.stat().st_size <= LARGEST_FILE else None
    except (OSError, ValueError):
        return None


def source_on_disk(path: str) -> Source | None:
    data = read_bytes(path)
    try:
        return Source.from_bytes(path, data) if data is not None else None
    except UndecodableSource:
        return None


def _make_session(settings_for: SettingsFor, roots: tuple[str, ...]) -> Session:
    return real.Session(settings_for, read_bytes, roots)


def _read_ahead(roots: tuple[str, ...], settings_for: SettingsFor, report: Report) -> TakeIn:
    """Read every file under the roots. Whole disks and home folders are left alone."""
    home = str(Path.home())
    roots = tuple(root for root in roots if root != home and not home.startswith(root.rstrip("/") + "/"))
    paths = files_of(roots, settings_for).paths
    if len(paths) > _MOST_FILES:
        log.info("%d files under %s: too many to be read ahead", len(paths), ", ".join(roots))
        return _nothing
    packages = {path.rpartition("/")[0] for path in paths if path.endswith("/__init__.py")}
    files: list[FileFacts] = []
    for number, path in enumerate(paths):
        if not report(number, len(paths)):
            return _nothing
        file = FileOnDemand(path, module_name(path, packages), partial(_text_on_disk, path))
        # What is defined and imported where has to be known; the rest is read again when it is needed.
        files.append(file)
        file.release_text()
    return partial(_take_in, files)


def _text_on_disk(path: str) -> str:
    source = source_on_disk(path)
    return source.text if source is not None and not reason_to_skip(source.text) else ""


def _take_in(files: list[FileFacts], session: Session) -> None:
    assert isinstance(session, real.Session)
    session.index(files)
    gc.freeze()


def _nothing(_: Session) -> None:
    """Nothing was read."""


REAL = Analysis(_make_session, _read_ahead)
