"""The folder of pitfalls is the registry, and says which file is wrong, and how."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from awaitlens import pitfalls as folder
from awaitlens.pitfall import Law
from awaitlens.pitfalls import MalformedPitfall, pitfall, pitfalls

LESSON = "A title.\n\n## Bad\n\n```python\nf()\n#^^ said\n```\n"


def module(**names: Any) -> ModuleType:
    made = ModuleType("awaitlens.pitfalls.slow_tea", LESSON)
    good = {
        "law": Law.HOLD_YOUR_TASKS,
        "severity": "hint",
        "default": False,
        "detect": lambda facts, view: (),
    }
    for name, value in {**good, **names}.items():
        if value is not None:
            setattr(made, name, value)
    return made


def test_every_file_of_the_folder_is_a_pitfall() -> None:
    files = (path.stem for path in Path(folder.__path__[0]).glob("*.py") if not path.stem.startswith("_"))
    assert sorted(pitfalls()) == sorted(name.replace("_", "-") for name in files)


def test_a_module_is_read_as_a_value() -> None:
    read = pitfall(module())
    assert (read.name, read.law, read.everywhere, read.fix) == ("slow-tea", Law.HOLD_YOUR_TASKS, False, None)
    assert read.lesson.title == "A title."


@pytest.mark.parametrize(
    "names",
    [
        {"law": "Hold on"},
        {"severity": "fatal"},
        {"default": None},
        {"everywhere": "no"},
        {"detect": None},
        {"fix": "by hand"},
        {"__doc__": "No slides."},
        {"__doc__": ""},
    ],
)
def test_a_malformed_one_is_named(names: dict[str, Any]) -> None:
    with pytest.raises(MalformedPitfall, match="slow_tea"):
        pitfall(module(**names))
