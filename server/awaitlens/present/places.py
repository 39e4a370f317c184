"""How reports name places: paths as people type them, the function around a line, a fingerprint that survives drift."""

from __future__ import annotations

import os
import re
from functools import lru_cache
from typing import TYPE_CHECKING

from awaitlens.pitfall import Finding
from awaitlens.source import Source

if TYPE_CHECKING:
    from awaitlens.comments import Layout

_DEFINITION = re.compile(r"([ \t]*)(?:async[ \t]+def|def|class)[ \t]+(\w+)")
_INDENT = re.compile(r"[ \t]*")


def shown_path(path: str, folder: str) -> str:
    """The path as it is shown: relative to `folder` where it lies under it, with forward slashes."""
    base = folder if folder.endswith(os.sep) else folder + os.sep
    shown = path[len(base) :] if path.startswith(base) else path
    return shown.replace(os.sep, "/")


def enclosing_qualname(source: Source, line: int) -> str:
    """The classes and functions around a line, joined by dots; "" at the top of the file.

    Judged by indentation, so it also answers in code that does not parse. A definition's own line is inside it.
    """
    layout = _layout(source)
    names: list[str] = []
    line = layout.statement_at(line)[0]
    limit = _indent(source.line_text(line)) + 1
    while line >= 0 and limit > 0:
        line = layout.statement_at(line)[0]
        text = source.line_text(line)
        indent = _indent(text)
        if indent < limit and text.strip() and not text.lstrip().startswith("#"):
            if found := _DEFINITION.match(text):
                names.append(found[2])
            limit = indent
        line -= 1
    return ".".join(reversed(names))


@lru_cache(maxsize=2)
def _layout(source: Source) -> Layout:
    """The findings of one file are asked about one after the other."""
    from awaitlens.comments import Layout

    return Layout(source)


def fingerprint(shown: str, source: Source, finding: Finding) -> str:
    """The same for the same finding as long as its file, function and wording of code stay: lines may come and go.

    White space and line breaks in the code do not count.
    """
    from hashlib import blake2b

    snippet = " ".join(source.slice(finding.span).split())
    parts = (shown, finding.pitfall, enclosing_qualname(source, finding.span.line), snippet)
    return blake2b("\0".join(parts).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _indent(text: str) -> int:
    indent = _INDENT.match(text)
    return len(indent[0].expandtabs(8)) if indent else 0
