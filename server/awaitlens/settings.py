"""What the user decided: plain values, read from files and clients at the edge, passed down from there."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Version = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Settings:
    """The decisions that change what is found or said about one folder.

    `python` and `django` are the versions the user's code targets, as (major, minor); `asgiref` likewise as
    (major, minor, patch). None means unknown: then only what is true for every supported version is said.
    `select` and `ignore` hold pitfall names, law names or "ALL"; an empty `select` means the defaults.
    `severity` maps a pitfall's name to "error", "warning", "information", "hint" or "off".
    `blocking` and `not_blocking` hold dotted names of functions the user vouches for.
    `hints` names the kinds of hints in the line that are on; `ascii_hints` draws their signs with ASCII letters only.
    `code_lens` and `semantic_tokens` switch on what stands above functions, and the marking of atomic sections.
    `async_tests` says which async tests pytest runs: "auto" all, "marked" those with a marker, "none" (no plugin for them
    is installed), "" where nobody knows.
    `interpreter` is the one that runs the code, or its virtual environment; "" where that is looked for.
    `exclude` and the patterns of `per_file_ignores` are written as in a .gitignore that lies in the folder `root`.
    """

    python: Version | None = None
    django: Version | None = None
    asgiref: tuple[int, int, int] | None = None
    select: frozenset[str] = frozenset()
    ignore: frozenset[str] = frozenset()
    severity: tuple[tuple[str, str], ...] = ()
    blocking: frozenset[str] = frozenset()
    not_blocking: frozenset[str] = frozenset()
    exclude: tuple[str, ...] = ()
    per_file_ignores: tuple[tuple[str, frozenset[str]], ...] = ()
    show_possible: bool = False
    hints: frozenset[str] = field(default=frozenset({"threads", "switches"}))
    ascii_hints: bool = False
    code_lens: bool = False
    semantic_tokens: bool = False
    interpreter: str = ""
    root: str = ""
    async_tests: Literal["", "auto", "marked", "none"] = ""
