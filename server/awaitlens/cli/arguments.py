"""What can be said on the command line."""

from __future__ import annotations

import argparse
import gc
from collections.abc import Callable, Sequence

from awaitlens import __version__

FORMATS = ("full", "concise", "json", "jsonl", "sarif", "github", "gitlab", "junit")


class CouldNotRun(Exception):
    """The command cannot be carried out. The message is one line that says why."""


class Options(argparse.Namespace):
    """What was asked for. `run` carries it out and returns the exit code; `leave` is given that code by a command that has
    nothing more to do, and may end the process."""

    run: Callable[[Options], int]
    leave: Callable[[int], int] = int
    paths: list[str]
    output_format: str = "full"
    select: list[str]
    ignore: list[str]
    fix: bool = False
    unsafe_fixes: bool = False
    diff: bool = False
    add_ignores: bool = False
    statistics: bool = False
    baseline: str | None = None
    update_baseline: bool = False
    stdin_filename: str | None = None
    show_skipped: bool = False
    no_cache: bool = False
    deep: bool = False
    watch: bool = False
    name: str = ""
    target: str = ""
    output: str | None = None
    tcp: int | None = None


def parse(arguments: Sequence[str]) -> Options:
    """Read the arguments. Like every argparse program it ends the process with 2 when they make no sense."""
    return _parser().parse_args(arguments, Options())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="awaitlens",
        description="Sees the async pitfalls of a Python program, explains them and fixes them.",
    )
    parser.add_argument("--version", action="version", version=f"awaitlens {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND", prog="awaitlens")
    _add_check(commands.add_parser("check", help="find the pitfalls in files and folders"))
    explain = commands.add_parser("explain", help="tell a pitfall's lesson, or a law")
    explain.add_argument("name", metavar="NAME", help="a pitfall or a law")
    explain.set_defaults(run=_explain)
    slides = commands.add_parser("slides", help="tell a pitfall of your code, or a lesson, slide by slide")
    slides.add_argument("target", metavar="TARGET", help="FILE:LINE, or a pitfall")
    slides.add_argument(
        "-o", "--output", metavar="FILE", help="write the deck: one HTML file, or Markdown for .md"
    )
    slides.set_defaults(run=_slides)
    prove = commands.add_parser(
        "prove", help="print a small program that shows the race on a line of your code"
    )
    prove.add_argument("target", metavar="FILE:LINE")
    prove.set_defaults(run=_prove)
    rules = commands.add_parser("rules", help="list all pitfalls")
    rules.add_argument("--output-format", choices=("full", "json"), default="full")
    rules.set_defaults(run=_rules)
    server = commands.add_parser("server", help="serve an editor over standard input and output")
    server.add_argument(
        "--tcp", type=_port, metavar="PORT", help="listen on this port of the loopback device instead"
    )
    server.set_defaults(run=_server)
    return parser


def _add_check(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=_check)
    parser.add_argument(
        "paths", nargs="*", metavar="PATH", help="files and folders (default: this folder; - for stdin)"
    )
    parser.add_argument("--output-format", choices=FORMATS, default="full")
    for option, help_text in (("--select", "only these pitfalls, laws, or ALL"), ("--ignore", "not these")):
        parser.add_argument(option, action=_Names, default=[], metavar="NAME,...", help=help_text)
    parser.add_argument("--fix", action="store_true", help="apply the fixes that keep the meaning")
    parser.add_argument(
        "--unsafe-fixes",
        action="store_true",
        help="with --fix or --diff: also those that change timing or meaning",
    )
    parser.add_argument(
        "--diff", action="store_true", help="print what --fix would change, and change nothing"
    )
    parser.add_argument(
        "--add-ignores", action="store_true", help="silence every finding with a comment on its line"
    )
    parser.add_argument("--statistics", action="store_true", help="only count the findings of each pitfall")
    parser.add_argument("--baseline", metavar="FILE", help="leave out the findings that this file knows")
    parser.add_argument(
        "--update-baseline", action="store_true", help="write today's findings to the baseline"
    )
    parser.add_argument(
        "--stdin-filename", metavar="FILE", help="check standard input as if it were this file"
    )
    parser.add_argument(
        "--deep", action="store_true", help="ask jedi about calls that nothing else resolves; slow"
    )
    parser.add_argument(
        "--watch", action="store_true", help="check again whenever a file changes, until Ctrl-C"
    )
    parser.add_argument(
        "--show-skipped", action="store_true", help="list on stderr what was left out, and why"
    )
    parser.add_argument(
        "--no-cache", action="store_true", help="neither read nor keep what was found the last time"
    )


class _Names(argparse.Action):
    """Names separated by commas; the option may be given several times."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: object,
        option_string: str | None = None,
    ) -> None:
        names = [name.strip() for name in str(values).split(",") if name.strip()]
        setattr(namespace, self.dest, [*(getattr(namespace, self.dest)), *names])


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= 65535:
        raise ValueError(text)
    return port


# Each command is imported when it is the one that runs: the server's imports cost more than a whole check.


def _check(options: Options) -> int:
    if not options.watch:
        # Nearly all that a check makes is needed to its end, what it imports too: a search for garbage finds none.
        gc.disable()
    try:
        from awaitlens.cli.check import check

        return check(options)
    finally:
        gc.enable()


def _explain(options: Options) -> int:
    from awaitlens.cli.lessons import explain

    return explain(options)


def _slides(options: Options) -> int:
    from awaitlens.cli.slides import slides

    return slides(options.target, options.output)


def _prove(options: Options) -> int:
    from awaitlens.cli.prove import prove

    return prove(options.target)


def _rules(options: Options) -> int:
    from awaitlens.cli.lessons import rules

    return rules(options)


def _server(options: Options) -> int:
    from awaitlens.edge.server import serve

    return serve(options)
