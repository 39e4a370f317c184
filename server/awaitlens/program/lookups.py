"""Functions that lie in a dict and are called by its key: `HANDLERS[kind](job)`, `handler = self._handlers.get(kind)`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from awaitlens.program import results
from awaitlens.program.facts import (
    Attribute,
    Call,
    Constant,
    Display,
    Facts,
    Item,
    Name,
    Term,
)
from awaitlens.program.giving import gives_nothing
from awaitlens.program.modules import FileFacts, class_of_self
from awaitlens.program.values import (
    NOT_KNOWN,
    Coroutine,
    External,
    Function,
    Inferred,
    Partial,
)

if TYPE_CHECKING:
    from awaitlens.program.names import Names

_GROWING = frozenset({"update", "setdefault", "__setitem__"})
_MOST = 40


class Table(NamedTuple):
    """A dict display, and where it stands; `name` is the variable or attribute that holds it and nothing else."""

    display: Display
    name: str
    file: FileFacts
    facts: Facts
    scope: int


def looked_up(term: Term, facts: Facts, scope: int) -> tuple[Term, Term | None] | None:
    """The dict that a term takes a value of, and what it takes where the key is not there; None for any other term."""
    if isinstance(term, Name):
        bound = [b for b in facts.bindings if b.name == term.id and b.scope == scope]
        held = bound[0].value if len(bound) == 1 and bound[0].kind in ("assign", "walrus") else None
        return None if held is None or isinstance(held, Name) else looked_up(held, facts, scope)
    if isinstance(term, Item):
        return term.value, None
    call = facts.call_of(term)
    if call is None or not isinstance(call.callee, Attribute) or call.callee.attr != "get":
        return None
    default = call.argument(1)
    return (call.callee.value, default and default.value) if 0 < len(call.arguments) < 3 else None


def options(names: Names, term: Term, file: FileFacts, facts: Facts, scope: int) -> tuple[Inferred, ...]:
    """All that the term may stand for where it is looked up in a dict of functions; () where that is not plain to see."""
    found = looked_up(term, facts, scope)
    table = _table(names, found[0], file, facts, scope) if found else None
    if found is None or table is None or not 0 < len(table.display.elements) <= _MOST:
        return ()
    values = [names.infer(each, table.file, table.facts, table.scope) for each in table.display.elements]
    if found[1] is not None and found[1] != Constant(None):
        values.append(names.infer(found[1], file, facts, scope))
    return tuple(values) if all(isinstance(v.value, (Function, External, Partial)) for v in values) else ()


def settled(names: Names, callee: Inferred, call: Call, file: FileFacts, facts: Facts) -> Inferred:
    """What a call calls, if it takes a function of a dict: the first of them where all agree on what a call gives, nothing
    where more of them may come. Any other callee is as it is; an attribute is never one."""
    value, term = callee.value, call.callee
    if isinstance(value, Function) and not _is_lookup(value, term):
        return callee
    if callee and not isinstance(value, Function):
        return callee
    found = (callee,) if callee else options(names, term, file, facts, call.scope)
    if not callee and not found:
        return callee
    if is_growing(names, term, file, facts, call.scope):
        return NOT_KNOWN
    kinds = {_kind(names, option) for option in found} if len(found) > 1 else {"one"}
    return found[0].because_of("likely") if len(kinds) == 1 and "" not in kinds else callee


def _is_lookup(function: Function, term: Term) -> bool:
    """Whether a function is called by another name than its own: a cheap question before a dear one."""
    return not isinstance(term, Name) or term.id != function.qualname.rpartition(".")[2]


def _kind(names: Names, option: Inferred) -> str:
    """What calling a function gives: "coroutine", "nothing" to await, or "" where neither is sure."""
    if not isinstance(option.value, Function):
        return ""
    given = results.function_called(names, option.value)
    if isinstance(given.value, Coroutine):
        return "coroutine" if given.confidence != "possible" else ""
    file, facts, scope = results.located(names, option.value)
    if file is None or facts is None or scope is None or option.value.wrapped:
        return ""
    names.memory.rests_on(file.path, id(facts))
    return "nothing" if gives_nothing(facts, scope) else ""


def is_growing(names: Names, term: Term, file: FileFacts, facts: Facts, scope: int) -> bool:
    """Whether more is put into the dict that the term is looked up in, after it was written down."""
    found = looked_up(term, facts, scope)
    table = _table(names, found[0], file, facts, scope) if found else None
    if table is None:
        return False
    names.memory.rests_on(table.file.path, table.name)
    return any(_grows(block, table.name) for _, block in table.file.blocks if table.name in block.text)


def _grows(facts: Facts, name: str) -> bool:
    written = (access.place for access in facts.accesses if access.kind != "delete")
    if any(isinstance(place, Item) and _is_called(place.value, name) for place in written):
        return True
    return any(_adds(call, name) for call in facts.calls)


def _adds(call: Call, name: str) -> bool:
    """`handlers.update(more)`, or a call that is given the dict and may do so."""
    if any(_is_called(argument.value, name) for argument in call.arguments):
        return not isinstance(call.callee, Name) or call.callee.id not in ("len", "list", "sorted", "set")
    callee = call.callee
    return isinstance(callee, Attribute) and callee.attr in _GROWING and _is_called(callee.value, name)


def _is_called(term: Term, name: str) -> bool:
    return (isinstance(term, Name) and term.id == name) or (isinstance(term, Attribute) and term.attr == name)


def _table(names: Names, owner: Term, file: FileFacts, facts: Facts, scope: int) -> Table | None:
    if isinstance(owner, Name):
        return next(iter(_of_name(names, owner.id, file, facts, scope)), None)
    if not isinstance(owner, Attribute) or not isinstance(owner.value, Name):
        return None
    cls = class_of_self(facts, scope, owner.value.id)
    members = file.members.get(cls, {}).get(owner.attr, []) if cls else []
    assigned = file.attributes.get(cls, {}).get(owner.attr, []) if cls else []
    if len(members) + len(assigned) != 1:
        return None
    if members:
        bound = members[0].binding
        return _made(bound.value, owner.attr, file, file.facts(members[0].block), bound.scope)
    access = assigned[0].access
    return _made(access.value, owner.attr, file, file.facts(assigned[0].block), access.scope)


def _of_name(names: Names, name: str, file: FileFacts, facts: Facts, scope: int) -> Iterator[Table | None]:
    number = scope
    while number >= 0 and facts.scopes[number].kind != "module":
        here = facts.scopes[number]
        bound = [b for b in facts.bindings if b.name == name and b.scope == number]
        if bound or any(parameter.name == name for parameter in here.parameters):
            yield _made(bound[0].value, name, file, facts, number) if len(bound) == 1 else None
            return
        number = here.parent
    made = file.globals.get(name, [])
    imported = file.imports.get(name, [])
    if len(made) == 1 and not imported:
        yield _made(made[0].binding.value, name, file, file.facts(made[0].block), made[0].binding.scope)
    elif len(imported) == 1 and not made and imported[0].item.symbol:
        item = imported[0].item
        path = names.program.find_module(item.module, item.level, file)
        other = names.program.files.get(path) if path else None
        there = other.globals.get(item.symbol, []) if other else []
        if other is not None and len(there) == 1:
            home = other.facts(there[0].block)
            yield _made(there[0].binding.value, item.symbol, other, home, there[0].binding.scope)


def _made(value: Term, name: str, file: FileFacts, facts: Facts, scope: int) -> Table | None:
    is_dict = isinstance(value, Display) and value.kind == "dict"
    return Table(value, name, file, facts, scope) if is_dict else None  # type: ignore[arg-type]
