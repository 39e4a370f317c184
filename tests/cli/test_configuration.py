"""Settings from files and editors, and what is said about those that make no sense."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from awaitlens.configuration import Configuration
from awaitlens.settings import Settings
from awaitlens.targets import lower_bound

KNOWN = frozenset({"sleepy", "racy", "never-block-the-loop", "ALL"})


@pytest.fixture(autouse=True)
def no_active_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)


def settings(folder: Path, text: str, name: str = "app.py") -> tuple[Settings, list[str]]:
    (folder / "pyproject.toml").write_text(text, encoding="utf-8")
    configuration = Configuration(known=KNOWN)
    found = configuration.settings_for(str(folder / name))
    return found, [f"{p.key}: {p.words}" for p in configuration.problems]


def test_every_key(tmp_path: Path) -> None:
    text = """
        [tool.awaitlens]
        python = "3.11"
        django = "4.2"
        asgiref = "3.7.2"
        select = ["ALL"]
        ignore = ["racy"]
        severity = { sleepy = "error" }
        blocking = ["a.b"]
        not-blocking = ["c.d"]
        exclude = ["old/"]
        per-file-ignores = { "tests/**" = ["sleepy"] }
        show-possible = true
        hints = ["atomic"]
        interpreter = ".venv/bin/python"
    """
    found, problems = settings(tmp_path, text)
    assert problems == []
    assert found == Settings(
        python=(3, 11),
        django=(4, 2),
        asgiref=(3, 7, 2),
        select=frozenset({"ALL"}),
        ignore=frozenset({"racy"}),
        severity=(("sleepy", "error"),),
        blocking=frozenset({"a.b"}),
        not_blocking=frozenset({"c.d"}),
        exclude=("old/",),
        per_file_ignores=(("tests/**", frozenset({"sleepy"})),),
        show_possible=True,
        hints=frozenset({"atomic"}),
        interpreter=".venv/bin/python",
        root=str(tmp_path),
    )


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("selct = []", "tool.awaitlens.selct: there is no such key; did you mean 'select'?"),
        ("zzz = 1", "tool.awaitlens.zzz: there is no such key"),
        ("select = 'sleepy'", "tool.awaitlens.select: must be a list of strings, not 'sleepy'"),
        ("select = ['sleppy']", "tool.awaitlens.select: there is no pitfall or law called 'sleppy'; did you mean 'sleepy'?"),
        ("python = true", "tool.awaitlens.python: must be a version such as \"3.12\", not True"),
        ("python = 'new'", "tool.awaitlens.python: must be a version such as \"3.12\", not 'new'"),
        ("interpreter = 3", "tool.awaitlens.interpreter: must be a string, not 3"),
        ("show-possible = 1", "tool.awaitlens.show-possible: must be true or false, not 1"),
        (
            "severity = { sleepy = 'fatal' }",
            "tool.awaitlens.severity: sleepy must be one of error, warning, information, hint, off, not 'fatal'",
        ),
        (
            "hints = ['thread']",
            "tool.awaitlens.hints: there is no hint called 'thread'; did you mean 'threads'?;"
            " there are threads, switches, blocking, atomic, colour",
        ),
        ("per-file-ignores = ['a']", "tool.awaitlens.per-file-ignores: must be a table of patterns and lists of names, not ['a']"),
        ("per-file-ignores = { a = ['rcy'] }", "tool.awaitlens.per-file-ignores: there is no pitfall or law called 'rcy'; did you mean 'racy'?"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_told_and_the_rest_counts(tmp_path: Path, line: str, problem: str) -> None:
    found, problems = settings(tmp_path, f"[tool.awaitlens]\n{line}\nblocking = ['a.b']\n")
    assert problems == [problem]
    assert found.blocking == {"a.b"}


def test_a_file_that_is_no_toml_is_told(tmp_path: Path) -> None:
    found, problems = settings(tmp_path, "[tool.awaitlens\n")
    assert "cannot be read" in problems[0]
    assert found.select == frozenset()


def test_the_nearest_file_with_a_table_decides(tmp_path: Path) -> None:
    inner = tmp_path / "inner" / "deep"
    inner.mkdir(parents=True)
    (tmp_path / "pyproject.toml").write_text("[tool.awaitlens]\nignore = ['sleepy']\n")
    (tmp_path / "inner" / "pyproject.toml").write_text(
        "[project]\nname = 'inner'\nrequires-python = '>=3.9'\n"
    )
    found = Configuration().settings_for(str(inner / "a.py"))
    assert (found.ignore, found.python, found.root) == ({"sleepy"}, (3, 9), str(tmp_path))


def test_an_editor_outweighs_files(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.awaitlens]\nignore = ['sleepy']\nselect = ['ALL']\n")
    configuration = Configuration(editor={"ignore": ["racy"], "nope": 1})
    found = configuration.settings_for(str(tmp_path / "a.py"))
    assert (found.ignore, found.select) == ({"racy"}, {"ALL"})
    assert [str(problem) for problem in configuration.problems] == [
        "editor settings: nope: there is no such key"
    ]


def test_a_changed_file_is_read_again_after_a_refresh(tmp_path: Path) -> None:
    file = tmp_path / "pyproject.toml"
    file.write_text("[tool.awaitlens]\nignore = ['sleepy']\n")
    configuration = Configuration()
    assert configuration.settings_for(str(tmp_path / "a.py")).ignore == {"sleepy"}
    file.write_text("[tool.awaitlens]\nignore = ['racy']\n")
    os.utime(file, ns=(1, 1))
    configuration.refresh()
    assert configuration.settings_for(str(tmp_path / "a.py")).ignore == {"racy"}


@pytest.mark.parametrize(
    ("specifier", "bound"),
    [
        (">=3.10,<4", (3, 10, 0)),
        ("~=4.2.1", (4, 2, 1)),
        ("== 5.1.*", (5, 1, 0)),
        ("^3.9", (3, 9, 0)),
        (">3.8, !=3.9.1", (3, 8, 0)),
        ("<5", None),
        ("", None),
        ("*", None),
        ("3.12", (3, 12, 0)),
    ],
)
def test_lower_bounds(specifier: str, bound: tuple[int, int, int] | None) -> None:
    assert lower_bound(specifier) == bound


@pytest.mark.parametrize(
    ("promised", "target"), [(">=3.7", (3, 8)), (">=3.11", (3, 11)), (">=3.40", (3, 14))]
)
def test_the_python_target_stays_among_the_supported(
    tmp_path: Path, promised: str, target: tuple[int, int]
) -> None:
    found, _ = settings(tmp_path, f"[project]\nname = 'a'\nrequires-python = '{promised}'\n")
    assert found.python == target


@pytest.mark.parametrize(
    "text",
    [
        "[project]\nname = 'a'\ndependencies = ['requests', 'Django>=4.2,<5']\n",
        "[project]\nname = 'a'\n[project.optional-dependencies]\nweb = ['django[argon2] ~= 4.2 ; python_version > \"3\"']\n",
        "[dependency-groups]\ndev = [{include-group = 'x'}, 'django==4.2.1']\n[project]\nname = 'a'\n",
        "[tool.poetry.dependencies]\npython = '^3.9'\ndjango = { version = '^4.2', extras = [] }\n",
    ],
)
def test_the_django_target_from_requirements(tmp_path: Path, text: str) -> None:
    assert settings(tmp_path, text)[0].django == (4, 2)


def test_what_is_installed_outweighs_what_is_required(tmp_path: Path) -> None:
    packages = tmp_path / ".venv" / "lib" / "python3.12" / "site-packages"
    for name in ("Django-5.1.3.dist-info", "django_extra-9.0.dist-info", "asgiref-3.8.1.dist-info"):
        (packages / name).mkdir(parents=True)
    (tmp_path / ".venv" / "pyvenv.cfg").touch()
    found, _ = settings(tmp_path, "[project]\nname = 'a'\ndependencies = ['django>=4.2']\n")
    assert (found.django, found.asgiref) == ((5, 1), (3, 8, 1))


def test_an_environment_without_a_pyproject_counts(tmp_path: Path) -> None:
    packages = tmp_path / ".venv" / "lib" / "python3.12" / "site-packages"
    (packages / "Django-3.2.dist-info").mkdir(parents=True)
    (tmp_path / ".venv" / "pyvenv.cfg").touch()
    (tmp_path / "shop").mkdir()
    assert Configuration().settings_for(str(tmp_path / "shop" / "views.py")).django == (3, 2)


@pytest.mark.parametrize(
    ("name", "text", "mode"),
    [
        ("pytest.ini", "[pytest]\nasyncio_mode = auto\n", "auto"),
        ("setup.cfg", "[tool:pytest]\nasyncio_mode=strict\n", "marked"),
        ("tox.ini", "[pytest]\naddopts = --asyncio-mode=auto -q\n", "auto"),
        ("pytest.ini", "[pytest]\naddopts = -q\n", ""),
    ],
)
def test_which_async_tests_pytest_runs(tmp_path: Path, name: str, text: str, mode: str) -> None:
    (tmp_path / name).write_text(text)
    assert settings(tmp_path, "[project]\nname = 'a'\n")[0].async_tests == mode


def test_an_environment_with_pytest_and_no_plugin_runs_no_async_test(tmp_path: Path) -> None:
    packages = tmp_path / ".venv" / "lib" / "python3.12" / "site-packages"
    (packages / "pytest-9.0.dist-info").mkdir(parents=True)
    (tmp_path / ".venv" / "pyvenv.cfg").touch()
    assert settings(tmp_path, "[project]\nname = 'a'\n")[0].async_tests == "none"
    (packages / "pytest_asyncio-1.2.dist-info").mkdir()
    assert settings(tmp_path, "[project]\nname = 'a'\n")[0].async_tests == "marked"
    ini = "[project]\nname = 'a'\n[tool.pytest.ini_options]\nasyncio_mode = 'auto'\n"
    assert settings(tmp_path, ini)[0].async_tests == "auto"
