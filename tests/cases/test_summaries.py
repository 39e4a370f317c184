"""Summaries: which functions come to block, by which shortest way, and what an edit changes about it."""

from __future__ import annotations

import textwrap

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awaitlens.engine import check_texts, new_reader, read
from awaitlens.pitfall import Finding
from awaitlens.program.callgraph import Chain
from awaitlens.program.modules import FileFacts
from awaitlens.program.program import Program
from awaitlens.session import Change, Session
from awaitlens.settings import Settings
from awaitlens.source import Source, Span
from awaitlens.syntax.blocks import layout


def program(options: Settings | None = None, **files: str) -> Program:
    """Modules by their names; all their functions are at hand."""
    texts = {f"{name}.py": textwrap.dedent(text) for name, text in files.items()}
    return check_texts(texts, options or Settings()).program


def program_findings(text: str) -> list[Finding]:
    return list(check_texts({"app.py": textwrap.dedent(text)}, Settings()).findings("app.py"))


def way(within: Program, function: str, module: str = "app") -> tuple[str, ...]:
    """The calls by which the function comes to block, as they are spelled; () where it does not."""
    chain = within.summaries.of((f"{module}.py", function))
    return chain.names if chain else ()


def test_the_chain_goes_through_other_modules() -> None:
    within = program(
        app="from tools import load as read\ndef main():\n    read()\n",
        tools="import time\ndef load():\n    nap()\ndef nap():\n    time.sleep(1)\n",
    )
    assert way(within, "main") == ("read", "nap", "time.sleep")
    chain = within.summaries.of(("app.py", "main"))
    assert chain is not None and chain.name == "time.sleep"
    assert [(hop.path, hop.qualname) for hop in chain.hops] == [
        ("app.py", "main"),
        ("tools.py", "load"),
        ("tools.py", "nap"),
    ]


def test_recursion_alone_does_not_block() -> None:
    within = program(app="def f(n):\n    f(n - 1)\ndef a():\n    b()\ndef b():\n    a()\n")
    assert (way(within, "f"), way(within, "a"), way(within, "b")) == ((), (), ())


@pytest.mark.parametrize("first", ["even", "odd", "main"])
def test_mutual_recursion_that_blocks_does_so_from_everywhere(first: str) -> None:
    """Whoever is asked first."""
    within = program(
        app="""
        import time
        def main():
            even(1)
        def even(n):
            odd(n)
        def odd(n):
            even(n)
            time.sleep(n)
        """
    )
    way(within, first)
    assert way(within, "odd") == ("time.sleep",)
    assert way(within, "even") == ("odd", "time.sleep")
    assert way(within, "main") == ("even", "odd", "time.sleep")


def test_of_two_ways_the_shorter_is_told() -> None:
    within = program(
        app="""
        import time
        def main():
            long()
            short()
        def long():
            longer()
        def longer():
            short()
        def short():
            time.sleep(1)
        """
    )
    assert way(within, "main") == ("short", "time.sleep")
    assert way(within, "long") == ("longer", "short", "time.sleep")


def test_a_sure_way_is_told_before_a_short_unsure_one() -> None:
    within = program(
        app="""
        import time
        def main(path):
            open(path)
            nap()
        def nap():
            time.sleep(1)
        """
    )
    assert way(within, "main") == ("nap", "time.sleep")


def test_methods_are_found_through_inheritance() -> None:
    within = program(
        app="""
        from base import Base
        class Shop(Base):
            def open(self):
                self.connect()
                super().close()
        def main():
            Shop().open()
        """,
        base="""
        import socket
        class Base:
            def connect(self):
                socket.create_connection(("shop", 80))
            def close(self):
                pass
        """,
    )
    assert way(within, "main") == ("Shop().open", "self.connect", "socket.create_connection")


def test_what_a_subclass_writes_anew_counts_for_the_subclass() -> None:
    within = program(
        app="""
        import time
        class Slow:
            def run(self):
                time.sleep(1)
        class Quick(Slow):
            def run(self):
                pass
        def main():
            Quick().run()
        """
    )
    assert way(within, "main") == ()


BLOCKING_FORMS = {
    "map in a list": "def main(rows):\n    return list(map(nap, rows))\n",
    "filter in any": "def main(rows):\n    return any(filter(nap, rows))\n",
    "a key": "def main(rows):\n    return sorted(rows, key=nap)\n",
    "an alias in a class": "class A:\n    def go(self):\n        nap()\n    run = go\ndef main():\n    A().run()\n",
    "partial": "from functools import partial\ndef main():\n    partial(nap, 1)()\n",
    "constructor": "class C:\n    def __init__(self):\n        nap()\ndef main():\n    C()\n",
    "inherited constructor": "class B:\n    def __init__(self):\n        nap()\nclass C(B):\n    pass\ndef main():\n    C()\n",
    "callable object": "class C:\n    def __call__(self):\n        nap()\ndef main():\n    C()()\n",
    "with": "class C:\n    def __enter__(self):\n        nap()\ndef main():\n    with C():\n        pass\n",
    "leaving with": "class C:\n    def __exit__(self, *e):\n        nap()\nc = C()\ndef main():\n    with c:\n        pass\n",
    "for over a generator": "def g():\n    yield nap()\ndef main():\n    for x in g():\n        pass\n",
    "next": "def g():\n    yield nap()\ndef main():\n    rows = g()\n    next(rows)\n",
    "list": "def g():\n    yield nap()\ndef main():\n    return list(g())\n",
    "iterator object": "class C:\n    def __next__(self):\n        nap()\ndef main():\n    for x in C():\n        pass\n",
    "contextmanager": "from contextlib import contextmanager\n@contextmanager\ndef g():\n    nap()\n    yield\n"
    "def main():\n    with g():\n        pass\n",
    "nested function": "def main():\n    def inner():\n        nap()\n    inner()\n",
    "cached function": "from functools import cache\n@cache\ndef f():\n    nap()\ndef main():\n    f()\n",
    "own decorator": "def d(f):\n    def w(*a):\n        return f(*a)\n    return w\n@d\ndef g():\n    nap()\n"
    "def main():\n    g()\n",
    "module instance": "class C:\n    def m(self):\n        nap()\nc = C()\ndef main():\n    c.m()\n",
    "chosen by or": "class C:\n    def m(self):\n        nap()\ndef main(given=None):\n    (given or C()).m()\n",
    "class method": "class C:\n    @classmethod\n    def m(cls):\n        nap()\ndef main():\n    C.m()\n",
    "decorated call": "def main():\n    try:\n        pass\n    finally:\n        nap()\n",
}
QUIET_FORMS = {
    "map on its own": "def main(rows):\n    return map(nap, rows)\n",
    "a generator expression on its own": "def main(rows):\n    return (nap() for row in rows)\n",
    "an alias of something else": "class A:\n    def go(self):\n        pass\n    nap = go\n    run = nap\ndef main():\n    A().run()\n",
    "to_thread": "import asyncio\ndef main():\n    return asyncio.to_thread(nap)\n",
    "thread": "import threading\ndef main():\n    threading.Thread(target=nap).start()\n",
    "pool": "from concurrent.futures import ThreadPoolExecutor\ndef main():\n    ThreadPoolExecutor().submit(nap)\n",
    "lambda": "def main():\n    return lambda: nap()\n",
    "partial kept": "from functools import partial\ndef main():\n    return partial(nap, 1)\n",
    "generator kept": "def g():\n    yield nap()\ndef main():\n    return g()\n",
    "coroutine kept": "async def f():\n    nap()\ndef main():\n    return f()\n",
    "unknown parameter": "def main(c):\n    c.nap()\n",
    "nested function kept": "def main():\n    def inner():\n        nap()\n    return inner\n",
    "name bound anew": "def main(nap):\n    nap()\n",
    "not-blocking": "def f():  # awaitlens: not-blocking\n    nap()\ndef main():\n    f()\n",
    "overriding instance": "class C:\n    def m(self):\n        pass\ndef main():\n    C().m()\n",
}
NAP = "import time\ndef nap(n=1):\n    time.sleep(n)\n"


TEMPLATE = """
import time

class Base:
    def run(self):
        self.step()

    def step(self):
        self.work()

    def work(self):
        time.sleep(1)

    @classmethod
    def made(cls):
        return cls.prepare()

    @classmethod
    def prepare(cls):
        time.sleep(1)

class Quick(Base):
    def work(self):
        pass

    @classmethod
    def prepare(cls):
        pass

class Leaf(Quick):
    pass

class Plain(Base):
    pass

class Again(Quick):
    def work(self):
        super().work()
        self.more()

    def more(self):
        time.sleep(2)

class Around(Quick):
    def run(self):
        super().run()

class Mixin:
    def work(self):
        super().work()

class Mixed(Mixin, Base):
    pass

class MixedQuick(Mixin, Quick):
    pass

class Outline:
    def __init__(self):
        self.fill()

    def __enter__(self):
        self.work()

    def __exit__(self, *_):
        pass

    def fill(self):
        raise NotImplementedError

    def work(self):
        raise NotImplementedError

class Filled(Outline):
    def fill(self):
        time.sleep(1)

class Entered(Outline):
    def fill(self):
        pass

    def work(self):
        time.sleep(1)
"""


@pytest.mark.parametrize(
    ("call", "found"),
    [
        ("Base().run()", ("Base().run", "self.step", "self.work", "time.sleep")),
        ("Plain().run()", ("Plain().run", "self.step", "self.work", "time.sleep")),
        ("Again().run()", ("Again().run", "self.step", "self.work", "self.more", "time.sleep")),
        ("Mixed().run()", ("Mixed().run", "self.step", "self.work", "super().work", "time.sleep")),
        ("Filled()", ("Filled", "self.fill", "time.sleep")),
        ("with Entered() as made: pass", ("with Entered()", "self.work", "time.sleep")),
        ("Base.made()", ("Base.made", "cls.prepare", "time.sleep")),
    ],
)
def test_a_call_on_the_object_itself_runs_what_its_own_class_has(call: str, found: tuple[str, ...]) -> None:
    """A missed alarm: what the subclass fills in blocks, or what the next class in line does."""
    assert way(program(app=f"{TEMPLATE}\ndef main():\n    {call}\n"), "main") == found


@pytest.mark.parametrize(
    "call",
    ["Quick().run()", "Leaf().run()", "Around().run()", "MixedQuick().run()", "Quick.made()", "Entered()"],
)
def test_what_a_subclass_replaces_is_not_run_on_its_objects(call: str) -> None:
    """A false alarm, and a sure one: the method of the base class is never called on them."""
    assert way(program(app=f"{TEMPLATE}\ndef main():\n    {call}\n"), "main") == ()


@pytest.mark.parametrize(
    ("name", "found"), [("Base", ("Base().use", "self.link", "time.sleep")), ("Held", ())]
)
def test_a_property_that_a_subclass_replaces_is_not_read_on_its_objects(
    name: str, found: tuple[str, ...]
) -> None:
    """A false alarm, and beside it what must still be found."""
    within = program(
        app=f"""
        import time
        class Base:
            @property
            def link(self):
                time.sleep(1)
            def use(self):
                return self.link
        class Held(Base):
            link = None
        def main():
            {name}().use()
        """
    )
    assert way(within, "main") == found


def test_a_subclass_that_replaces_what_blocks_puts_its_callers_out() -> None:
    """Both: after an edit of the subclass's method, whoever runs the base class's method on its objects says so."""
    session = Session(lambda _: Settings())
    base = TEMPLATE.partition("class Leaf")[0]
    for name, text in {
        "base": base,
        "main": "from base import Quick\nasync def main():\n    Quick().run()\n",
    }.items():
        session.open(f"{name}.py", text, 0)
    assert not session.snapshot("main.py").findings
    line = next(n for n, each in enumerate(base.splitlines()) if each.strip() == "pass")
    session.change("base.py", [Change(Span(line, 8, line, 12), "time.sleep(1)")], 1)
    assert [each.pitfall for each in session.snapshot("main.py").findings] == ["blocking-call-chain"]


@pytest.mark.parametrize("text", BLOCKING_FORMS.values(), ids=BLOCKING_FORMS.keys())
def test_forms_that_run_the_function(text: str) -> None:
    """About missed alarms."""
    found = way(program(app=NAP + text), "main")
    assert found[-2:] == ("nap", "time.sleep") or found[-2:] == ("partial(nap, 1)", "time.sleep")


@pytest.mark.parametrize("text", QUIET_FORMS.values(), ids=QUIET_FORMS.keys())
def test_forms_that_do_not(text: str) -> None:
    """About false alarms."""
    assert way(program(app=NAP + text), "main") == ()


def test_the_users_word_counts_on_the_def_and_in_the_configuration() -> None:
    text = """
    import time
    def quick():
        time.sleep(0)
    def slow():  # awaitlens: blocking
        pass
    def heavy():
        pass
    def main():
        quick()
    def other():
        slow()
    def third():
        heavy()
    """
    options = Settings(blocking=frozenset({"app.heavy"}), not_blocking=frozenset({"app.quick"}))
    within = program(options, app=text)
    assert (way(within, "main"), way(within, "other"), way(within, "third")) == ((), ("slow",), ("heavy",))


@pytest.mark.parametrize("function", ["slow", "by_way"])
def test_the_users_word_counts_for_what_the_loop_is_given(function: str) -> None:
    """A missed alarm."""
    text = f"""
    import asyncio
    def slow():  # awaitlens: blocking
        pass
    def by_way():
        slow()
    async def main():
        asyncio.get_running_loop().call_soon({function})
    """
    findings = program_findings(text)
    assert [each.pitfall for each in findings] == ["blocking-callback"]
    assert findings[0].message.startswith(f"{function}() blocks the event loop, which runs it")


def test_a_decorator_that_nobody_knows_lowers_the_confidence() -> None:
    text = "from somewhere import in_background\n@in_background\ndef f():\n    nap()\ndef main():\n    f()\n"
    chain = program(app=NAP + text).summaries.of(("app.py", "main"))
    assert chain is None or chain.confidence == "possible"


def test_a_long_chain_has_no_end_that_is_too_deep() -> None:
    steps = "".join(f"def f{n}():\n    f{n + 1}()\n" for n in range(400))
    within = program(app=NAP + steps + "def f400():\n    nap()\n")
    assert len(way(within, "f0")) == 402


def test_a_helper_that_starts_to_block_lights_up_its_callers_and_goes_dark_again() -> None:
    session = Session()
    session.open("/w/app.py", "from tools import load\n\n\nasync def main():\n    load()\n", 1)
    session.open("/w/tools.py", "import time\n\n\ndef load():\n    time.time()\n", 1)
    assert said(session) == []
    session.change("/w/tools.py", [Change(Span(4, 9, 4, 13), "sleep")], 2)
    assert "/w/app.py" in session.affected()
    assert said(session) == ["load() blocks the event loop: load > time.sleep"]
    session.change("/w/tools.py", [Change(Span(4, 9, 4, 14), "time")], 3)
    assert said(session) == []


def said(session: Session) -> list[str]:
    return [finding.message for finding in session.snapshot("/w/app.py").findings]


# --- any graph ------------------------------------------------------------------------------------------------

Graph = list[tuple[frozenset[int], bool]]
"""Per function the functions it calls, and whether it sleeps."""

SIZE = 7
BODY = st.tuples(st.frozensets(st.integers(0, SIZE - 1), max_size=3), st.booleans())
GRAPHS = st.lists(BODY, min_size=SIZE, max_size=SIZE)


def body(number: int, calls: frozenset[int], sleeps: bool) -> str:
    lines = [f"    f{each}()" for each in sorted(calls)] + (["    time.sleep(1)"] if sleeps else [])
    return "\n".join([f"def f{number}():", *(lines or ["    pass"])]) + "\n"


def source(graph: Graph) -> str:
    return "import time\n" + "".join(body(number, *each) for number, each in enumerate(graph))


def lengths(graph: Graph) -> list[int]:
    """By brute force: how many calls it takes each function to block at least, 0 where it does not."""
    found = [1 if sleeps else 0 for _, sleeps in graph]
    for length in range(2, len(graph) + 2):
        for number, (calls, _) in enumerate(graph):
            if not found[number] and any(found[each] == length - 1 for each in calls):
                found[number] = length
    return found


@settings(max_examples=60, deadline=None)
@given(GRAPHS, st.permutations(range(SIZE)))
def test_any_graph_is_answered_rightly_in_any_order(graph: Graph, order: list[int]) -> None:
    within = program(app=source(graph))
    asked = {number: len(way(within, f"f{number}")) for number in order}
    assert [asked[number] for number in range(SIZE)] == lengths(graph)


def file_of(text: str) -> FileFacts:
    return read(Source("app.py", text), "app", new_reader())


@settings(max_examples=60, deadline=None)
@given(GRAPHS, st.lists(st.tuples(st.integers(0, SIZE - 1), BODY), max_size=4))
def test_answers_after_edits_are_those_of_a_fresh_program(
    graph: Graph, edits: list[tuple[int, tuple[frozenset[int], bool]]]
) -> None:
    edited = list(graph)
    within = Program([file_of(source(graph))])
    for number, after in edits:
        before = chains(within)
        edited[number] = after
        changed = put(within, number + 1, source(edited))
        assert chains(within) == chains(Program([file_of(source(edited))]))
        now = chains(within)
        differing = {key_of(n) for n, (old, new) in enumerate(zip(before, now)) if old != new}
        assert changed or {("", ("chain", "blocks", key)) for key in differing} <= within.touched


def chains(within: Program) -> list[Chain | None]:
    return [within.summaries.of(key_of(number)) for number in range(SIZE)]


def key_of(number: int) -> tuple[str, str]:
    return "app.py", f"f{number}"


def put(within: Program, block: int, text: str) -> bool:
    """Replace one block, as the session does after an edit."""
    assert len(layout(text).blocks) == SIZE + 1
    blocks = file_of(text).blocks
    return within.put_block(within.files["app.py"], block, blocks[block][1], blocks)
