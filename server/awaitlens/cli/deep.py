"""`check --deep`: jedi is asked about the calls in async code that the program model could not resolve. It takes its time."""

from __future__ import annotations

import os
from collections.abc import Mapping

from awaitlens.cli.checking import CheckedProgram, SettingsFor
from awaitlens.environment import package_folders
from awaitlens.index.check import CheckedFiles
from awaitlens.program.oracle import Oracle, learn, questions
from awaitlens.program.program import Program
from awaitlens.source import Source

_PATIENCE = 60.0
"""Seconds for the questions about one file. Nobody types meanwhile, and a busy machine must not change what is found."""


def check_deeply(sources: Mapping[str, Source], settings_for: SettingsFor) -> CheckedProgram:
    """Check files that belong together, with what jedi knows of them."""
    checked = CheckedFiles(sources, settings_for)
    folder = os.getcwd()  # noqa: PTH109
    oracle = Oracle(folder, package_folders(folder))
    try:
        for path, source in sources.items():
            _ask(oracle, path, source.text, checked.program)
    finally:
        oracle.close()
    checked.check(list(sources))
    return checked


def _ask(oracle: Oracle, path: str, text: str, program: Program) -> None:
    """A long file takes several rounds; blocks that were asked about are not asked about again."""
    while asked := questions(path, program):
        learn(path, oracle.ask(path, text, asked, _PATIENCE), program)
