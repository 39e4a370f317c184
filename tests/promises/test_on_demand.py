"""A file that is read on demand answers as one that is read whole: what is passed over unread holds no answer."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from awaitlens.engine import new_reader, read
from awaitlens.program.mentions import table_of
from awaitlens.program.modules import FileFacts
from awaitlens.program.ondemand import FileOnDemand
from awaitlens.program.skim import may_hold
from awaitlens.source import Source

LIBRARY = Path(asyncio.__file__).parent
FILES = sorted([*LIBRARY.glob("*.py"), *(LIBRARY.parent / "concurrent" / "futures").glob("*.py")])
FILES += [LIBRARY.parent / name for name in ("argparse.py", "dataclasses.py", "inspect.py", "typing.py")]


def _both(path: Path) -> tuple[FileFacts, FileOnDemand]:
    source = Source(str(path), path.read_text(encoding="utf-8"))
    return read(source, "m", new_reader()), FileOnDemand(str(path), "m", lambda: source.text)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_name_is_found_where_it_is_bound(path: Path) -> None:
    whole, late = _both(path)
    assert {name: late.imports.get(name) for name in whole.imports} == whole.imports
    for name, members in whole.globals.items():
        # Variables of comprehensions are nobody's globals.
        found = late.globals.get(name, [])
        assert [m for m in members if m not in found and m.binding.kind != "comprehension"] == []
    for owner, names in whole.members.items():
        assert {name: late.members[owner].get(name) for name in names} == names
    for owner, assigned in whole.attributes.items():
        assert {name: late.attributes[owner].get(name) for name in assigned} == assigned
    named = {name for name in whole.definitions if "<" not in name}
    assert {name: late.definitions.get(name) for name in named} == {n: whole.definitions[n] for n in named}
    assert whole.async_names <= late.async_names
    assert whole.plain_names <= late.plain_names
    assert set(whole.imported) <= set(late.imported)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_mention_is_seen_in_the_text(path: Path) -> None:
    whole, _ = _both(path)
    for _, facts in whole.blocks:
        table = table_of(facts)
        for kind in ("defined", "called", "given"):
            names = (name for name in table.of(kind) if name.isidentifier())
            assert [name for name in names if not may_hold(facts.text, kind, name)] == []
