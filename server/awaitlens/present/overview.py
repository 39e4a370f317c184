"""One line about a function: how it is interrupted, whether it blocks, which colour it has."""

from __future__ import annotations

from typing import NamedTuple

from awaitlens.present.remarks import is_sure
from awaitlens.program.facts import Facts, Scope
from awaitlens.program.modules import FileFacts, qualname
from awaitlens.program.program import Program
from awaitlens.program.sections import sections, suspension_points
from awaitlens.program.window import Window, windows
from awaitlens.source import Span


class Overview(NamedTuple):
    """`span` is the function's name in the file."""

    span: Span
    words: str


def overviews(last: int, program: Program, file: FileFacts) -> tuple[Overview, ...]:
    """What stands above the async functions of a file up to line `last`, where there is something to say."""
    found = []
    for window in windows(program, file, 0, last):
        for scope in window.facts.async_functions():
            words = ", ".join(
                part for part in (_blocking(window, scope), _interrupted(window, scope)) if part
            )
            if words:
                found.append(Overview(scope.name_span.shifted(window.line), words))
    return tuple(found)


def _blocking(window: Window, scope: Scope) -> str:
    chains = [window.view.blocking(call) for call in window.facts.calls_in(scope.number)]
    paths = sum(chain is not None and is_sure(chain) for chain in chains)
    return f"blocks the event loop on {_counted(paths, 'path')}" if paths else ""


def _interrupted(window: Window, scope: Scope) -> str:
    points = suspension_points(window.facts, window.view, scope.number)
    if not points:
        return ""
    atomic = sections(window.facts, window.view, scope.number)
    told = [_counted(len(points), "suspension point")]
    return ", ".join(told + [_counted(len(atomic), "atomic section")] * bool(atomic))


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def detail(program: Program, path: str, facts: Facts, scope: Scope) -> str:
    """The colour of a function and whether it blocks: "async", "sync, blocks: load > requests.get".

    What comes to Django's database does not always block: in a coroutine it raises.
    """
    colour = "async" if scope.is_async else "sync"
    chain = program.summaries.of_body((path, qualname(facts, scope)))
    if chain is None or not is_sure(chain):
        return colour
    names = " > ".join(chain.names)
    does = "uses the database" if chain.name.startswith("django.db.") else "blocks"
    return f"{colour}, {does}: {names}" if names else f"{colour}, {does}"
