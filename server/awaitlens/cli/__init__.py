"""The command line. Exit codes: 0 clean, 1 findings, 2 could not run."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from awaitlens.cli.arguments import CouldNotRun, parse


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code. Without arguments, those of the process count."""
    _speak_utf8()
    try:
        options = parse(sys.argv[1:] if arguments is None else arguments)
        if arguments is None:
            options.leave = _end_process
        status = options.run(options)
        sys.stdout.flush()
    except CouldNotRun as error:
        print(f"awaitlens: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        # The reader has gone, as `| head` does. Python would complain again when it flushes at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 2
    except KeyboardInterrupt:
        return 130
    return status


def _end_process(status: int) -> int:
    """End here and now: to take apart what a check has made, piece by piece, takes a tenth of a check with nothing to do."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def _speak_utf8() -> None:
    """Reports are UTF-8 wherever they go; a path that is no text is written with escapes that JSON reads back."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None and not stream.isatty():
            reconfigure(encoding="utf-8", errors="backslashreplace")
        elif reconfigure is not None:
            reconfigure(errors="backslashreplace")
