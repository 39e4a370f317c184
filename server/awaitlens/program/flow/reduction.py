"""A race as a small program of its own: two tasks, one place, the awaits in between, and the turns that prove it.

The program is written from the events of the proved path, never from running anything. It keeps the reads, tests and
writes of the place, the locals that carry its value, the locks and the suspension points. All other values
become `mine`, which is the number of the task.

It defines `prepare()`, `look()`, one coroutine function per task in `TASKS`, and uses `others`, `Lock`, `made_of` and
`SimpleNamespace`, which the script around it brings.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from awaitlens.program.facts import Facts
from awaitlens.program.flow.explorer import Proof
from awaitlens.program.flow.graph import Graph, leaves
from awaitlens.program.flow.model import Event, Place, Value
from awaitlens.program.flow.remote import Action

ABSENT = "nothing"
_TAKEN = frozenset(("prepare", "look", "others", "mine", "made_of", "play", "Lock", "TASKS", "TURNS", "main"))
_WIDEST = 60
_OPPOSITE = {"in": "not in", "not in": "in", "is None": "is not None", "is not None": "is None"}


class Reduction(NamedTuple):
    """`program` is Python source; `turns` says which task goes on at each turn, "1212"."""

    program: str
    turns: str

    @property
    def data(self) -> tuple[tuple[str, str], ...]:
        """As a finding carries it."""
        return (("program", self.program), ("turns", self.turns))


class CannotReduce(Exception):
    """The path does something that the small language of reductions has no words for."""


def reduced(
    graph: Graph,
    facts: Facts,
    proof: Proof,
    path: tuple[int, ...],
    place: Place,
    action: Action | None = None,
) -> Reduction | None:
    """The program of a proof; None where it cannot be told in so few words."""
    name = _free(facts.scopes[graph.flow.scope].name)
    writer = _Writer(graph, facts, path, place)
    try:
        functions = [*_function(name, place, list(writer.lines()))]
    except CannotReduce:
        return None
    other = name
    if action is not None:
        other = _free(action.scope.name) + ("_" if action.scope.name == name else "")
        functions += ["", "", *_function(other, place, _acting(action, place, writer.is_numeric))]
        writer.initial = writer.initial or "10"
    program = [*_preparation(place, writer.initial), "", "", *functions, "", ""]
    program += [*_looking(spell(place)), "", "", f"TASKS = ({name}, {other})"]
    second = action.on(place).graph if action is not None else graph
    return Reduction("\n".join(program) + "\n", turns((graph, second), proof))


def _function(name: str, place: Place, lines: list[str]) -> list[str]:
    declared = [] if place.path else [f"    global {spell(place)}"]
    return [f"async def {name}(mine):", *declared, *lines, '    return "done"']


def _acting(action: Action, place: Place, numeric: bool) -> list[str]:
    """The other function's one write, under its lock if it has one."""
    spelled = spell(place)
    line = {
        "adds": f"{spelled} = {f'{spelled} + mine' if numeric else f'made_of({spelled}, mine)'}",
        "resets": f"{spelled} = None",
        "empties": f"{spelled} = 0",
        "removes": f"del {spelled}",
    }.get(action.kind, f"{spelled} = mine")
    told = f"{line}  # {action.words}"
    waits = ["        await others()"] if action.waits else []
    return ["    async with LOCK:", *waits, f"        {told}"] if action.locks else [f"    {told}"]


def turns(graphs: tuple[Graph, Graph], proof: Proof) -> str:
    """Who moves when: a turn ends at a suspension point, or where the next move is the other task's."""
    told, fresh = "", True
    for position, move in enumerate(proof.moves):
        fresh = fresh or move.task != proof.moves[position - 1].task
        told += str(move.task + 1) if fresh else ""
        fresh = move.event in graphs[move.task].suspensions
    return told


def spell(place: Place) -> str:
    """The place as the small program writes it: keys that are no plain name or literal become 'key'."""
    return _free(place.root) + "".join(part if part[0] == "." else f"[{_key(part)}]" for part in place.path)


def _key(part: str) -> str:
    inner = part[1:-1]
    return inner if inner.isidentifier() or _literal(inner) else "'key'"


def _literal(text: str) -> bool:
    try:
        ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return False
    return True


def _free(name: str) -> str:
    return name + "_" if name in _TAKEN else name


def _preparation(place: Place, initial: str) -> list[str]:
    """`prepare()` makes the world anew; names that are keys stand for themselves."""
    keys = sorted(
        {_key(p) for p in place.path if p[0] == "[" and _key(p).isidentifier()} - {"True", "False", "None"}
    )
    value = "" if initial == ABSENT else initial or "0"
    for part in reversed(place.path):
        if part[0] == ".":
            value = f"SimpleNamespace({part[1:]}={value})" if value else "SimpleNamespace()"
        else:
            value = f"{{{_key(part)}: {value}}}" if value else "{}"
    root = _free(place.root)
    made = [f'{key} = "{key}"' for key in keys]
    return [
        *made,
        *(["", ""] if made else []),
        "def prepare():",
        f"    global {root}",
        f"    {root} = {value or 'None'}",
    ]


def _looking(spelled: str) -> list[str]:
    return [
        "def look():",
        "    try:",
        f"        return {spelled}",
        "    except (AttributeError, KeyError, TypeError):",
        f'        return "{ABSENT}"',
    ]


def _wanted(value: Value, outcome: bool) -> str:
    """What the place must hold at first for a test of it to come out so."""
    if value.kind == "not" and value.parts:
        return _wanted(value.parts[0], not outcome)
    if value.kind in ("in", "not in"):
        return "0" if (value.kind == "in") == outcome else ABSENT
    if value.kind in ("is None", "is not None"):
        return "None" if (value.kind == "is None") == outcome else "0"
    if value.kind in ("read", "local"):
        return "100" if outcome else "None"
    return "0"


class _Writer:
    """Writes the body of the one function, event by event along the path."""

    def __init__(self, graph: Graph, facts: Facts, path: tuple[int, ...], place: Place) -> None:
        self.graph, self.facts, self.path, self.place = graph, facts, path, place
        self.carriers: set[str] = set()
        self.copies: set[str] = set()
        self.initial = ""
        self.kept: dict[int, str] = {}
        self.depth = 1
        self.bound = {event.name for event in graph.events if event.kind == "bind"}
        self.is_numeric = all(map(self._adds_up, self._values()))

    def lines(self) -> Iterator[str]:
        for position, number in enumerate(self.path):
            for line in self._told(position, number, self.graph.events[number]):
                yield "    " * self.depth + line
            if number in self.graph.locks and self.graph.events[number].name == "async with":
                self.depth += 1 if self.graph.events[number].kind == "acquire" else -1

    def _told(self, position: int, number: int, event: Event) -> Iterator[str]:
        if number in self.graph.suspensions:
            yield f"await others()  # {self._source(event)}"
        elif number in self.graph.locks:
            yield from self._lock(event)
        elif event.kind == "read" and event.place == self.place:
            yield from self._read(position, number)
        elif event.kind == "bind":
            yield from self._bind(event)
        elif event.kind == "test" and self._is_plain(event.value):
            yield from self._test(event.value, self.path[position + 1] == number + 1)
        elif event.kind == "write":
            yield from self._write(event)

    def _source(self, event: Event) -> str:
        text = " ".join(self.facts.slice(event.span).split())
        return text if len(text) <= _WIDEST else text[: _WIDEST - 3] + "..."

    def _lock(self, event: Event) -> Iterator[str]:
        """One lock stands for all of them: what matters is which stretches of the path it keeps apart."""
        if event.name == "async with" and event.kind == "acquire":
            yield "async with LOCK:"
        elif event.name != "async with":
            raise CannotReduce

    def _read(self, position: int, number: int) -> Iterator[str]:
        """The read where it is made, unless nothing happens before its value is used."""
        used = [
            p for p in range(position, len(self.path)) if _uses(self.graph.events[self.path[p]].value, number)
        ]
        between = [self.graph.events[n] for n in self.path[position + 1 : max(used, default=position)]]
        is_item = self.place.path[-1:] and self.place.path[-1][0] == "[" and ".get(" in self._text(number)
        text = f"{spell(self._owner)}.get({_key(self.place.path[-1])})" if is_item else spell(self.place)
        disturbed = any(e.kind in ("suspend", "acquire") or (e.kind == "write") for e in between)
        if not used or not disturbed:
            self.kept[number] = text
            return
        if any(self.graph.events[self.path[p]].value.kind in ("in", "not in") for p in used):
            raise CannotReduce
        self.kept[number] = f"before_{len(self.kept) + 1}" if self.kept else "before"
        yield f"{self.kept[number]} = {text}"

    @property
    def _owner(self) -> Place:
        return Place(self.place.root, self.place.path[:-1])

    def _text(self, number: int) -> str:
        return self.facts.slice(self.graph.events[number].span)

    def _bind(self, event: Event) -> Iterator[str]:
        self.copies.discard(event.name)
        if not self._rests(event.value):
            self.carriers.discard(event.name)
            return
        self.copies.update([event.name] if self._is_plain(event.value) else [])
        self.carriers.add(event.name)
        yield f"{_local(event.name)} = {self._value(event.value)}"

    def _is_plain(self, value: Value) -> bool:
        """Whether a value is what was read itself, or a question about that."""
        if value.kind in ("read", "local"):
            return value.text in self.copies if value.kind == "local" else value.event in self.kept
        return value.kind in ("not", *_OPPOSITE) and all(map(self._is_plain, value.parts))

    def _test(self, value: Value, outcome: bool) -> Iterator[str]:
        self.initial = self.initial or _wanted(value, outcome)
        asked = self._question(value, not outcome)
        if asked:
            yield f"if {asked}:"
            yield '    return "turned away"'

    def _question(self, value: Value, outcome: bool) -> str:
        """The test as an expression that is true when it comes out so; "" where nobody can tell its outcome."""
        if value.kind == "not" and value.parts:
            return self._question(value.parts[0], not outcome)
        if value.kind in ("in", "not in"):
            kind = value.kind if outcome else _OPPOSITE[value.kind]
            return f"{_key(self.place.path[-1])} {kind} {spell(self._owner)}"
        if value.kind in ("is None", "is not None"):
            kind = value.kind if outcome else _OPPOSITE[value.kind]
            return f"{self._value(value.parts[0])} {kind}"
        if value.kind in ("read", "local"):
            return self._value(value) if outcome else f"not {self._value(value)}"
        return ""

    def _write(self, event: Event) -> Iterator[str]:
        assert event.place is not None
        if event.place != self.place:
            if event.place.covers(self.place) or self.place.covers(event.place):
                raise CannotReduce
            return
        if event.name == "delete":
            yield f"del {spell(self.place)}"
        elif event.name == "discard":
            yield f"{spell(self._owner)}.pop({_key(self.place.path[-1])}, None)"
        else:
            yield f"{spell(self.place)} = {self._value(event.value)}"

    def _values(self) -> Iterator[Value]:
        for number in self.path:
            event = self.graph.events[number]
            is_write = event.kind == "write" and event.place == self.place
            if is_write or (event.kind == "bind" and any(True for _ in leaves(event.value))):
                yield event.value

    def _adds_up(self, value: Value) -> bool:
        """Whether numbers can stand for the values: nothing but sums is made of them."""
        if value.kind == "constant":
            return value.text.lstrip("-").isdigit()
        if value.kind in ("read", "local"):
            return True
        rests = any(
            part.text in self.bound
            if part.kind == "local"
            else self.graph.events[part.event].place == self.place
            for part in leaves(value)
        )
        return all(map(self._adds_up, value.parts)) if value.kind in ("+", "-") else not rests

    def _rests(self, value: Value) -> bool:
        """Whether a value rests on what was read from the place."""
        return any(
            part.text in self.carriers if part.kind == "local" else part.event in self.kept
            for part in leaves(value)
        )

    def _value(self, value: Value) -> str:
        if value.kind == "constant":
            return value.text if _literal(value.text) else repr(value.text)
        if not self._rests(value):
            return "mine"
        if value.kind == "read":
            return self.kept[value.event]
        if value.kind == "local":
            return _local(value.text)
        if value.kind in ("not", *_OPPOSITE):
            raise CannotReduce
        parts = [self._value(part) for part in value.parts if self._rests(part) or value.kind in ("+", "-")]
        if self.is_numeric and value.kind in ("+", "-") and len(parts) == 2:
            return f"{parts[0]} {value.kind} {parts[1]}"
        fresh = [] if "mine" in parts else ["mine"]
        return f"made_of({', '.join([*parts, *fresh])})"


def _local(name: str) -> str:
    return _free(f"value_{name[1:]}" if name.startswith("$") else name)


def _uses(value: Value, number: int) -> bool:
    return any(part.kind == "read" and part.event == number for part in leaves(value))
