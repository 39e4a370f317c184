"""How cases of the blocking family are written down and looked at."""

from __future__ import annotations

import textwrap
from typing import NamedTuple

from awaitlens.engine import check_texts
from awaitlens.pitfall import Finding
from awaitlens.settings import Settings

FAMILY = frozenset(
    {
        "blocking-sleep",
        "blocking-http",
        "blocking-subprocess",
        "blocking-file-io",
        "blocking-input",
        "blocking-database",
        "blocking-thread-wait",
        "blocking-socket-dns",
        "blocking-cpu",
        "blocking-call-chain",
        "blocking-callback",
        "loop-never-yields",
        "thread-offload-called-eagerly",
        "nested-event-loop",
        "orm-call-in-async",
        "sync-django-api-in-async",
    }
)


class Bug(NamedTuple):
    """A bug as it was met, and as it was repaired. Files are parted by lines like `--- helper.py`; the first is `app.py`."""

    story: str
    pitfall: str
    line: str
    bad: str
    good: str


def files(text: str) -> dict[str, str]:
    name, lines, found = "app.py", list[str](), dict[str, str]()
    for line in textwrap.dedent(text).strip("\n").splitlines(keepends=True):
        if line.startswith("--- "):
            found[name], lines, name = "".join(lines), [], line[4:].strip()
        else:
            lines.append(line)
    return {**found, name: "".join(lines)}


def findings(text: str, settings: Settings | None = None) -> list[tuple[str, Finding]]:
    texts = files(text)
    program = check_texts(texts, settings or Settings(select=FAMILY))
    return [
        (texts[path].splitlines()[finding.span.line].strip(), finding)
        for path in texts
        for finding in program.findings(path)
    ]


def told(text: str, settings: Settings | None = None) -> list[tuple[str, str]]:
    return [(line, finding.pitfall) for line, finding in findings(text, settings)]
