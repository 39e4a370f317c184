"""Where an edit is seen to change calls alone, the outlines are equal."""

from __future__ import annotations

import random

import pytest

from awaitlens.engine import new_reader, read
from awaitlens.pitfalls import pitfalls
from awaitlens.program.extract import extract
from awaitlens.program.facts import Facts
from awaitlens.program.likeness import changed_calls
from awaitlens.program.outline import outline
from awaitlens.source import Source
from awaitlens.syntax.blocks import Block, layout
from awaitlens.syntax.parse import parse

pytestmark = pytest.mark.filterwarnings("ignore::SyntaxWarning")

KEPT = """
async def work(self, client):
    log.info("a", size(1))
    held = make(1, size(2))
    await pause(3)
    self.last = await fetch(4)
    both = ready(5) and make(6)
    return held if ready(7) else [wrap(8), *(each(9) for _ in client)]
"""
PIECES = ("1", "x", "()", ".a", ", b=2", " or c()", "await ", "\n    done()", "not ")


def facts_of(block: Block) -> Facts:
    return extract(block, parse(block))


def blocks() -> list[Block]:
    lessons = [pitfall.lesson for pitfall in pitfalls().values()]
    texts = [code.text for lesson in lessons for slide in lesson.slides for code in slide.codes]
    return [block for text in [*[KEPT] * 40, *texts] for block in layout(text).blocks if "def " in block.text]


def test_blocks_called_alike_have_equal_outlines() -> None:
    chance, alike, apart = random.Random(1), 0, 0
    for block in blocks():
        old = facts_of(block)
        for _ in range(6):
            at = chance.randrange(len(block.text))
            text = block.text[:at] + chance.choice(PIECES) + block.text[at + chance.randrange(3) :]
            new = facts_of(block._replace(text=text))
            if changed_calls(old, new) is not None:
                alike += 1
                assert outline(old) == outline(new), text
            else:
                apart += outline(old) != outline(new)
    assert alike > 300 and apart > 300


def test_a_digit_in_a_dropped_call_needs_no_outline() -> None:
    (block,) = layout(KEPT.lstrip()).blocks
    dropped = block._replace(text=block.text.replace("size(1)", "size(12)"))
    kept = block._replace(text=block.text.replace("size(2)", "size(23)"))
    assert changed_calls(facts_of(block), facts_of(dropped)) == {0, 1}
    assert changed_calls(facts_of(block), facts_of(kept)) is None


DEFINED = {"given", "held", "shared", "imported", "open", "other"}
NAMES = [*sorted(DEFINED), "impor", "fetc"]


@pytest.mark.parametrize("form", ["{}", "{}(1)", "await {}.load()", "{}[0].name"])
def test_a_value_says_something_where_its_name_is_defined(form: str) -> None:
    """A half-typed name is no news to others; one that something defines is: a parameter, a local, a global, a builtin."""
    found = {}
    for name in NAMES:
        text = (
            "from somewhere import imported\n\nshared = 1\n\n\nclass Store:\n    other = 2\n\n"
            f"    async def load(self, given):\n        held = given\n        self.last = {form.format(name)}\n"
        )
        file = read(Source("m.py", text), "m", new_reader())
        found[name] = outline(file.blocks[-1][1], file)
    assert found["impor"] == found["fetc"]
    assert len({*found.values()}) == len(DEFINED) + 1


LOCAL = """
def make(given):
    {}

    class Store(Base):
        def load(self, item: Item) -> None:
            size(1)

    def inner():
        return found(1)

    plain(2)
    return Store if given else inner
"""


@pytest.mark.parametrize(
    ("name", "is_visible"),
    [("Base", True), ("Item", True), ("found", True), ("Store", True), ("size", False), ("plain", False), ("other", False)],
)  # fmt: skip
def test_an_import_in_a_function_says_something_where_what_the_function_gives_rests_on_it(
    name: str, is_visible: bool
) -> None:
    """Missed otherwise: who reads no more than the outline would go on with the old meaning. And most say nothing."""
    (with_it,), (without,) = (
        layout(LOCAL.lstrip().format(line)).blocks for line in (f"from somewhere import {name}", "pass")
    )
    assert (outline(facts_of(with_it)) != outline(facts_of(without))) is is_visible


def test_an_import_of_a_name_that_is_global_says_something_to_others() -> None:
    one, other = (
        "def load():\n    global shared\n    from somewhere import shared\n",
        "def load():\n    global shared\n    from elsewhere import shared\n",
    )
    assert len({outline(facts_of(*layout(text).blocks)) for text in (one, other)}) == 2


TESTED = "def find(row, ok):\n    if isinstance(row, Client) and ok:\n        return row\n    return None\n"


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [("Client", "Store", True), (" and ", " or ", True), ("row, Client", "ok, Client", True), ("None", "0", True),
     ("find(row, ok):\n", "find(row, ok):\n\n", False)],
)  # fmt: skip
def test_a_test_says_something_of_what_is_returned_past_it(old: str, new: str, says: bool) -> None:
    """Missed otherwise: what others make of the function's result rests on the class that is asked for."""
    before, after = (facts_of(*layout(text).blocks) for text in (TESTED, TESTED.replace(old, new)))
    assert (outline(before) != outline(after)) is says
    assert changed_calls(before, after) is None or not says
