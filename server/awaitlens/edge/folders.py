"""The client's folders and the settings that count in each.

What an editor sends for a folder outweighs the files that lie in it. Which folder a file belongs to is decided by
whole path components: `/work/shop-old` does not lie in `/work/shop`.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from awaitlens.configuration import Configuration
from awaitlens.edge.client import Json
from awaitlens.edge.convert import path_of
from awaitlens.settings import Settings

log = logging.getLogger("awaitlens.edge")

SECTION = "awaitlens"


class Folders:
    """Configurations by folder; the one under "" is for files that lie in none."""

    def __init__(self) -> None:
        self._configurations: dict[str, Configuration] = {"": Configuration()}
        self._uris: dict[str, str] = {}
        self._homes: dict[str, str] = {}
        self._told: set[str] = set()

    @property
    def roots(self) -> tuple[str, ...]:
        return tuple(self._uris)

    def uris(self) -> list[str | None]:
        """The scopes to ask the client's configuration for: nowhere first, then each folder."""
        return [None, *self._uris.values()]

    def add(self, uri: str) -> None:
        path = path_of(uri)
        self._uris[path] = uri
        self._homes.clear()
        self._configurations[path] = Configuration(editor=self._configurations[""].editor)

    def remove(self, uri: str) -> None:
        self._uris.pop(path_of(uri), None)
        self._configurations.pop(path_of(uri), None)
        self._homes.clear()

    def settings_for(self, path: str) -> Settings:
        return self._configurations[self._folder_of(path)].settings_for(path)

    def configure(self, values: Mapping[str | None, object]) -> bool:
        """Take over what the client sent per scope; whether anything changed. None stands for every folder."""
        changed = False
        everywhere = _table(values.get(None))
        for path, configuration in self._configurations.items():
            table = _table(values.get(self._uris.get(path))) or everywhere
            if table != configuration.editor:
                configuration.editor, changed = table, True
                configuration.refresh()
        return changed

    def new_problems(self) -> list[str]:
        """What was not understood in the settings read so far, each thing once."""
        found = [str(problem) for each in self._configurations.values() for problem in each.problems]
        new = [problem for problem in dict.fromkeys(found) if problem not in self._told]
        self._told.update(new)
        return new

    def refresh(self) -> None:
        """Files that decide may have changed on the disk."""
        for configuration in self._configurations.values():
            configuration.refresh()

    def root_of(self, path: str) -> str:
        """The folder a file's modules are imported from, as far as one can tell: the client's, or the file's own."""
        return self._folder_of(path) or str(PurePath(path).parent)

    def _folder_of(self, path: str) -> str:
        """The innermost folder that holds the file, "" if none does. Asked several times with each keystroke."""
        home = self._homes.get(path)
        if home is None:
            home = self._homes[path] = self._innermost(path)
        return home

    def _innermost(self, path: str) -> str:
        parts = PurePath(path)
        holding = [root for root in self._uris if root == path or PurePath(root) in parts.parents]
        return max(holding, key=len, default="")


def initial_folders(params: Json) -> list[str]:
    """The folders' URIs in an `initialize` message, however old the client's way to say it is."""
    folders = params.get("workspaceFolders")
    if isinstance(folders, list):
        return [f["uri"] for f in folders if isinstance(f, dict) and isinstance(f.get("uri"), str)]
    root = params.get("rootUri") or params.get("rootPath")
    return [root] if isinstance(root, str) else []


def initial_options(params: Json) -> object:
    """The settings among the initialization options: under "settings", under the section's name, or bare."""
    options = params.get("initializationOptions")
    return own_section(options.get("settings", options)) if isinstance(options, dict) else None


def own_section(settings: object) -> object:
    """The values for this server in what a client sends, which may be the section itself or what holds it."""
    return settings.get(SECTION, settings) if isinstance(settings, dict) else None


def _table(value: object) -> dict[str, Any]:
    """Editors send null for what the user never set."""
    table = value if isinstance(value, dict) else {}
    return {key: item for key, item in table.items() if item is not None}
