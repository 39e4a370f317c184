"""Whom a change of one file concerns: who uses a name that came, went or means something else, and nobody else."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from tests.promises.test_recheck import Folder

from awaitlens.index import workspace as index
from awaitlens.index.cache import Cache
from awaitlens.index.changes import change_between
from awaitlens.index.check import CheckedFiles

IMPORTING = {
    "slow.py": "import time\n\n\ndef load():\n    time.sleep(1)\n",
    "quick.py": "def load():\n    pass\n",
    "helper.py": "import os\nfrom math import floor as step\n\nfrom quick import load\n\n\n"
    "def read():\n    return load()\n\n\ndef pace():\n    step(1)\n\n\ndef other():\n    pass\n",
    "view.py": "import helper\n\n\nasync def view():\n    helper.more()\n",
    "reader.py": "import helper\n\n\nasync def view():\n    helper.read()\n    helper.pace()\n",
    "star.py": "from helper import *\n\n\nasync def view():\n    more()\n    sleep(1)\n",
    "taker.py": "from helper import more\n\n\nasync def view():\n    more()\n",
    "hub.py": "import helper\n",
    "far.py": "import hub\n\n\nasync def view():\n    hub.helper.more()\n",
    "tools.py": "import helper as tool\n",
    "handed.py": "from tools import tool\n\n\nasync def view():\n    tool.more()\n",
    "stranger.py": "import sys\nimport helper\n\n\ndef view():\n    sys.more()\n",
    "neighbour.py": "import hub\n\n\ndef view():\n    hub.more()\n",
    "namesake.py": "import helper\nfrom math import more\n",
    **{f"idle{number}.py": "from helper import other\n" for number in range(20)},
}
EVERYBODY = {Path(name).stem for name in IMPORTING}
TAKING = {"helper", "view", "star", "taker", "far", "handed"}
NAMING = {*TAKING, "stranger", "neighbour", "namesake"}
"""And those who call something else so, where imports lead to the helper."""


@pytest.mark.parametrize(
    ("old", "new", "looked_at"),
    [
        pytest.param("import os\n", "import os\nimport time\n", {"helper"}, id="no use of its name"),
        pytest.param("import os\n", "import time\n", {"helper"}, id="one goes, one comes"),
        pytest.param("import os\n", "import os\nfrom time import sleep as more\n", TAKING, id="known name"),
        pytest.param(
            "import os\n",
            "import os\nimport time\n\n\ndef more():\n    time.sleep(1)\n",
            NAMING,
            id="with a function that uses it",
        ),
        pytest.param(
            "import os\nfrom math import floor as step\n\nfrom quick import load\n\n\ndef read():\n",
            "import os\nimport time\nfrom math import floor as step\n\nfrom quick import load\n\n\ndef read():\n    time.sleep(1)\n",
            {"helper", "reader"},
            id="with a call in a function",
        ),
        pytest.param(
            "import os\nfrom math import floor as step\n\nfrom quick import load\n\n\ndef read():\n    return load()\n\n\ndef pace():\n    step(1)\n",
            "import os\nfrom time import sleep as step\n\nfrom quick import load\n\n\ndef read():\n    return load()\n\n\ndef pace():\n    # So be it.\n    step(1)\n",
            None,
            id="with another meaning of a function that stays",
        ),
        pytest.param(
            "    return load()\n",
            "    import sys as more\n    return load()\n",
            {"helper", "reader"},
            id="in a function",
        ),
        pytest.param(
            "    return load()\n",
            "    import time\n    time.sleep(1)\n    return load()\n",
            {"helper", "reader"},
            id="in a function that blocks now",
        ),
        pytest.param(
            "    return load()\n",
            "    import slow\n    return load()\n",
            {"helper", "reader"},
            id="leads elsewhere in a function",
        ),
        pytest.param("from math import floor", "from time import sleep", None, id="used in the file"),
        pytest.param(
            "from math import floor as step\n",
            "from time import sleep as step\n\n\ndef fresh():\n    pass\n",
            None,
            id="used in the file, with a new function",
        ),
        pytest.param(
            IMPORTING["helper.py"],
            "import os\nfrom time import sleep as step\n\nfrom quick import load\n\n\n"
            "def pace():\n    step(1)\n\n\ndef read():\n    return load()\n\n\ndef other():\n    pass\n",
            None,
            id="used by a function that moves",
        ),
        pytest.param("from quick", "from slow", None, id="leads elsewhere"),
        pytest.param("from quick import load\n", "", None, id="a name goes"),
        pytest.param("import os\n", "import os\nfrom time import *\n", EVERYBODY, id="a star"),
        pytest.param("import os\n", "import os\nimport slow\n", {"helper"}, id="one more target"),
        pytest.param("import os\n", "import os\n\nLIMIT = 1\n", {"helper"}, id="a constant"),
        pytest.param("import os\n", "import os\n\nmore: int = 1\n", NAMING, id="a constant that is used"),
        pytest.param(
            "import os\n", "import os\n\nother = load\n", None, id="a constant beside a function of its name"
        ),
        pytest.param("import os\n", "import os\n\nload.limit = 1\n", EVERYBODY, id="an attribute"),
        pytest.param("import os\n", "import os\n\nread()\n", EVERYBODY, id="a call"),
        pytest.param(
            "import os\n",
            "import os\n\nif os:\n    LIMIT = 1\n",
            EVERYBODY,
            id="a constant under a condition",
        ),
        pytest.param("import os\n", "import os\n\n__all__ = ['more']\n", EVERYBODY, id="what a star takes"),
        pytest.param(
            "import os\n",
            "import os\n\n\nclass Fresh:\n    limit = 1\n\n    def go(self):\n        pass\n",
            {"helper"},
            id="a class",
        ),
        pytest.param(
            "import os\n",
            "import os\n\n\nclass Fresh:\n    def more(self):\n        pass\n",
            NAMING,
            id="a class with a method that is used",
        ),
    ],
)
def test_an_import_concerns_who_uses_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: str, new: str, looked_at: set[str] | None
) -> None:
    monkeypatch.setattr(index, "tool_digest", lambda: b"")
    folder, cache = Folder(tmp_path, IMPORTING, random.Random(0)), Cache(tmp_path / "c")
    folder.told(cache)
    changed = IMPORTING["helper.py"].replace(old, new)
    folder.write("helper.py", changed)
    seen: list[str] = []
    work_out = CheckedFiles._work_out
    monkeypatch.setattr(
        CheckedFiles, "_work_out", lambda self, path: (seen.append(path), work_out(self, path))[1]
    )
    told = folder.told(cache)
    looked = {Path(path).stem for path in seen}
    assert told == folder.told_afresh()
    assert looked == looked_at or looked_at is None
    folder.write("helper.py", IMPORTING["helper.py"])
    assert folder.told(cache) == folder.told_afresh()


CALLED = {
    "jobs.py": "def finish(loop):\n    loop.call_soon(print)\n",
    "start.py": "import threading\n\n\ndef start(loop):\n    threading.Thread(target=hub.jobs.finish, args=[loop]).start()\n",
    "hub.py": "import os\n",
    **{f"idle{number}.py": "" for number in range(20)},
}
"""A thread that is started on what no import leads to yet."""


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("start.py", "def start(loop):\n", "def start(loop):\n    import hub\n"),
        ("hub.py", "import os\n", "import os\nimport jobs\n"),
    ],
)
def test_who_asked_for_callers_is_asked_again_where_imports_lead_to_it_now(
    name: str, old: str, new: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Missed otherwise: of what others see of the files nothing else has changed. Either import may come last."""
    monkeypatch.setattr(index, "tool_digest", lambda: b"")
    complete = {**CALLED, "hub.py": "import os\nimport jobs\n"}
    complete["start.py"] = CALLED["start.py"].replace(
        "def start(loop):\n", "def start(loop):\n    import hub\n"
    )
    folder = Folder(tmp_path / "work", {**complete, name: CALLED[name]}, random.Random(0))
    cache = Cache(tmp_path / "cache.sqlite")
    asked = str(tmp_path / "work" / "jobs.py")
    before = folder.told(cache)
    folder.write(name, CALLED[name].replace(old, new))
    after = folder.told(cache)
    assert after == folder.told_afresh()
    assert after.get(asked) != before.get(asked)
    folder.write(name, CALLED[name])
    assert folder.told(cache) == folder.told_afresh() == before


def test_of_an_import_and_a_call_in_a_function_others_see_what_the_function_does() -> None:
    old = IMPORTING["helper.py"]
    new = old.replace("import os\n", "import os\nimport time\n").replace(
        "    return load()", "    time.sleep(1)"
    )
    change = change_between(old, new.replace("    time.sleep(1)", "    time.sleep(1)\n    return load()"))
    assert change.inside and change.imports == {"time"} and not change.names and not change.used
    assert change.bodies == {"", "read"}
    assert change.blocks is not None and len(change.blocks) == 2


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("__all__ = ['one']\n", "__all__ = ['other']\n", id="what a star takes"),
        pytest.param("class A(B):\n    x = 1\n", "class A(C):\n    x = 1\n", id="a base"),
        pytest.param("@one\nclass A:\n    x = 1\n", "@other\nclass A:\n    x = 1\n", id="a decorator"),
        pytest.param("from a import *\n", "from b import *\n", id="a star"),
    ],
)  # fmt: skip
def test_what_others_see_without_a_name_concerns_them_all(before: str, after: str) -> None:
    assert not change_between(before, after).inside
    assert not change_between(after, before).inside


@pytest.mark.parametrize(
    ("before", "after", "names"),
    [
        pytest.param("x = 1\n", "x = 2\ny = 3\n", {"x", "y"}, id="values"),
        pytest.param("x = y\nx = z\n", "x = z\nx = y\n", {"x"}, id="which is the last"),
        pytest.param("class A:\n    x = 1\n", "class A:\n    x = 1\n    y: int\n", {"y"}, id="a field"),
        pytest.param(
            "def f(x):\n    return x.inner()\n",
            "def f(x):\n    return x.inner()\n\n\nclass A:\n    field = 1\n\n    def __init__(self):\n        self.field = 1\n\n"
            "    def inner(self):\n        pass\n",
            {"A", "field", "inner", "__init__"}, id="a class",
        ),
    ],
)  # fmt: skip
def test_names_that_get_another_value_concern_who_uses_them(before: str, after: str, names: set[str]) -> None:
    for change in (change_between(before, after), change_between(after, before)):
        assert change.inside and change.names == names and change.bodies is None
        assert change.used == names - {"inner", "field", "__init__"}


def test_a_class_that_comes_gives_names_of_the_module_values() -> None:
    """Missed otherwise: who uses the name need not have an object of the class."""
    text = "class A:\n    def f(self):\n        global shared\n        shared = 1\n"
    assert change_between("shared = 2\n", f"shared = 2\n\n\n{text}").used == {"A", "shared"}


def test_a_class_that_is_half_typed_concerns_everybody() -> None:
    assert not change_between("x = 1\n", "x = 1\n\n\nclass A:\n    def f(self):\n        return (\n").inside
