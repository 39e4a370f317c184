"""What one block defines, calls and hands over, by name: the last part of it, `save` for `order.save`."""

from __future__ import annotations

from typing import NamedTuple

from awaitlens.program.facts import Facts, Lambda, Term, last_name
from awaitlens.program.skim import Kind


class Place(NamedTuple):
    """Number of the block, number of the scope or call there, number of the argument or -1."""

    block: int
    number: int
    argument: int


class Table(NamedTuple):
    defined: dict[str, list[Place]]
    called: dict[str, list[Place]]
    given: dict[str, list[Place]]

    def of(self, kind: Kind) -> dict[str, list[Place]]:
        return self.called if kind == "called" else self.given if kind == "given" else self.defined

    @property
    def names(self) -> set[str]:
        return {*self.defined, *self.called, *self.given}


def table_of(facts: Facts) -> Table:
    """One block's table; its places say block 0, whoever reads it says which block it is."""
    table = Table({}, {}, {})
    for scope in facts.scopes:
        if scope.kind in ("function", "class") and scope.parent >= 0:
            table.defined.setdefault(scope.name, []).append(Place(0, scope.number, -1))
    for call in facts.calls:
        name = last_name(call.callee)
        if name:
            table.called.setdefault(name, []).append(Place(0, call.number, -1))
        for number, argument in enumerate(call.arguments):
            name = given_name(argument.value, facts)
            if name:
                table.given.setdefault(name, []).append(Place(0, call.number, number))
    return table


def given_name(term: Term, facts: Facts) -> str:
    if isinstance(term, Lambda):
        return facts.scopes[term.scope].name
    return last_name(term)
