"""`check` from the outside: what it prints, what it writes, how it exits."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from .conftest import Run

SLEEPY = "async def f():\n    time.sleep(1)\n"


def test_concise_and_exit_codes(run: Run, folder: Path) -> None:
    (folder / "clean.py").write_text("x = 1\n")
    assert run("check", "--output-format", "concise") == (0, "", "No pitfalls in 1 file.\n")
    (folder / "app.py").write_text(SLEEPY)
    status, out, err = run("check", "--output-format", "concise")
    assert (status, out) == (1, "app.py:2:5: sleepy `time.sleep` is sleepy.\n")
    assert err == "1 pitfall in 2 files.\n"


def test_full_shows_the_code_the_proof_the_fix_and_the_law(run: Run, folder: Path) -> None:
    (folder / "app.py").write_text("async def f():\n\ttime.sleep(1)  # 間\n")
    _, out, err = run("check")
    assert out == (
        "sleepy: `time.sleep` is sleepy. (likely)\n"
        " --> app.py:2:2\n"
        "  |\n"
        "1 | async def f():\n"
        "2 |     time.sleep(1)  # 間\n"
        "  |     ^^^^^^^^^^\n"
        "  |\n"
        "   1. goes to sleep  app.py:2\n"
        "   2. task 1: and is called  app.py:1\n"
        "  fix: Sleep politely [safe]\n"
        "  law 1: Never block the loop.\n"
        "  why: The title of sleepy.\n"
        "       Why it is so.\n"
        "\n"
    )
    assert err == "1 pitfall in 1 file. --fix applies 1.\n"


def test_carets_under_wide_characters_and_over_lines(run: Run, folder: Path) -> None:
    (folder / "app.py").write_text("x = '間😀é'; time.sleep(1)\n")
    _, out, _ = run("check")
    lines = out.splitlines()
    assert lines[3] == "1 | x = '間😀é'; time.sleep(1)"
    assert lines[4] == "  | " + " " * 13 + "^^^^^^^^^^"


def test_json_counts_from_one_in_code_points(run: Run, folder: Path) -> None:
    (folder / "app.py").write_text("x = '😀'; time.sleep(1)\n", encoding="utf-8")
    status, out, _ = run("check", "--output-format", "json")
    step = {"path": "app.py", "line": 1, "column": 10, "words": "goes to sleep"}
    assert status == 1
    assert json.loads(out) == [
        {
            "path": "app.py",
            "line": 1,
            "column": 10,
            "end_line": 1,
            "end_column": 20,
            "pitfall": "sleepy",
            "law": "never-block-the-loop",
            "severity": "warning",
            "confidence": "likely",
            "message": "`time.sleep` is sleepy.",
            "trail": [step, {"path": "app.py", "line": 1, "column": 1, "words": "and is called"}],
            "fix": {"title": "Sleep politely", "safety": "safe"},
        }
    ]
    _, out, _ = run("check", "--output-format", "jsonl")
    assert json.loads(out)["pitfall"] == "sleepy"


def test_paths_outside_the_working_directory_stay_absolute(
    run: Run, folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = tmp_path_factory.mktemp("other") / "app.py"
    other.write_text(SLEEPY)
    _, out, _ = run("check", "--output-format", "concise", str(other))
    assert out.startswith(f"{other.as_posix()}:2:5: ")


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        ((), ["racy", "sleepy"]),
        (("--select", "sleepy"), ["sleepy"]),
        (("--select", "ALL"), ["racy", "shy", "sleepy"]),
        (("--select", "never-block-the-loop"), ["shy", "sleepy"]),
        (("--select", "never-block-the-loop", "--ignore", "shy"), ["sleepy"]),
        (("--select", "shy", "--ignore", "never-block-the-loop"), ["shy"]),
        (("--ignore", "ALL"), []),
        (("--select", "racy,shy"), ["racy", "shy"]),
        (("--select", "racy", "--select", "shy"), ["racy", "shy"]),
    ],
)
def test_select_and_ignore(run: Run, folder: Path, arguments: tuple[str, ...], names: list[str]) -> None:
    (folder / "app.py").write_text("time.sleep; race; shy\n")
    _, out, _ = run("check", "--output-format", "json", *arguments)
    assert sorted(record["pitfall"] for record in json.loads(out)) == names


def test_severity_and_per_file_ignores_from_the_configuration(run: Run, folder: Path) -> None:
    (folder / "tests").mkdir()
    (folder / "tests" / "a.py").write_text("time.sleep; race\n")
    (folder / "app.py").write_text("time.sleep; race; shy\n")
    (folder / "pyproject.toml").write_text(
        "[tool.awaitlens]\nseverity = { racy = 'off', sleepy = 'error', shy = 'hint' }\n"
        "per-file-ignores = { 'tests/' = ['sleepy'] }\n"
    )
    _, out, _ = run("check", "--output-format", "json")
    assert [(r["path"], r["pitfall"], r["severity"]) for r in json.loads(out)] == [
        ("app.py", "sleepy", "error"),
        ("app.py", "shy", "hint"),
    ]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("check", "--select", "sleppy"), "there is no pitfall or law called 'sleppy'; did you mean 'sleepy'?"),
        (("check", "nowhere"), "there is no file or folder nowhere"),
        (("check", "--update-baseline"), "--update-baseline needs --baseline FILE"),
        (("check", "--baseline", "no.json"), "there is no baseline no.json; --update-baseline writes one"),
        (("check", "-", "x.py"), "there is no file or folder x.py"),
        (("explain", "race"), "there is no pitfall or law called 'race'; did you mean 'racy'?"),
    ],
)  # fmt: skip
def test_bad_input_is_told_in_one_line(
    run: Run, folder: Path, arguments: tuple[str, ...], complaint: str
) -> None:
    (folder / "app.py").write_text(SLEEPY)
    assert run(*arguments) == (2, "", f"awaitlens: {complaint}\n")


def test_a_configuration_that_is_wrong_stops_the_check(run: Run, folder: Path) -> None:
    (folder / "app.py").write_text(SLEEPY)
    (folder / "pyproject.toml").write_text("[tool.awaitlens]\nselct = []\n")
    status, out, err = run("check")
    assert (status, out) == (2, "")
    path = folder / "pyproject.toml"
    assert err == f"awaitlens: {path}: tool.awaitlens.selct: there is no such key; did you mean 'select'?\n"


def test_a_file_that_is_no_text(run: Run, folder: Path) -> None:
    (folder / "bad.py").write_bytes(b"x = '\xff'\n")
    (folder / "app.py").write_text("x = 1\n")
    status, _, err = run("check")
    assert status == 0
    assert err.startswith("awaitlens: bad.py cannot be read: ")
    assert run("check", "bad.py")[0] == 2


def test_a_pitfall_that_fails_is_no_clean_report(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import logging

    def failing(files: object, settings: object, **_: object) -> object:
        logging.getLogger("awaitlens").error("sleepy failed in app.py")
        return type("Program", (), {"may_say": lambda *_: False, "check": lambda *_: None})()

    (folder / "app.py").write_text("x = 1\n")
    monkeypatch.setattr("awaitlens.index.check.CheckedFiles", failing)
    status, _, err = run("check")
    assert status == 2
    assert "awaitlens: sleepy failed in app.py (this is a bug in AwaitLens)\n" in err


def test_suppressions_count_and_unused_ones_are_findings(run: Run, folder: Path) -> None:
    (folder / "app.py").write_text(
        "time.sleep  # awaitlens: ignore[sleepy]\nx = 1  # awaitlens: ignore[racy]\n"
    )
    status, out, _ = run("check", "--output-format", "concise")
    assert (status, out) == (1, "app.py:2:8: unused-suppression This suppression of racy silences nothing.\n")
    assert run("check", "--select", "sleepy")[0] == 0
    assert run("check", "--ignore", "racy")[0] == 0
    assert run("check", "--fix")[0] == 0
    assert (folder / "app.py").read_text() == "time.sleep  # awaitlens: ignore[sleepy]\nx = 1\n"


def test_statistics(run: Run, folder: Path) -> None:
    (folder / "app.py").write_text("time.sleep; race; time.sleep\n")
    assert run("check", "--statistics")[1] == "2  sleepy\n1  racy\n"
    assert json.loads(run("check", "--statistics", "--output-format", "json")[1]) == {"sleepy": 2, "racy": 1}


def test_what_was_left_out_can_be_listed(run: Run, folder: Path) -> None:
    (folder / "venv").mkdir()
    (folder / "gen.py").write_text("# @generated\ntime.sleep\n")
    status, _, err = run("check", "--show-skipped")
    assert status == 0
    assert err.splitlines() == [
        "left out: gen.py: generated file",
        "left out: venv: virtual environment",
        "No pitfalls in 0 files.",
    ]


def test_the_baseline_survives_drift_and_counts(run: Run, folder: Path) -> None:
    app = folder / "app.py"
    app.write_text("def f():\n    time.sleep(1)\n")
    assert run("check", "--baseline", "known.json", "--update-baseline") == (
        0,
        "",
        "known.json now holds 1 finding.\n",
    )
    app.write_text("import os\n\n\ndef f():\n    x = 1\n    time.sleep(1)\n")
    assert run("check", "--baseline", "known.json")[0] == 0
    app.write_text("def f():\n    time.sleep(1)\n    time.sleep(1)\n")
    assert run("check", "--baseline", "known.json", "--output-format", "concise")[1].startswith("app.py:3:5:")
    app.write_text("def g():\n    time.sleep(1)\n")
    assert run("check", "--baseline", "known.json")[0] == 1


def test_a_baseline_that_is_none(run: Run, folder: Path) -> None:
    (folder / "known.json").write_text("[]")
    status, _, err = run("check", "--baseline", "known.json")
    assert status == 2
    assert err.startswith("awaitlens: known.json is no baseline: ")


# --- fixes ------------------------------------------------------------------------------------------------


def test_fix_applies_what_is_safe_and_reports_the_rest(run: Run, folder: Path) -> None:
    app = folder / "app.py"
    app.write_text("async def f():\n    time.sleep(1); time.sleep(2)\n    race\n")
    status, out, err = run("check", "--fix", "--output-format", "concise")
    assert app.read_text() == (
        "import asyncio\nasync def f():\n    await asyncio.sleep(1); await asyncio.sleep(2)\n    race\n"
    )
    assert (status, out) == (1, "app.py:4:5: racy `race` is racy.\n")
    assert "Applied 2 fixes.\n" in err
    assert run("check", "--fix", "--unsafe-fixes")[0] == 0
    assert "    alone\n" in app.read_text()


def test_diff_writes_nothing(run: Run, folder: Path) -> None:
    app = folder / "app.py"
    app.write_text("import asyncio\nasync def f():\n    time.sleep(1)")
    status, out, _ = run("check", "--diff")
    assert status == 1
    assert out == (
        "--- app.py\n+++ app.py\n@@ -1,3 +1,3 @@\n import asyncio\n async def f():\n"
        "-    time.sleep(1)\n\\ No newline at end of file\n"
        "+    await asyncio.sleep(1)\n\\ No newline at end of file\n"
    )
    assert app.read_text() == "import asyncio\nasync def f():\n    time.sleep(1)"
    app.write_text("race\n")
    assert run("check", "--diff") == (0, "", "")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"\xef\xbb\xbfasync def f():\r\n    time.sleep('\xc3\xa9')\r\n", b"\xef\xbb\xbfimport asyncio\r\nasync def f():\r\n    await asyncio.sleep('\xc3\xa9')\r\n"),
        (b"# coding: latin-1\nimport asyncio\nasync def f(): time.sleep('\xe9')", b"# coding: latin-1\nimport asyncio\nasync def f(): await asyncio.sleep('\xe9')"),
        (b"import asyncio\rasync def f():\r    time.sleep(1)\r", b"import asyncio\rasync def f():\r    await asyncio.sleep(1)\r"),
    ],
)  # fmt: skip
def test_fix_keeps_encoding_mark_and_line_ends(run: Run, folder: Path, before: bytes, after: bytes) -> None:
    (folder / "app.py").write_bytes(before)
    assert run("check", "--fix")[0] == 0
    assert (folder / "app.py").read_bytes() == after


def test_a_fix_that_would_not_parse_is_left_out(run: Run, folder: Path) -> None:
    app = folder / "app.py"
    app.write_text("import asyncio\nx = BREAK\nasync def f():\n    time.sleep(1)\n")
    status, _, err = run("check", "--fix")
    assert status == 1
    assert app.read_text() == "import asyncio\nx = BREAK\nasync def f():\n    await asyncio.sleep(1)\n"
    assert "awaitlens: app.py: a fix would not parse and was left out\n" in err


@pytest.mark.skipif(sys.platform == "win32", reason="permissions and links are other things there")
def test_fix_keeps_permissions_and_links(run: Run, folder: Path) -> None:
    real = folder / "real.txt"
    real.write_text("import asyncio\nasync def f(): time.sleep(1)\n")
    real.chmod(0o755)
    (folder / "app.py").symlink_to(real)
    assert run("check", "--fix", "app.py")[0] == 0
    assert (folder / "app.py").is_symlink()
    assert real.stat().st_mode & 0o777 == 0o755
    assert "await" in real.read_text()
    assert sorted(path.name for path in folder.iterdir()) == ["app.py", "real.txt"]


def test_a_file_that_changed_meanwhile_is_not_written(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from awaitlens.cli import mending

    app = folder / "app.py"
    app.write_text("import asyncio\nasync def f(): time.sleep(1)\n")
    repair = mending.repair

    def slow_repair(sources, patches_of):  # type: ignore[no-untyped-def]
        repaired = repair(sources, patches_of)
        app.write_text("mine = 1\n")
        return repaired

    monkeypatch.setattr(mending, "repair", slow_repair)
    status, _, err = run("check", "--fix")
    assert status == 2
    assert app.read_text() == "mine = 1\n"
    assert "awaitlens: app.py was not written: it changed while it was checked\n" in err


def test_add_ignores_silences_every_finding_where_it_stands(run: Run, folder: Path) -> None:
    app = folder / "app.py"
    app.write_text("time.sleep; race\nf(\n    race,\n)  # noqa\nx = 1  # awaitlens: ignore[shy]\n")
    status, out, err = run("check", "--add-ignores", "--output-format", "concise")
    assert (status, out) == (0, "")
    assert "Ignored 3 findings.\n" in err
    assert app.read_text() == (
        "time.sleep; race  # awaitlens: ignore[sleepy, racy]\n"
        "f(\n    race,  # awaitlens: ignore[racy]\n)  # noqa\nx = 1  # awaitlens: ignore[shy]\n"
    )


# --- explain and rules ------------------------------------------------------------------------------------


def test_explain_a_pitfall_a_law_and_the_unused_suppression(run: Run) -> None:
    status, out, _ = run("explain", "sleepy")
    assert status == 0
    assert out.startswith("# The title of sleepy.\n\n`sleepy`, warning, on by default, has a fix\n")
    assert "> **Law 1: Never block the loop.**" in out
    assert "- `shy`: The title of shy." in run("explain", "never-block-the-loop")[1]
    assert run("explain", "1") == run("explain", "never-block-the-loop")
    assert "silences nothing" in run("explain", "unused-suppression")[1]


def test_rules(run: Run) -> None:
    _, out, _ = run("rules")
    assert out.splitlines()[:3] == [
        "1. Never block the loop  never-block-the-loop",
        "  shy     off  warning      fix  The title of shy.",
        "  sleepy  on   warning      fix  The title of sleepy.",
    ]
    listed = json.loads(run("rules", "--output-format", "json")[1])
    assert [rule["name"] for rule in listed] == ["racy", "shy", "sleepy"]
    assert listed[1] == {
        "name": "shy",
        "law": "never-block-the-loop",
        "title": "The title of shy.",
        "severity": "warning",
        "default": False,
        "fix": True,
    }
