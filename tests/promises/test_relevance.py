"""What a check passes over unread holds no pitfall: blocks are left out by the names that their text uses."""

from __future__ import annotations

import asyncio
import importlib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awaitlens.engine import new_reader, read
from awaitlens.index.check import CheckedFiles
from awaitlens.index.uses import only_imports, used_names
from awaitlens.pitfall import Finding
from awaitlens.pitfalls import pitfalls
from awaitlens.program.facts import Attribute, Facts, Name, Term
from awaitlens.program.skim import has_async
from awaitlens.settings import Settings
from awaitlens.source import Source

EVERYTHING = Settings(select=frozenset({"ALL"}), show_possible=True)
LIBRARY = Path(asyncio.__file__).parent
FILES = sorted([*LIBRARY.glob("*.py"), *(LIBRARY.parent / "concurrent" / "futures").glob("*.py")])
FILES += [LIBRARY.parent / name for name in ("argparse.py", "dataclasses.py", "inspect.py", "typing.py")]


def _found(files: Mapping[str, str], *, by_names: bool) -> dict[str, tuple[Finding, ...]]:
    """The findings of a check that leaves blocks out by their names, or of one that looks at all of them."""
    sources = {path: Source(path, text) for path, text in files.items()}
    checked = CheckedFiles(sources, lambda path: EVERYTHING)
    if by_names:
        checked.check(list(files))
    return {path: checked.findings(path) for path in files}


@pytest.mark.parametrize("name", pitfalls())
def test_what_is_passed_over_holds_no_pitfall(name: str) -> None:
    lesson = importlib.import_module(f"awaitlens.pitfalls.{name.replace('-', '_')}").__doc__ or ""
    for code in re.findall(r"```python\n(.*?)```", lesson, re.DOTALL):
        files = {"/work/module.py": code}
        assert _found(files, by_names=True) == _found(files, by_names=False)


def test_what_a_framework_calls_may_block_by_way_of_a_helper_in_another_file() -> None:
    """Missed alarm, and another answer than the editor gives: nothing in the block, nor in its file, blocks by itself."""
    files = {
        "/work/feed.py": "import asyncio\n\nfrom store import keep\n\n\nclass Feed(asyncio.Protocol):\n"
        "    def data_received(self, data):\n        keep(data)\n",
        "/work/store.py": "import files\n\n\ndef keep(data):\n    files.append(data)\n",
        "/work/files.py": 'def append(data):\n    with open("feed", "ab") as file:\n        file.write(data)\n',
    }
    found = _found(files, by_names=True)
    assert [each.pitfall for each in found["/work/feed.py"]] == ["blocking-callback"]
    assert found == _found(files, by_names=False)


@given(st.lists(st.sampled_from(["async", "await", "a", "_", "é", "1", " ", ".", "\n"])).map("".join))
def test_a_word_of_async_is_seen_wherever_it_stands(text: str) -> None:
    """Missed alarm: a block without one is passed over."""
    assert has_async(text) == (re.search(r"\b(?:async|await)\b", text) is not None)


ASYNCHRONOUS = """\
import asyncio

class Client:
    async def {0}(self, value=None): ...
    @property
    async def {1}(self): ...
    async def __aenter__(self): ...
    async def __aexit__(self, *_): ...

async def {2}(value=None): ...
def made(): return Client()
"""
NAMES = ("get", "update", "host", "load", "run", "stop")
USES = (
    "{client}.{0}()",
    "value = {client}.{0}(key=1)",
    "return f'{{{client}.{0}()}}'",
    "print('{0}', {client}.{0}())",
    "if {client}.{1}: return 1",
    "print({client}.{1}.name)",
    "{2}()",
    "{2}(value={2})",
    "{2} = print\n    {2}()",
    "helper = {2}\n    helper()",
    "def {2}(value): return value\n    {2}(1)",
    "asyncio.run({2})",
    "with {client}: return 2",
    "for {2} in {client}: print({2})",
    "[{2}() for each in value]",
    "self.{0} = {client}.{0}\n    self.{0}()",
    "print('{2}()')  # {2}()",
)
PARAMETERS = (
    "self, value",
    "self, {2}",
    "self, value={2}",
    "self, {2}: dict[str, int] = {{}}",
    "self, *, {0}=None",
)


@st.composite
def programs(draw: st.DrawFn) -> dict[str, str]:
    names = draw(st.permutations(NAMES))
    clients = ("Client()", "made()", "value.client")
    bodies = draw(
        st.lists(st.tuples(st.sampled_from(PARAMETERS), st.sampled_from(USES), st.sampled_from(clients)))
    )
    code = "import asyncio\nfrom client import Client, made, {2}\n\n"
    for number, (parameters, use, client) in enumerate(bodies):
        code += f"def plain{number}({parameters}):\n    {use.replace('{client}', client)}\n\n"
    return {"/work/client.py": ASYNCHRONOUS.format(*names), "/work/user.py": code.format(*names)}


@settings(max_examples=150, deadline=None)
@given(programs())
def test_plain_code_is_passed_over_only_where_nothing_is_found(files: dict[str, str]) -> None:
    assert _found(files, by_names=True) == _found(files, by_names=False)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_what_a_block_calls_or_hands_over_it_uses(path: Path) -> None:
    source = Source(str(path), path.read_text(encoding="utf-8"))
    for _, facts in read(source, "m", new_reader()).blocks:
        if not only_imports(facts.text):
            assert not set(_used(facts)) - used_names(facts.text).called
        else:
            assert not facts.calls


def _used(facts: Facts) -> Iterator[str]:
    own = {binding.name for binding in facts.bindings} | {p.name for s in facts.scopes for p in s.parameters}
    terms: list[Term] = [call.callee for call in facts.calls]
    terms += [argument.value for call in facts.calls for argument in call.arguments]
    for term in terms:
        if isinstance(term, Attribute):
            yield term.attr
        elif isinstance(term, Name) and term.id not in own:
            yield term.id
