"""From paths to findings: reading the files, and the one place where the command line calls the engine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

from awaitlens.pitfall import Brief, Finding, Patch
from awaitlens.settings import Settings
from awaitlens.source import Source, UndecodableSource
from awaitlens.workspace import Files, reason_to_skip

if TYPE_CHECKING:
    from awaitlens.index.cache import Cache
    from awaitlens.index.workspace import Workspace

SettingsFor = Callable[[str], Settings]
Progress = Callable[[str, int, int], None]


class CheckedProgram(Protocol):
    """What is known about files that were checked: what the settings leave of their findings, the pitfalls of those in
    short, their repairs, best first."""

    def may_say(self, path: str) -> bool: ...

    def reported(self, path: str) -> Sequence[Finding]: ...

    def brief(self, pitfall: str) -> Brief | None: ...

    def patches(self, path: str, finding: Finding) -> Sequence[Patch]: ...


class Reading(NamedTuple):
    """Sources by absolute path, why others could not be read, and which were left out for what they hold."""

    sources: Mapping[str, Source]
    unreadable: Mapping[str, str]
    skipped: tuple[tuple[str, str], ...]
    workspace: Workspace | None = None
    """What was found in them, where that is known already."""


def read_sources(paths: Iterable[str], named: frozenset[str], progress: Progress) -> Reading:
    """Read files. `named` are those the user named outright: they are never left out for what they hold."""
    paths = tuple(paths)
    sources: dict[str, Source] = {}
    unreadable: dict[str, str] = {}
    skipped: list[tuple[str, str]] = []
    for number, path in enumerate(paths):
        progress("reading", number, len(paths))
        try:
            source = Source.from_bytes(path, Path(path).read_bytes())
        except UndecodableSource as error:
            unreadable[path] = str(error).removeprefix(f"{path}: ")
            continue
        except OSError as error:
            unreadable[path] = error.strerror or str(error)
            continue
        if path not in named and (reason := reason_to_skip(source.text)):
            skipped.append((path, reason))
        else:
            sources[path] = source
    return Reading(sources, unreadable, tuple(skipped))


def check_workspace(
    files: Files, named: frozenset[str], settings_for: SettingsFor, cache: Cache, progress: Progress
) -> Reading:
    """Read and check files, with what is known from the last time."""
    from awaitlens.index.workspace import Workspace

    workspace = Workspace(files, named, settings_for, cache)
    workspace.check(progress)
    return Reading(workspace.sources, workspace.unreadable, tuple(workspace.skipped), workspace)


def check_sources(sources: Mapping[str, Source], settings_for: SettingsFor) -> CheckedProgram:
    """Check files that belong together."""
    from awaitlens.index.check import CheckedFiles
    from awaitlens.index.outside import folders_of

    folders = folders_of({path.rpartition("/")[0] + "/" for path in sources}, settings_for)
    program = CheckedFiles(sources, settings_for, read_file=_text_on_disk, package_folders=folders)
    program.check(list(sources))
    return program


def _text_on_disk(path: str) -> str | None:
    try:
        return Source.from_bytes(path, Path(path).read_bytes()).text
    except (OSError, UndecodableSource):
        return None
