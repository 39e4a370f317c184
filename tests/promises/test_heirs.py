"""Who calls a constructor by its own name is looked for in few files: a call that stands in another one would be missed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pytest

from awaitlens.program.heirs import constructing
from awaitlens.program.ondemand import FileOnDemand
from awaitlens.program.skim import words


def spelling(name: str, files: Sequence[FileOnDemand]) -> Iterable[FileOnDemand]:
    return [file for file in files if name in words(file.text)]


def files_of(texts: dict[str, str]) -> list[FileOnDemand]:
    return [
        FileOnDemand(f"/shop/{name}.py", f"shop.{name}", lambda text=text: text)  # type: ignore[misc]
        for name, text in texts.items()
    ]


def asked(texts: dict[str, str]) -> set[str]:
    found = constructing("Store", files_of({"base": "class Store:\n    pass\n", **texts}), spelling)
    return {file.module.rpartition(".")[2] for file in found}


@pytest.mark.parametrize(
    "texts",
    [
        pytest.param({"a": "from base import Store\nclass Shelf(Store):\n    pass\n"}, id="heir"),
        pytest.param(
            {
                "shelf": "from base import Store\nclass Shelf(Store):\n    pass\n",
                "a": "from shelf import Shelf\nclass Tall(Shelf):\n    pass\n",
            },
            id="heir of an heir in another file",
        ),
        pytest.param({"a": "from base import Store as S\nclass Shelf(S):\n    pass\n"}, id="renamed import"),
        pytest.param({"a": "import base\nclass Shelf(Mixin, base.Store):\n    pass\n"}, id="second base"),
        pytest.param(
            {"a": "from base import Store\nBase = Store\nclass Shelf(Base):\n    pass\n"}, id="alias"
        ),
        pytest.param(
            {"a": "import base\nBase = base.Store\nclass Shelf(Base):\n    pass\n"}, id="dotted alias"
        ),
        pytest.param(
            {"a": "from base import Store\nBase: type = Store  # for now\nclass Shelf(Base):\n    pass\n"},
            id="annotated alias with a comment",
        ),
        pytest.param(
            {"a": "from base import Store\nBase = Store if FAST else Slow\nclass Shelf(Base):\n    pass\n"},
            id="alias under a condition",
        ),
        pytest.param(
            {"a": "from base import Store\nclass Shelf(\n    Mixin,\n    Store,\n):\n    pass\n"}, id="lines"
        ),
        pytest.param({"a": "import base\ndef reset(it):\n    base.Store.__init__(it)\n"}, id="by its name"),
    ],
)
def test_a_file_with_an_heir_or_a_call_by_name_is_asked(texts: dict[str, str]) -> None:
    assert {"base", "a"} <= asked(texts)


def test_a_file_that_only_uses_the_class_is_not_asked() -> None:
    assert asked({"a": "from base import Store\nstore = Store()\nlater = Store\n"}) == {"base"}


def test_of_a_class_with_very_many_heirs_all_files_are_asked() -> None:
    heirs = "".join(f"class Heir{n}(Store):\n    pass\n" for n in range(30))
    assert asked({"heirs": f"from base import Store\n{heirs}", "a": "x = 1\n"}) == {"base", "heirs", "a"}
