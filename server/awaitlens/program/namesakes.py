"""Functions of one name across the program: what colour they have, and which override which."""

from __future__ import annotations

from typing import TYPE_CHECKING

from awaitlens.program import members
from awaitlens.program.index import Defined
from awaitlens.program.modules import qualname
from awaitlens.program.values import Class

if TYPE_CHECKING:
    from awaitlens.program.program import Program


def overridden_otherwise(program: Program, path: str, method: str, is_async: bool) -> bool:
    """Whether a subclass in the program has a method of that qualname's name, and of the other colour."""
    owner, _, name = method.rpartition(".")

    def answer() -> bool:
        others = program.index.functions(name, is_async=not is_async, leading_to=path)
        return any(_inherits(program, other, (path, owner)) for other in others)

    key = ("overridden otherwise", path, method, is_async)
    return bool(path and owner) and program.names.memory.about_bodies(key, answer)


def _inherits(program: Program, method: Defined, ancestor: tuple[str, str]) -> bool:
    owner = qualname(method.facts, method.scope).rpartition(".")[0]
    if owner not in method.file.definitions or (method.file.path, owner) == ancestor:
        return False
    cls = Class(f"{method.file.module}.{owner}", method.file.path, owner)
    return any((c.path, c.qualname) == ancestor for c in members.lineage(program.names, cls)[1:])


def classes_with_async(program: Program, name: str) -> tuple[str, ...]:
    """The names of the classes with a method of that name, if every function of that name gives a coroutine; else ()."""
    if any(True for _ in program.index.functions(name, is_async=False)):
        return ()
    found = list(program.index.functions(name, is_async=True))
    if any(other.scope.is_generator for other in found):
        return ()
    owners = (qualname(other.facts, other.scope).split(".")[-2:-1] for other in found)
    return tuple(owner[0] for owner in owners if owner)


def has_coroutine_namesake(program: Program, name: str) -> bool:
    """Whether some function of that name gives a coroutine."""
    return any(not other.scope.is_generator for other in program.index.functions(name, is_async=True))
