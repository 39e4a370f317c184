"""Screens as pictures, to be looked at by people.

python -m tests.editors.neovim.picture FOLDER    draws every NAME.ansi there, as `tmux capture-pane -e` wrote it, as NAME.png
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from pathlib import Path

from rich.ansi import AnsiDecoder
from rich.console import Console
from rich.terminal_theme import TerminalTheme

# Neovim's own dark colours stand in for those a terminal would choose.
THEME = TerminalTheme(
    (20, 22, 27),
    (224, 226, 234),
    [
        (20, 22, 27),
        (255, 192, 185),
        (179, 246, 192),
        (252, 224, 148),
        (166, 219, 255),
        (255, 202, 255),
        (140, 248, 247),
        (224, 226, 234),
    ],
)
PAGE = """<meta charset="utf-8"><body style="margin:0;background:{background}"><pre style="display:inline-block;
margin:12px;font:15px/19px 'DejaVu Sans Mono',monospace;color:{foreground}">{code}</pre>"""


# The colour of an underline, which rich would take for other codes.
UNDERLINE_COLOUR = re.compile(r"\x1b\[58[;:]2[;:]+\d+[;:]\d+[;:]\d+m|[;:]58[;:]2[;:]+\d+[;:]\d+[;:]\d+")


def main(folder: Path) -> None:
    chromium = shutil.which("chromium")
    if chromium is None:
        print("no pictures: there is no chromium", file=sys.stderr)
        return
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        for screen in sorted(folder.glob("*.ansi")):
            page.set_content(html(screen.read_text("utf-8")))
            page.locator("pre").screenshot(path=screen.with_suffix(".png"))
        browser.close()


def html(screen: str) -> str:
    with Path(os.devnull).open("w") as nowhere:
        console = Console(record=True, file=nowhere, width=200, force_terminal=True, color_system="truecolor")
        for line in AnsiDecoder().decode(plain_underlines(screen)):
            console.print(line, soft_wrap=True)
        return console.export_html(theme=THEME, inline_styles=True, code_format=PAGE)


def plain_underlines(screen: str) -> str:
    """Curly and coloured underlines as plain ones: rich knows no others."""
    return UNDERLINE_COLOUR.sub("", screen).replace("[4:3", "[4").replace(";4:3", ";4")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
