"""Where a function may be interrupted, what lies in between, and who calls whom."""

import pytest

from awaitlens.engine import check_texts
from awaitlens.program.calls import function_at, function_named, incoming, outgoing
from awaitlens.program.modules import FileFacts
from awaitlens.program.program import Program
from awaitlens.program.sections import sections, suspension_points, switches
from awaitlens.program.window import windows

PATH = "/shop/jobs.py"


def program_of(text: str) -> tuple[Program, FileFacts]:
    program = check_texts({PATH: text}).program
    return program, program.files[PATH]


def stretches(text: str) -> list[tuple[int, int, tuple[str, ...]]]:
    """The sections of the function `f`, as 1-based lines of the text."""
    program, file = program_of(text)
    return [
        (section.first + window.line + 1, section.last + window.line + 1, section.places)
        for window in windows(program, file, 0, 999)
        for scope in window.facts.async_functions()
        if scope.name == "f"
        for section in sections(window.facts, window.view, scope.number)
    ]


def crossed(body: str) -> list[str]:
    program, file = program_of(f"state = {{}}\n\n\nasync def f(self, other):\n{body}")
    return [s.place for w in windows(program, file, 0, 999) for s in switches(w.facts, w.view)]


def test_a_section_ends_at_an_await_and_begins_behind_it() -> None:
    text = "state = {}\nasync def f():\n    state[1] = 1\n    state[2] = 2\n    await g()\n    state[3] = 3\n"
    assert stretches(text) == [(3, 4, ("state[1]", "state[2]")), (6, 6, ("state[3]",))]


def test_an_await_that_never_waits_ends_nothing() -> None:
    text = "async def g():\n    return 1\n\n\nasync def f():\n    a()\n    await g()\n    b()\n"
    assert stretches(text) == [(6, 8, ())]


@pytest.mark.parametrize(
    ("header", "ends"),
    [
        ("async with lock:", [(3, 3), (5, 5)]),
        ("async for x in xs:", [(3, 3), (5, 5)]),
        ("with lock:", [(2, 5)]),
    ],
)
def test_statements_that_wait_at_their_end_part_what_follows(
    header: str, ends: list[tuple[int, int]]
) -> None:
    text = f"async def f(lock, xs):\n    {header}\n        a()\n\n    b()\n"
    assert [found[:2] for found in stretches(text)] == ends


def test_a_call_is_done_when_all_its_arguments_are() -> None:
    text = "async def f():\n    a()\n    b(\n        1,\n        await g(),\n    )\n    c()\n"
    assert [found[:2] for found in stretches(text)] == [(2, 2), (7, 7)]


def test_a_yield_hands_control_to_who_knows_whom() -> None:
    assert [s[:2] for s in stretches("async def f():\n    a()\n    yield 1\n    b()\n")] == [(2, 2), (4, 4)]


def test_an_async_with_is_one_suspension_point() -> None:
    program, file = program_of("async def f(lock):\n    async with lock:\n        await g()\n")
    [window] = windows(program, file, 0, 9)
    assert [s.kind for s in suspension_points(window.facts, window.view, 1)] == ["async with", "await"]


@pytest.mark.parametrize(
    ("body", "places"),
    [
        ("    old = state['n']\n    await g()\n    state['n'] = old + 1\n", ["state['n']"]),
        ("    if 'k' not in state:\n        v = await g()\n        state['k'] = v\n", ["state['k']"]),
        ("    state['n'] += 1\n    await g()\n    state['n'] -= 1\n", []),
        ("    print(state['n'])\n    await g()\n    state['n'] = 1\n", []),
        ("    await g()\n    old = state['n']\n    state['n'] = old + 1\n", []),
        ("    mine = {}\n    old = mine['n']\n    await g()\n    mine['n'] = old\n", []),
        ("    async with lock:\n        old = state['n']\n        await g()\n        state['n'] = old\n", []),
    ],
)
def test_an_await_between_a_read_and_the_write_that_rests_on_it(body: str, places: list[str]) -> None:
    assert crossed(body) == places


CALLS = """\
class Shop:
    async def sell(self):
        return self.price()

    def price(self):
        return tax(1) + tax(2)


def tax(n):
    return n


later = lambda: tax(3)


def report(shop: Shop):
    return shop.price()
"""


def test_callers_and_called_are_told_with_their_calls() -> None:
    program, file = program_of(CALLS)
    price = function_at(2, 21, program, file)
    assert price is not None and price.qualname == "Shop.price"
    assert [r.function.qualname for r in incoming(program, price)] == ["Shop.sell", "report"]
    [called] = outgoing(program, price)
    assert called.function.qualname == "tax" and [s.column for s in called.calls] == [15, 24]


def test_what_is_no_function_has_no_callers() -> None:
    program, file = program_of(CALLS)
    assert function_at(0, 7, program, file) is None
    assert function_named(program, PATH, "Shop") is None and function_named(program, "/no.py", "f") is None
