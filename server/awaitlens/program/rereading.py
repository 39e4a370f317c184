"""A block read again after an edit inside one of its statements: that statement alone is parsed and read.

Most keystrokes fall into a statement without a body: an assignment, a call, a return. Where the new statement leaves as
much behind as the old one did (as many calls, bindings, suspension points, ...), what it left takes the place of what was
there, and everything else of the block stays the object it was. Otherwise the block is read as a whole.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple, TypeVar

from awaitlens.program.extract import VISITS, base_kind, facts_of, statements, uses
from awaitlens.program.facts import Binding, Context, Facts, Scope
from awaitlens.program.flow.trace import is_traceless
from awaitlens.program.modules import alike
from awaitlens.program.recorder import Load, OpenScope, Recorder
from awaitlens.source import Span
from awaitlens.syntax.blocks import Block
from awaitlens.syntax.parse import Parsed, parse, parse_statement

T = TypeVar("T")


class Counts(NamedTuple):
    """How much is recorded."""

    calls: int
    suspensions: int
    contexts: int
    bindings: int
    accesses: int
    jumps: int
    loads: int
    scopes: int


_NOTHING = Counts(0, 0, 0, 0, 0, 0, 0, 0)


class Mark(NamedTuple):
    """A statement without a body, nor a lambda: the statements around it, outermost first, where its code belongs, and what is recorded
    before it and after it."""

    node: ast.stmt
    around: tuple[ast.stmt, ...]
    scope: int
    context: int
    before: Counts
    after: Counts

    def holds(self, line: int, column: int, end_column: int) -> bool:
        node = self.node
        return (node.lineno - 1, node.col_offset) <= (line, column) and (line, end_column) <= _end(node)


class _MarkingRecorder(Recorder):
    """Notes where each statement begins and ends in what is recorded."""

    def __init__(self, block: Block) -> None:
        super().__init__(block.text, base_kind(block), _MARKED)
        self.around: list[ast.stmt] = []
        self.marks: list[Mark] = []


def _marking(visit: Callable[[Recorder, Any], None]) -> Callable[[_MarkingRecorder, Any], None]:
    def visit_marked(record: _MarkingRecorder, node: ast.stmt) -> None:
        before = _counts(record, _NOTHING)
        visit(record, node)
        after = _counts(record, _NOTHING)
        if after.scopes == before.scopes:
            place = record.scope.number, record.context
            record.marks.append(Mark(node, tuple(record.around), *place, before, after))

    return visit_marked


def _enclosing(visit: Callable[[Recorder, Any], None]) -> Callable[[_MarkingRecorder, Any], None]:
    def visit_around(record: _MarkingRecorder, node: ast.stmt) -> None:
        record.around.append(node)
        visit(record, node)
        record.around.pop()

    return visit_around


_WITHOUT_BODY = (
    ast.Expr,
    ast.Assign,
    ast.AnnAssign,
    ast.AugAssign,
    ast.Return,
    ast.Raise,
    ast.Delete,
    ast.Assert,
)
_MARKED: Any = {
    kind: _marking(visit) if issubclass(kind, _WITHOUT_BODY) else _enclosing(visit)
    for kind, visit in VISITS.items()
}


class Rereader:
    """Reads blocks, and the last one again after an edit."""

    def __init__(self) -> None:
        self._last: _LastRead | None = None

    def read(self, block: Block) -> tuple[bool, Facts]:
        """The facts of a block, and whether it parses as it stands."""
        last, self._last = self._last, None
        facts = last.edited(block) if last is not None else None
        if facts is not None:
            self._last = last
            return True, facts
        parsed = parse(block)
        record = _MarkingRecorder(block)
        statements(record, parsed.body)
        facts = facts_of(record, block, parsed.repaired)
        if parsed.error is None and block.text.isascii() and block.kind != "class header":
            self._last = _LastRead(block, parsed, record, facts)
        return parsed.error is None, facts


class _LastRead:
    """A block as it was read, and the tree that it was read from. After an edit that it cannot follow it is worth nothing.

    `typed` is what the statement number `typed_in` did to its scope, which the next edit mostly changes again.
    """

    def __init__(self, block: Block, parsed: Parsed, record: _MarkingRecorder, facts: Facts) -> None:
        self._block, self._body, self._facts = block, parsed.body, facts
        self._marks, self._loads, self._scopes = record.marks, record.loads, record.scopes
        self._typed_in, self._typed = -1, record.scope

    def edited(self, block: Block) -> Facts | None:
        """The facts of the block that this one has become; None if it takes a whole reading to tell."""
        if block[1:] != self._block[1:] or not block.text.isascii():
            return None
        old, new = self._block.text, block.text
        start, rest = _in_common(old, new)
        removed, added = old[start : len(old) - rest], new[start : len(new) - rest]
        if "\n" in removed + added or "\r" in old + added:
            return None
        line, column = old.count("\n", 0, start), start - old.rfind("\n", 0, start) - 1
        number = self._mark_at(line, column, column + len(removed))
        if number < 0:
            return None
        node = self._marks[number].node
        end_line, end = _end(node)
        moved = _Moved((end_line, end), len(added) - len(removed) if end_line == line else 0)
        span = Span(node.lineno - 1, node.col_offset, end_line, end + moved.grown)
        fresh = parse_statement(new, span)
        if type(fresh) is not type(node) or _is_string(fresh) != _is_string(node):
            return None
        return self._with(block, number, fresh, moved)

    def _mark_at(self, line: int, column: int, end_column: int) -> int:
        """The number of the statement that holds this stretch; -1 if there is none, or something stands behind it."""
        for number, mark in enumerate(self._marks):
            if mark.holds(line, column, end_column):
                end_line, end = _end(mark.node)
                behind = self._block.text.split("\n", end_line + 1)[end_line][end:].lstrip(" \t\f")
                return number if not behind or behind.startswith("#") else -1
        return -1

    def _with(self, block: Block, number: int, node: ast.stmt, moved: _Moved) -> Facts | None:
        """The facts of the block with another statement in the place of a marked one."""
        mark, known = self._marks[number], self._facts
        old = self._typed if self._typed_in == number else self._recorded(mark, mark.node).scope
        new = self._recorded(mark, node)
        before, after = mark.before, mark.after
        if _counts(new, before) != after or not _leave_alike(old, new.scope):
            return None
        loads = [*self._loads[: before.loads], *new.loads, *self._loads[after.loads :]]
        bindings = _spliced(known.bindings, new.bindings, before.bindings, after.bindings)
        contexts = _spliced(known.contexts, new.contexts[before.contexts :], before.contexts, after.contexts)
        suspensions = new.suspensions[before.suspensions :]
        reads = self._reads(mark, old.reads, new.scope.reads, bindings, loads)
        if reads is None:
            return None
        scope = known.scopes[mark.scope]
        scopes = _spliced(known.scopes, (scope._replace(reads=reads),), scope.number, scope.number + 1)
        edited = Facts(
            block.text,
            known.owner,
            False,
            moved.scopes(scopes, self._scopes_around(mark)),
            _spliced(known.calls, new.calls[before.calls :], before.calls, after.calls),  # type: ignore[arg-type]
            _spliced(known.suspensions, suspensions, before.suspensions, after.suspensions),
            moved.contexts(contexts, self._contexts_around(mark)),
            moved.bindings(bindings),
            known.imports,
            _spliced(known.accesses, new.accesses, before.accesses, after.accesses),
            uses(bindings, loads, new.span),
            _spliced(known.jumps, new.jumps, before.jumps, after.jumps),
            known.has_async,
            known.flows,
        )
        self._replace(number, node, moved)
        flows = self._flows(mark, node, edited)
        if flows is None:
            return None
        edited = edited if flows is known.flows else replace(edited, flows=flows)
        self._block, self._facts, self._loads = block, edited, loads
        self._typed_in, self._typed = number, new.scope
        return edited

    def _recorded(self, mark: Mark, node: ast.stmt) -> Recorder:
        """What a statement leaves behind in the place of the marked one."""
        record, outer = Recorder("", "module", VISITS), self._scopes[mark.scope]
        scope = OpenScope(outer.number, outer.kind, outer.name, outer.qualname, outer.parent, outer.context)
        record.scope, record.context, record.read = scope, mark.context, scope.reads.add
        record.scopes = [scope] * mark.before.scopes
        record.calls = [None] * mark.before.calls
        record.suspensions = [*self._facts.suspensions[: mark.before.suspensions]]
        record.contexts = [*self._facts.contexts[: mark.before.contexts]]
        VISITS[type(node)](record, node)
        return record

    def _reads(
        self, mark: Mark, old: set[str], new: set[str], bindings: Sequence[Binding], loads: Sequence[Load]
    ) -> frozenset[str] | None:
        """The names that the scope reads now; None where that is not known."""
        known = self._facts.scopes[mark.scope].reads
        if old <= new:
            return known | new if new - known else known
        if any(binding.kind == "walrus" for binding in bindings):
            return None
        augmented = (b.name for b in bindings if b.kind == "augmented" and b.scope == mark.scope)
        return frozenset([node.id for node, _, scope, _ in loads if scope == mark.scope]).union(augmented)

    def _scopes_around(self, mark: Mark) -> list[int]:
        """The numbers of the scopes around a statement, innermost first."""
        found, scope = [], mark.scope
        while scope >= 0:
            found.append(scope)
            scope = self._scopes[scope].parent
        return found

    def _contexts_around(self, mark: Mark) -> Iterator[int]:
        """The numbers of the constructs around a statement, those around its function included."""
        for context in (mark.context, *(self._scopes[scope].context for scope in self._scopes_around(mark))):
            while context >= 0:
                yield context
                context = self._facts.contexts[context].parent

    def _replace(self, number: int, node: ast.stmt, moved: _Moved) -> None:
        """Put the new statement into the tree."""
        mark = self._marks[number]
        self._marks[number] = mark._replace(node=node)
        for body in _bodies(mark.around[-1]) if mark.around else (self._body,):
            body[:] = [node if each is mark.node else each for each in body]
        for each in mark.around:
            moved.stretch(each)

    def _flows(self, mark: Mark, node: ast.stmt, edited: Facts) -> tuple[Any, ...] | None:
        """The flows of the block; None where it is not clear which of them have changed."""
        known = self._facts.flows
        functions = [s for s in self._scopes_around(mark) if self._scopes[s].kind == "function"]
        if not any(self._scopes[number].is_async for number in functions):
            return known
        if len(functions) > 1:
            return None
        at = [number for number, flow in enumerate(known) if flow.scope == functions[0]]
        if at and edited.bindings is self._facts.bindings:
            local_names = known[at[0]].local_names
            if is_traceless(mark.node, local_names) and is_traceless(node, local_names):
                return known
        record = Recorder("", "module", VISITS)
        record.calls, record.contexts = [*edited.calls], [*edited.contexts]
        record.bindings, record.accesses = [*edited.bindings], [*edited.accesses]
        function = next(node for node in reversed(mark.around) if isinstance(node, ast.AsyncFunctionDef))
        record.trace_flow(function, self._scopes[functions[0]], (0, 0, 0, 0))
        if len(at) != len(record.flows):
            return None
        return _spliced(known, record.flows, at[0], at[0] + 1) if at else known


class _Moved(NamedTuple):
    """Where a statement ended, and by how much its last line has grown: what ends with it ends elsewhere, too."""

    end: tuple[int, int]
    grown: int

    def span(self, span: Span) -> Span:
        if not self.grown or span[2:] != self.end:
            return span
        return Span(span.line, span.column, span.end_line, span.end_column + self.grown)

    def stretch(self, node: ast.stmt) -> None:
        handlers = getattr(node, "handlers", ())
        for each in (node, *handlers):
            if self.grown and _end(each) == self.end:
                each.end_col_offset += self.grown

    def scopes(self, scopes: tuple[Scope, ...], around: Iterable[int]) -> tuple[Scope, ...]:
        for number in around:
            longer = scopes[number]._replace(span=self.span(scopes[number].span))
            scopes = _spliced(scopes, (longer,), number, number + 1)
        return scopes

    def contexts(self, contexts: tuple[Context, ...], around: Iterable[int]) -> tuple[Context, ...]:
        for number in around:
            longer = contexts[number]._replace(body_span=self.span(contexts[number].body_span))
            contexts = _spliced(contexts, (longer,), number, number + 1)
        return contexts

    def bindings(self, bindings: tuple[Binding, ...]) -> tuple[Binding, ...]:
        """The name of a handler is bound by all of it."""
        if not self.grown or not any(b.kind == "except" for b in bindings):
            return bindings
        return tuple([b._replace(span=self.span(b.span)) if b.kind == "except" else b for b in bindings])


def _end(node: ast.stmt | ast.ExceptHandler) -> tuple[int, int]:
    """Where a node ends: its 0-based line, and its column."""
    return (node.end_lineno or 0) - 1, node.end_col_offset or 0


def _bodies(node: ast.stmt) -> Iterator[list[ast.stmt]]:
    """The lists of statements that stand right in a statement."""
    for part in (node, *getattr(node, "handlers", ()), *getattr(node, "cases", ())):
        for name in ("body", "orelse", "finalbody"):
            if name in part._fields:
                yield getattr(part, name)


def _is_string(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _leave_alike(old: OpenScope, new: OpenScope) -> bool:
    """Whether two statements do the same to the function they stand in."""
    return (
        old.suspends == new.suspends
        and old.is_generator == new.is_generator
        and old.asked_about == new.asked_about
    )


def _spliced(known: tuple[T, ...], fresh: Sequence[T], start: int, stop: int) -> tuple[T, ...]:
    """What is known with other values in the place of those from `start` to `stop`; the same tuple if they are equal."""
    return known if known[start:stop] == tuple(fresh) else (*known[:start], *fresh, *known[stop:])


def _in_common(old: str, new: str) -> tuple[int, int]:
    """How many characters two texts have in common at their start, and how many of the others at their end."""
    start = alike(old, new)
    return start, alike(old[start:][::-1], new[start:][::-1])


def _counts(record: Recorder, before: Counts) -> Counts:
    """What a record comes to that began with empty lists where nothing counts."""
    return Counts(
        len(record.calls),
        len(record.suspensions),
        len(record.contexts),
        before.bindings + len(record.bindings),
        before.accesses + len(record.accesses),
        before.jumps + len(record.jumps),
        before.loads + len(record.loads),
        len(record.scopes),
    )
