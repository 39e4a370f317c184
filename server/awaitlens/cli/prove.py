"""`prove`: a script that shows the race on a line, for the user to run. Nothing is run here."""

# Paths are strings, as everywhere on the way to a check.
# ruff: noqa: PTH109
from __future__ import annotations

import os
import sys

from awaitlens.cli.arguments import CouldNotRun
from awaitlens.cli.slides import found_at
from awaitlens.present.proof import script


def prove(target: str) -> int:
    """Print the script for FILE:LINE (1-based). Raises CouldNotRun where the line has no race with a schedule."""
    found = found_at(target)
    folder = os.getcwd()
    text = next((text for finding in found.here if (text := script(finding, found.path, folder))), None)
    if text is None:
        names = ", ".join(sorted({finding.pitfall for finding in found.here}))
        raise CouldNotRun(
            f"{names} on this line has no order of two tasks to show; try: awaitlens slides {target}"
        )
    sys.stdout.write(text)
    return 0
