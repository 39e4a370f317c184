"""The growing list of events while a function is traced, its open jumps and the constructs around the current place."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from typing import Any, Literal

from awaitlens.program.flow.model import NOWHERE, UNKNOWN, Event, Place, Value
from awaitlens.source import Span

MOST_EVENTS = 1500
"""A function with more events is cut off here. A cut flow is never the ground of a finding."""


def source_of(node: ast.AST) -> str:
    """A key or an argument as text; names and literals are most of them, and need no unparsing."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Constant):
        return repr(node.value)
    return ast.unparse(node)


class TooLong(Exception):
    """The function has more events than the bound."""


class Frame:
    """A construct the current place lies in, and what leaving it early must still do."""

    __slots__ = ("breaks", "handlers", "head", "kind", "leave")

    def __init__(self, kind: Literal["loop", "try", "leave"], head: int = -1) -> None:
        self.kind = kind
        self.head = head
        self.breaks: list[int] = []
        self.handlers: list[int] = []
        self.leave: Callable[[], None] | None = None


class Emitter:
    """Appends events and fills in the targets of jumps once they are known."""

    def __init__(self, local_names: frozenset[str], to_span: Callable[[Any], Span]) -> None:
        self.local_names = local_names
        self.to_span = to_span
        self.rows: list[list[Any]] = []
        self.frames: list[Frame] = []
        self.temporaries = 0
        self.suspends = False
        self.touches = False
        self.asked = False

    def emit(
        self,
        kind: str,
        place: Place | None = None,
        name: str = "",
        value: Value = UNKNOWN,
        node: ast.AST | None = None,
        target: int = -1,
    ) -> int:
        number = len(self.rows)
        if number >= MOST_EVENTS:
            raise TooLong
        self.rows.append([kind, place, name, value, target, node])
        return number

    def read(self, place: Place, node: ast.AST) -> Value:
        return Value("read", place.text, self.emit("read", place, "", UNKNOWN, node))

    def write(self, place: Place, how: str, value: Value, node: ast.AST) -> None:
        self.touches = True
        self.emit("write", place, how, value, node)

    def suspend(self, kind: str, node: ast.AST) -> int:
        """A suspension point; inside a try its exception may lead to the handlers."""
        self.suspends = True
        number = self.emit("suspend", None, kind, UNKNOWN, node)
        frame = next((frame for frame in reversed(self.frames) if frame.kind != "loop"), None)
        if frame is not None and frame.kind == "try":
            frame.handlers.append(self.emit("fork"))
        return number

    def temporary(self) -> str:
        """A name for a value that depends on the path taken; no name of the program looks like it."""
        self.temporaries += 1
        return f"${self.temporaries}"

    def here(self, jumps: Iterable[int]) -> None:
        """The given jumps lead to the next event."""
        target = len(self.rows)
        for number in jumps:
            self.rows[number][4] = target

    def leave_to(self, depth: int) -> None:
        """Run what the frames above `depth` must still do, innermost first."""
        saved = self.frames
        for position in range(len(saved) - 1, depth - 1, -1):
            leave = saved[position].leave
            if leave is not None:
                self.frames = saved[:position]
                leave()
        self.frames = saved

    def innermost(self, kind: str) -> int:
        """The position of the innermost frame of that kind; -1 where there is none."""
        return next((i for i in range(len(self.frames) - 1, -1, -1) if self.frames[i].kind == kind), -1)

    def events(self) -> tuple[Event, ...]:
        """The events; where they lie is worked out only here, as most functions traced end without a flow."""
        to_span = self.to_span
        return tuple(
            [Event._make((*row, NOWHERE if node is None else to_span(node))) for *row, node in self.rows]
        )
