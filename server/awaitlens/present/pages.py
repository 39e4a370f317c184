"""The documentation pages, made from the lessons: as Markdown for the site, as plain HTML that ships with the package.

One page a pitfall, an index by law and by what the code uses. tools/build_docs.py writes them.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

from awaitlens.lesson import Code
from awaitlens.pitfall import Law, Pitfall
from awaitlens.present.deck_html import environment, our_text
from awaitlens.present.phrase import markdown_sentence
from awaitlens.present.slides import Listing, Part, Prose, Slide, deck_for_lesson

OFFLINE = Path(__file__).parent / "offline"
"""Where the HTML pages lie in an installed package."""

_FAMILIES = {
    "django": "Django",
    "asgiref": "Django",
    "channels": "Django",
    "rest_framework": "Django",
    "requests": "HTTP",
    "httpx": "HTTP",
    "aiohttp": "HTTP",
    "urllib": "HTTP",
    "threading": "Threads and executors",
    "concurrent": "Threads and executors",
    "multiprocessing": "Threads and executors",
    "pytest": "Tests",
    "unittest": "Tests",
    "asyncio": "asyncio",
    "contextlib": "Context managers",
    "time": "The standard library",
    "subprocess": "The standard library",
    "functools": "The standard library",
}
_ELSE = "The language itself"


class Group(NamedTuple):
    """A section of the index: its title, a line about it, and its pitfalls."""

    title: str
    about: str
    pitfalls: tuple[Pitfall, ...]


@cache
def offline_link(name: str) -> str | None:
    """The URI of the page that came with the package; None where it did not, as in a checkout."""
    page = OFFLINE / f"{name}.html"
    return page.as_uri() if page.is_file() else None


def by_law(pitfalls: Iterable[Pitfall]) -> tuple[Group, ...]:
    every = tuple(pitfalls)
    groups = (Group(f"{law.number}. {law.value}", law.explanation, _of(every, law)) for law in Law)
    return tuple(group for group in groups if group.pitfalls)


def by_family(pitfalls: Iterable[Pitfall]) -> tuple[Group, ...]:
    """By what the code of the Bad slides uses; a pitfall stands in each family it belongs to."""
    families: dict[str, list[Pitfall]] = {}
    for pitfall in pitfalls:
        for family in families_of(pitfall):
            families.setdefault(family, []).append(pitfall)
    return tuple(Group(family, "", tuple(families[family])) for family in sorted(families, key=str.lower))


def families_of(pitfall: Pitfall) -> tuple[str, ...]:
    """What the Bad slides import, in names for people."""
    codes = (code for slide in pitfall.lesson.of_kind("bad") for code in slide.codes)
    named = {_FAMILIES[root] for code in codes for root in _imported(code) if root in _FAMILIES}
    return tuple(sorted(named)) or (_ELSE,)


def html_pages(pitfalls: Mapping[str, Pitfall]) -> Iterator[tuple[str, str]]:
    """File names and texts of the HTML pages: one a pitfall, and index.html. They need no network and no script."""
    style = our_text("look.css") + our_text("page.css")
    engine = environment()
    page, index = engine.get_template("page.html.j2"), engine.get_template("index.html.j2")
    for pitfall in pitfalls.values():
        deck = deck_for_lesson(pitfall)
        yield f"{pitfall.name}.html", page.render(pitfall=pitfall, slides=deck.slides[1:-1], style=style)
    groups = (by_law(pitfalls.values()), by_family(pitfalls.values()))
    yield "index.html", index.render(by_law=groups[0], by_family=groups[1], style=style)


def markdown_pages(pitfalls: Mapping[str, Pitfall]) -> Iterator[tuple[str, str]]:
    """File names and texts of the site's pages in MyST Markdown: one a pitfall, by-law.md, by-family.md and index.md."""
    for pitfall in pitfalls.values():
        yield f"{pitfall.name}.md", _markdown_page(pitfall)
    yield "by-law.md", _markdown_index("By law", by_law(pitfalls.values()))
    yield "by-family.md", _markdown_index("By what the code uses", by_family(pitfalls.values()))
    laws = "\n".join(f"{law.number}. **{law.value}.** {law.explanation}" for law in Law)
    yield "index.md", _FRONT.format(count=len(pitfalls), names="\n".join(pitfalls), laws=laws)


_FRONT = """# The pitfalls of async Python

{count} ways in which async code goes wrong, each with the code, the reason and the repair. Every one breaks one of seven laws:

{laws}

Find a pitfall [by its law](by-law.md), [by what the code uses](by-family.md), or by the search: the name is what your
editor and your terminal show.

```{{toctree}}
:hidden:

by-law
by-family
```

```{{toctree}}
:hidden:
:caption: Every pitfall

{names}
```
"""


def _of(pitfalls: tuple[Pitfall, ...], law: Law) -> tuple[Pitfall, ...]:
    return tuple(pitfall for pitfall in pitfalls if pitfall.law is law)


def _imported(code: Code) -> Iterator[str]:
    try:
        tree = ast.parse(code.without_carets)
    except SyntaxError:
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.partition(".")[0]


def _markdown_page(pitfall: Pitfall) -> str:
    law, slides = pitfall.law, deck_for_lesson(pitfall).slides[1:-1]
    on = "On by default." if pitfall.default else "Off until it is selected."
    parts = [
        f"# {pitfall.name}",
        f"**{pitfall.lesson.title}**",
        pitfall.lesson.introduction,
        f"[Law {law.number}: {law.value}](by-law.md). {pitfall.severity.capitalize()}. {on}",
        *(part for slide in slides for part in _markdown_slide(slide)),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _markdown_slide(slide: Slide) -> Iterator[str]:
    yield f"## {slide.kicker + ': ' if slide.kicker else ''}{slide.heading}"
    for part in slide.parts:
        yield from _markdown_part(part)


def _markdown_part(part: Part) -> Iterator[str]:
    if isinstance(part, Prose):
        yield part.markdown
    if isinstance(part, Listing):
        lines = [line.text for line in part.lines]
        focused = ",".join(str(number) for number, line in enumerate(part.lines, 1) if line.focus)
        options = [f":caption: {part.path}"] if part.path else []
        options += [":linenos:", f":emphasize-lines: {focused}"] if focused else []
        yield "\n".join([f"````{{code-block}} {part.language}", *options, "", *lines, "````"])
        said = [
            f"- Line {line.number + 1}: {markdown_sentence(mark.words)}"
            for line in part.lines
            for mark in line.marks
        ]
        yield "\n".join(said)


def _markdown_index(title: str, groups: tuple[Group, ...]) -> str:
    parts = [f"# {title}"]
    for group in groups:
        parts += [f"## {group.title}", group.about]
        parts.append("\n".join(f"- [{p.name}]({p.name}.md): {p.lesson.title}" for p in group.pitfalls))
    return "\n\n".join(part for part in parts if part) + "\n"
