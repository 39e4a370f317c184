"""What one block says on its own: calls and what becomes of their values, suspension points, contexts, bindings."""

from __future__ import annotations

import pytest

from awaitlens.engine import new_reader
from awaitlens.program.facts import (
    Attribute,
    Binding,
    Constant,
    Entered,
    Facts,
    Item,
    Iterated,
    Lambda,
    Name,
    Result,
    Unpacked,
)
from awaitlens.syntax.blocks import layout


def facts_of(text: str) -> Facts:
    blocks = new_reader().read(layout(text))
    return blocks[-1][2]


USAGES = {
    "f()": "dropped",
    "await f()": "awaited",
    "x = f()": "assigned x",
    "self.x = f()": "assigned self.x",
    "x[0] = f()": "assigned x[0]",
    "if (x := f()): pass": "assigned x",
    "return f()": "returned",
    "yield f()": "yielded",
    "raise f()": "raised",
    "if f(): pass": "tested",
    "while not f(): pass": "tested",
    "assert f()": "tested",
    "x = f() or y": "tested",
    "x = y or f()": "assigned x",
    "x = f() if y else z": "assigned x",
    "x = y if f() else z": "tested",
    "x = f'{f()}'": "formatted",
    "x = f() == y": "compared",
    "x = y in f()": "compared In",
    "x = f() + y": "operand",
    "x += f()": "operand x",
    "f().name": "attribute name",
    "f()[0]": "indexed",
    "f()[1:]": "indexed slice",
    "f()[::2]": "indexed",
    "x[f()]": "key",
    "for x in f(): pass": "iterated",
    "async for x in f(): pass": "async iterated",
    "[x for x in f()]": "iterated",
    "with f(): pass": "entered",
    "async with f() as x: pass": "async entered",
    "x = [f()]": "element",
    "x = {'k': f()}": "element",
    "x = [f() for y in z]": "element",
    "del f()[0]": "indexed",
    "lambda: f()": "returned",
}


@pytest.mark.parametrize("statement", USAGES)
def test_what_becomes_of_a_value(statement: str) -> None:
    facts = facts_of(f"async def g():\n    {statement}\n")
    call = next(call for call in facts.calls if call.callee == Name("f"))
    assert f"{call.usage.kind} {call.usage.name}".strip() == USAGES[statement]


@pytest.mark.parametrize(
    ("call", "slot"),
    [("g(f())", "0"), ("g(1, f())", "1"), ("g(k=f())", "k"), ("g(*f())", "0"), ("g([f()])", "0")],
)
def test_an_argument_knows_its_call_and_its_place(call: str, slot: str) -> None:
    facts = facts_of(f"{call}\n")
    inner = next(c for c in facts.calls if c.callee == Name("f"))
    assert inner.usage.final.kind == "argument"
    assert facts.calls[inner.usage.final.call].callee == Name("g")
    assert inner.usage.final.name == slot


def test_every_kind_of_suspension_point_is_seen() -> None:
    facts = facts_of(
        "async def f():\n"
        "    await a\n"
        "    async for x in b: pass\n"
        "    async with c: pass\n"
        "    [x async for x in d]\n"
        "    (x async for x in e)\n"
    )
    assert [(s.kind, s.operand) for s in facts.suspensions] == [
        ("await", Name("a")),
        ("async for", Name("b")),
        ("async with", Name("c")),
        ("async with exit", Name("c")),
        ("async comprehension", Name("d")),
    ]


def test_what_encloses_a_call_stops_at_its_function() -> None:
    facts = facts_of(
        "async def f():\n"
        "    with a:\n"
        "        for x in y:\n"
        "            try:\n"
        "                g()\n"
        "            except E:\n"
        "                pass\n"
        "            def inner():\n"
        "                h()\n"
    )
    g, h = (next(c for c in facts.calls if c.callee == Name(name)) for name in "gh")
    assert [context.kind for context in facts.enclosing(g.context)] == ["try", "for", "with"]
    assert list(facts.enclosing(h.context)) == []
    assert facts.scopes[h.scope].qualname == "f.<locals>.inner"


def test_bindings_say_where_a_value_comes_from() -> None:
    facts = facts_of(
        "def f():\n"
        "    a, *b = g()\n"
        "    c, d = 1, h\n"
        "    with m() as e: pass\n"
        "    for i in xs: pass\n"
        "    def inner(): pass\n"
    )
    values = {binding.name: binding.value for binding in facts.bindings}
    assert values["a"] == Unpacked(Result(0), 0)
    assert values["b"] == Unpacked(Result(0), -1)
    assert (values["c"], values["d"]) == (Constant(1), Name("h"))
    assert values["e"] == Entered(Result(1), False)
    assert values["i"] == Iterated(Name("xs"), False)
    assert isinstance(values["inner"], Lambda)


def test_writes_to_attributes_and_items_are_accesses() -> None:
    facts = facts_of(
        "def f(self):\n    self.n = 1\n    self.n += 2\n    cache['k'] = 3\n    del cache['k']\n"
    )
    assert [(a.kind, a.place) for a in facts.accesses] == [
        ("write", Attribute(Name("self"), "n")),
        ("augmented", Attribute(Name("self"), "n")),
        ("write", Item(Name("cache"), Constant("k"))),
        ("delete", Item(Name("cache"), Constant("k"))),
    ]


def test_a_member_knows_its_class_and_counts_from_its_own_first_line() -> None:
    blocks = new_reader().read(
        layout("class A:\n    class B:\n        async def f(self):\n            await g()\n")
    )
    line, _, facts = blocks[-1]
    assert (line, facts.owner) == (2, ("A", "B"))
    assert facts.suspensions[0].span == (1, 12, 1, 21)


def test_columns_are_code_points() -> None:
    facts = facts_of("async def f():\n    'é𝒳'; g('𝒳')\n")
    assert facts.calls[0].span == (1, 10, 1, 16)
    assert facts.slice(facts.calls[0].span) == "g('𝒳')"


def test_an_annotation_in_a_string_is_read() -> None:
    facts = facts_of("def f(x: 'a.B | None') -> 'C': ...\n")
    assert facts.scopes[1].parameters[0].annotation is not None
    assert facts.scopes[1].returns == Name("C")


def test_names_declared_global_belong_to_the_module() -> None:
    facts = facts_of("def f():\n    global ready\n    ready = True\n")
    bound = facts.bindings[0]
    assert isinstance(bound, Binding) and bound.name == "ready"
    assert facts.scopes[bound.scope].global_names == {"ready"}


def test_directives_on_a_def_are_read() -> None:
    facts = facts_of("def f():  # awaitlens: not-blocking, it is cached\n    pass\n")
    assert facts.scopes[1].directives == ("not-blocking",)


def test_a_directive_on_a_class_is_read_past() -> None:
    assert facts_of("class A:  # awaitlens: blocking\n    pass\n").owner == ("A",)
