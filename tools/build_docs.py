"""Writes the documentation from the lessons.

    python tools/build_docs.py site build/site      the site: Sphinx, with search; static files, also without a server
    python tools/build_docs.py offline build/pages  the plain HTML pages that ship in the wheel

Sphinx makes the site because it is well kept and its search works from a file. MyST lets the pages be Markdown, as the
lessons are.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from awaitlens.pitfalls import pitfalls
from awaitlens.present.pages import html_pages, markdown_pages


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("kind", choices=("site", "offline"))
    parser.add_argument("folder", type=Path)
    chosen = parser.parse_args(arguments)
    return build_site(chosen.folder) if chosen.kind == "site" else build_offline(chosen.folder)


def build_site(folder: Path) -> int:
    """Sphinx's exit status; a warning, such as a link that leads nowhere, is a failure."""
    from sphinx.application import Sphinx

    settings = {
        "project": "AwaitLens",
        "extensions": ["myst_parser"],
        "html_theme": "furo",
        "html_title": "AwaitLens",
        "html_copy_source": False,
        "html_show_sourcelink": False,
        "html_show_copyright": False,
        "smartquotes": False,
        "pygments_style": "friendly",
        "myst_heading_anchors": 3,
    }
    with tempfile.TemporaryDirectory() as scratch:
        source = Path(scratch, "source")
        write(markdown_pages(pitfalls()), source)
        site = Sphinx(
            source,
            None,
            folder,
            Path(scratch, "doctrees"),
            "html",
            confoverrides=settings,
            status=None,
            warning=sys.stderr,
            exception_on_warning=False,
        )
        site.build()
        return site.statuscode


def build_offline(folder: Path) -> int:
    write(html_pages(pitfalls()), folder)
    return 0


def write(pages: Iterable[tuple[str, str]], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in pages:
        (folder / name).write_text(text, "utf-8")


if __name__ == "__main__":
    raise SystemExit(main())
