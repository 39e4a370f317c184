"""Which databases and files lie in memory: whoever asks them computes, and waits for nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from awaitlens.program.facts import Attribute, Call, Constant, Entered, Facts, Name, Result, Term
from awaitlens.program.modules import FileFacts
from awaitlens.program.values import Instance

if TYPE_CHECKING:
    from awaitlens.program.names import Names

_MARK = ":memory:"
"""How SQLite and Qdrant call such a database, alone or in an address (`file::memory:?cache=shared`)."""
_MOST_STEPS = 6
_OPENING = ("pathlib.Path.", "builtins.open", "open", "io.open")
_OF_KERNEL = ("/proc/", "/sys/")
"""Linux: what stands below is written down when it is asked for, and lies on no disk."""


def asks_memory(name: str, call: Call, names: Names, file: FileFacts, facts: Facts) -> bool:
    """Whether a call of what the tables know as `name` asks a database that lies in memory, or reads what the kernel says."""
    if name.startswith(_OPENING):
        made = facts.call_of(call.callee.value) if isinstance(call.callee, Attribute) else call
        path = made.argument(0) if made is not None else None
        return path is not None and facts.slice(path.span).lstrip("rbfRBF\"'").startswith(_OF_KERNEL)
    if not name.startswith(("sqlite3.", "qdrant_client.")) or not isinstance(call.callee, Attribute):
        return False
    return _is_in_memory(call.callee.value, names, file, facts, call.scope)


def _is_in_memory(
    term: Term, names: Names, file: FileFacts, facts: Facts, scope: int, steps: int = _MOST_STEPS
) -> bool:
    """Whether a connection, or a cursor of one, belongs to a database in memory, as the code that made it says."""
    if not steps:
        return False
    if isinstance(term, Result):
        call = facts.calls[term.call]
        if any(_says_so(argument.value) for argument in call.arguments[:2]):
            return True
        owner = call.callee.value if isinstance(call.callee, Attribute) else None
        return owner is not None and _is_in_memory(owner, names, file, facts, scope, steps - 1)
    if isinstance(term, Entered):
        return _is_in_memory(term.value, names, file, facts, scope, steps - 1)
    if isinstance(term, Name):
        made = [b for b in facts.bindings if b.name == term.id and b.scope == scope]
        return any(_is_in_memory(b.value, names, file, facts, scope, steps - 1) for b in made)
    return isinstance(term, Attribute) and _is_kept(term, names, file, facts, scope, steps - 1)


def _says_so(value: Term) -> bool:
    return isinstance(value, Constant) and isinstance(value.value, str) and _MARK in value.value


def _is_kept(place: Attribute, names: Names, file: FileFacts, facts: Facts, scope: int, steps: int) -> bool:
    """`self.rows`, which some method of the class sets to such a connection."""
    owner = names.infer(place.value, file, facts, scope).value
    home = names.program.files.get(owner.cls.path) if isinstance(owner, Instance) and owner.cls.path else None
    if home is None or not isinstance(owner, Instance):
        return False
    for assigned in home.attributes.get(owner.cls.qualname, {}).get(place.attr, ()):
        there, access = home.facts(assigned.block), assigned.access
        names.memory.rests_on(home.path, id(there))
        if _is_in_memory(access.value, names, home, there, access.scope, steps):
            return True
    return False
