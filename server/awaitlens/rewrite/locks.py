"""Locks that live where the state they guard lives."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from awaitlens.pitfall import Edit
from awaitlens.program.facts import Access, Attribute, Call, Facts, Name, Term
from awaitlens.program.flow.races import Race
from awaitlens.program.flow.remote import outermost, own_function
from awaitlens.program.view import View
from awaitlens.rewrite import layout
from awaitlens.rewrite.apply import apply
from awaitlens.rewrite.rechecks import lets_through
from awaitlens.rewrite.statements import guard_with_lock, insert_statement_after
from awaitlens.rewrite.tree import Tree, tree_of
from awaitlens.source import Span

Edits = tuple[Edit, ...]


class Stretch(NamedTuple):
    """Statements of a block, from the one at `first` to the one at `last`; `line` is the block's first line in its file."""

    facts: Facts
    line: int
    first: Span
    last: Span


class Guard(NamedTuple):
    """Stretches under one lock. `edits` count from the first line of the first stretch's block; `texts` are the blocks
    as they are then."""

    edits: Edits
    texts: tuple[tuple[Facts, str], ...]


def guard_race(facts: Facts, view: View, race: Race) -> Guard | None:
    """The stretch from what a race reads to what it writes under a lock beside the global or the attribute.

    What another function writes goes under the same lock, where that function can wait for one.
    """
    line = next(line for line, block in view.file.blocks if block is facts)
    start = min(race.check, race.read)
    end = start if lets_through(facts, race.check, race.write) else race.write
    stretches = [Stretch(facts, line, start, end)]
    if race.action is not None:
        stretches.append(Stretch(race.action.facts, race.action.line, race.action.span, race.action.span))
    root, dot, attribute = _owner(race.place).partition(".")
    if facts.owner:
        return guard_in_class(view, attribute, tuple(stretches)) if root == "self" else None
    # Before Python 3.10 a lock made at import belongs to a loop that never runs.
    early = (view.settings.python or (3, 14)) < (3, 10)
    return None if dot or early or race.action is not None else guard_in_module(view, root, stretches[0])


def _owner(place: str) -> str:
    """What holds the place: the dict of an item, or the store that is asked with `cache.get(key)`."""
    holder, called, _ = place.partition("[")[0].partition("(")
    return holder.rpartition(".")[0] if called else holder


def guard_reading(facts: Facts, view: View, attribute: str, test: Span, reading: Span) -> Edits | None:
    """`while not mine: await read()` waits for a lock first, and looks again under it. None where the body is more."""
    tree = tree_of(facts)
    statement = tree.statement_at(reading) if tree else None
    loop = tree.parents[statement] if tree and statement else None
    if tree is None or statement is None or not isinstance(loop, ast.While) or len(loop.body) > 1:
        return None
    lock, asked, text = f"self._{attribute.strip('_')}_lock", tree.slice(loop.test), tree.slice(statement)
    if "\n" in asked + text or not layout.starts_line(tree, tree.first(statement)):
        return None
    line = next(line for line, block in view.file.blocks if block is facts)
    stretch = Stretch(facts, line, test, reading)
    if _comes_back(view, (stretch,), Attribute(Name("self"), lock.removeprefix("self."))):
        return None
    made = _made_in_constructor(stretch, view, attribute, lock)
    indent = layout.indent_at(tree, tree.start(statement))
    code = layout.indented(tree, f"async with {lock}:\n    if {asked}:\n        {text}", indent)
    put = tree.edit(tree.start(statement), tree.end(statement), code.removeprefix(indent))
    return (*made, put) if made is not None else None


def guard_hop(facts: Facts, view: View, function: str, hop: Span) -> Edits:
    """The await that sends a method to a thread under a lock named after that method; () where none can be made."""
    if not facts.owner:
        return ()
    line = next(line for line, block in view.file.blocks if block is facts)
    guard = guard_in_class(view, function, (Stretch(facts, line, hop, hop),))
    return guard.edits if guard is not None else ()


def guard_in_module(view: View, root: str, stretch: Stretch) -> Guard | None:
    """A stretch of a function under a lock that the module makes beside the global `root`."""
    facts = stretch.facts
    again = _comes_back(view, (stretch,), Name(f"{root}_lock"))
    around = None if again else _around(stretch, f"‹{root}_lock = asyncio.Lock()›")
    return Guard(around, ((facts, apply(facts.text, around)),)) if around else None


def guard_in_class(view: View, attribute: str, stretches: tuple[Stretch, ...]) -> Guard | None:
    """Stretches of methods under one lock that `__init__` makes beside `self.attribute`, or already has for it.

    None where there is no `__init__` with a statement of its own suite to put the lock behind, where two stretches
    are of one block, and where what runs under the lock would wait for it again.
    """
    own = stretches[0]
    lock = f"self._{attribute.strip('_')}_lock"
    again = _comes_back(view, stretches, Attribute(Name("self"), lock.removeprefix("self.")))
    if len({id(each.facts) for each in stretches}) < len(stretches) or again:
        return None
    made = _made_in_constructor(own, view, attribute, lock)
    edits, texts = list(made or ()), []
    for each in stretches:
        around = _around(each, lock)
        if made is None or not around:
            return None
        edits += [_moved(edit, each.line - own.line) for edit in around]
        texts.append((each.facts, apply(each.facts.text, around)))
    return Guard(tuple(edits), tuple(texts))


def _comes_back(view: View, stretches: tuple[Stretch, ...], lock: Term) -> bool:
    """Whether what runs under the lock, or will, takes it, or will, or whether it is held around a stretch: who holds a lock
    and takes it again waits forever."""
    if any(_takes(stretch, lock) for stretch in stretches):
        return True
    named: dict[str, set[str]] = {}
    takers = {_function_of(each) for each in stretches}
    waiting = [name for each in stretches for name in _named_under_lock(each)]
    for _, block in view.file.blocks:
        if block.owner == stretches[0].facts.owner:
            holding = [context for context in block.contexts if lock in context.terms]
            takers |= {outermost(block, context.scope) for context in holding}
            waiting += [n for held in holding for n in _named_between(block, held.span, held.body_span)]
            for call in block.calls:
                named.setdefault(outermost(block, call.scope), set()).update(_own_names(block, call))
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting.extend(named.get(name, ()))
    return not seen.isdisjoint(takers)


def _takes(stretch: Stretch, lock: Term) -> bool:
    """Whether the stretch lies under the lock already, or holds a place that takes it."""
    held = _held(stretch)
    return held is not None and any(
        lock in context.terms
        and context.span[:2] <= held[1][2:]
        and held[0][:2] <= max(context.span[2:], context.body_span[2:])
        for context in stretch.facts.contexts
    )


def _named_under_lock(stretch: Stretch) -> Iterator[str]:
    held = _held(stretch)
    return _named_between(stretch.facts, *held) if held is not None else iter(())


def _named_between(facts: Facts, first: Span, last: Span) -> Iterator[str]:
    for call in facts.calls:
        if first[:2] <= call.span[:2] <= last[2:]:
            yield from _own_names(facts, call)


def _own_names(facts: Facts, call: Call) -> Iterator[str]:
    """The functions of the same class or module that a call calls, or is given."""
    for term in (call.callee, *(argument.value for argument in call.arguments)):
        if isinstance(term, Attribute) if facts.owner else isinstance(term, Name):
            yield own_function(term)


def _function_of(stretch: Stretch) -> str:
    """The outermost function that a stretch stands in."""
    around = (scope for scope in stretch.facts.functions() if scope.span.contains(*stretch.first[:2]))
    return next((scope.name for scope in around), "")


def _around(stretch: Stretch, lock: str) -> Edits | None:
    """The lock around the statements of one suite that hold the stretch's two ends."""
    held = _held(stretch)
    return guard_with_lock(stretch.facts, *held, lock) if held is not None else None


def _held(stretch: Stretch) -> tuple[Span, Span] | None:
    """The first and the last statement, of one suite, that hold the stretch's two ends."""
    tree = tree_of(stretch.facts)
    ends = tuple(tree.statement_at(span) if tree else None for span in (stretch.first, stretch.last))
    if tree is None or ends[0] is None or ends[1] is None:
        return None
    outer = _neighbours(tree, ends[0], ends[1])
    if outer is None or not isinstance(tree.function_of(outer[0]), ast.AsyncFunctionDef):
        return None
    return tree.span(outer[0]), tree.span(outer[1])


def _neighbours(tree: Tree, first: ast.stmt, last: ast.stmt) -> tuple[ast.stmt, ast.stmt] | None:
    """The statements of the innermost common suite that are, or hold, the two."""
    above = {id(tree.suite_of(each)): each for each in _outwards(tree, first)}
    for each in _outwards(tree, last):
        for other in above.values():
            if any(other is sibling for sibling in tree.suite_of(each)):
                return other, each
    return None


def _outwards(tree: Tree, statement: ast.stmt) -> Iterator[ast.stmt]:
    yield statement
    for _, parent in tree.ancestors(statement):
        if isinstance(parent, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            return
        if isinstance(parent, ast.stmt):
            yield parent


def _made_in_constructor(own: Stretch, view: View, attribute: str, lock: str) -> Edits | None:
    """The lock made in `__init__`: right behind the attribute, else behind another one. () where it is there already."""
    place = Attribute(Name("self"), lock.removeprefix("self."))
    behind: tuple[int, Facts, Access] | None = None
    for line, block in view.class_blocks(own.facts.owner, "__init__"):
        for access in block.accesses:
            begins = block.scopes[access.scope].name == "__init__" and access.context < 0
            if not begins or access.kind != "write" or not _is_of_self(access):
                continue
            if access.place == place:
                return ()
            if behind is None or access.place == Attribute(Name("self"), attribute):
                behind = (line, block, access)
    if behind is None:
        return None
    line, block, access = behind
    edits = insert_statement_after(block, access.span, f"{lock} = ‹asyncio.Lock›()")
    return tuple(_moved(edit, line - own.line) for edit in edits) if edits else None


def _is_of_self(access: Access) -> bool:
    return isinstance(access.place, Attribute) and access.place.value == Name("self")


def _moved(edit: Edit, lines: int) -> Edit:
    return edit._replace(span=edit.span.shifted(lines))
