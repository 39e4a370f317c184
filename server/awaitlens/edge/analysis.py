"""What the edge asks of the session: the narrow interface between the protocol and the analysis.

`open`, `change` and `close` are called on the event loop and must be quick. `snapshot` is called there only when
`is_cheap` says so, otherwise in a thread, one call at a time, while further changes may arrive: it answers for the
text it found when it began.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol, runtime_checkable

from awaitlens.pitfall import Finding, Patch, Step
from awaitlens.settings import Settings
from awaitlens.source import Source, Span

Report = Callable[[int, int], bool]
"""Called with files done and files in all; False means: stop."""


class Change(NamedTuple):
    """Replace what is under `span` (None: the whole text) by `text`; in code points of the text before the change."""

    span: Span | None
    text: str


class Hint(Protocol):
    """A few words to be shown in the line, before `column`. `at` is the place that proves them."""

    @property
    def line(self) -> int: ...
    @property
    def column(self) -> int: ...
    @property
    def label(self) -> str: ...
    @property
    def tooltip(self) -> str: ...
    @property
    def category(self) -> str: ...
    @property
    def at(self) -> Step | None: ...


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
    def hints(self, span: Span) -> Sequence[Hint]: ...


class Session(Protocol):
    """Open documents over the disk. Paths are file system paths, or the whole URI for what lies in no file."""

    def open(self, path: str, text: str, version: int | None) -> None: ...
    def change(self, path: str, changes: Sequence[Change], version: int | None) -> None: ...
    def close(self, path: str) -> None: ...
    def source(self, path: str) -> Source | None:
        """The text as it is now, of open documents and of files known; None when there is none."""

    def snapshot(self, path: str) -> Snapshot: ...
    def is_cheap(self, path: str) -> bool:
        """Whether `snapshot` would take a millisecond or so."""

    def affected(self) -> Sequence[str]: ...
    def disk_changed(self, paths: Sequence[str]) -> None:
        """These files were created, changed or deleted on the disk."""

    def reconfigure(self) -> None:
        """The settings may have changed."""


@runtime_checkable
class Indexes(Protocol):
    """A session that reads whole folders. Called in a thread."""

    def index(self, roots: Sequence[str], report: Report) -> None: ...
