"""A build hook: the wheel carries the pages of all lessons, so that a diagnostic's link works without a network."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ShipPages(BuildHookInterface[Any]):
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        self._scratch = tempfile.TemporaryDirectory()
        sys.path.insert(0, str(Path(self.root, "server")))
        try:
            from awaitlens.pitfalls import pitfalls
            from awaitlens.present.pages import html_pages

            for name, text in html_pages(pitfalls()):
                Path(self._scratch.name, name).write_text(text, "utf-8")
        finally:
            sys.path.pop(0)
        build_data["force_include"][self._scratch.name] = "awaitlens/present/offline"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        if version != "editable":
            self._scratch.cleanup()
