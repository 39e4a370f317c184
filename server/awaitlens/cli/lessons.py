"""`explain` and `rules`: the lessons, told in the terminal."""

from __future__ import annotations

import json
import sys

from awaitlens.cli.arguments import CouldNotRun, Options
from awaitlens.pitfall import Law
from awaitlens.pitfalls import pitfalls
from awaitlens.present.terminal import (
    columns_of,
    law_markdown,
    lesson_markdown,
    rules_lines,
    write_lines,
    write_markdown,
)
from awaitlens.spelling import did_you_mean
from awaitlens.suppression import UNUSED

_ABOUT_UNUSED = f"""# A suppression that silences nothing

`{UNUSED}`, warning, on by default, has a fix

The code it was written for has changed, or its name is misspelt. Left alone it would hide the next finding on its line.
Nothing is said about pitfalls that are switched off, nor in a file that does not parse."""


def explain(options: Options) -> int:
    """Tell a pitfall's lesson, or a law with its pitfalls."""
    name, known = options.name, pitfalls()
    laws = {law.slug: law for law in Law} | {str(law.number): law for law in Law}
    if name in known:
        markdown = lesson_markdown(known[name])
    elif name in laws:
        markdown = law_markdown(laws[name], known)
    elif name == UNUSED:
        markdown = _ABOUT_UNUSED
    else:
        names = [*known, *(law.slug for law in Law), UNUSED]
        raise CouldNotRun(f"there is no pitfall or law called {name!r}{did_you_mean(name, names)}")
    write_markdown(markdown, sys.stdout)
    return 0


def rules(options: Options) -> int:
    """List all pitfalls, by law."""
    if options.output_format != "json":
        write_lines(rules_lines(pitfalls(), columns_of(sys.stdout)), sys.stdout)
        return 0
    listed = [
        {
            "name": pitfall.name,
            "law": pitfall.law.slug,
            "title": pitfall.lesson.title,
            "severity": pitfall.severity,
            "default": pitfall.default,
            "fix": pitfall.fix is not None,
        }
        for _, pitfall in sorted(pitfalls().items())
    ]
    print(json.dumps(listed, indent=2, ensure_ascii=False))
    return 0
