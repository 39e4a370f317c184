"""The formats of other tools, held against their own definitions."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from jsonschema import Draft7Validator

from .conftest import Run

TEXT = {
    "type": "object",
    "additionalProperties": False,
    "required": ["text"],
    "properties": {"text": {"type": "string"}},
}


def closed(required: list[str], **properties: object) -> dict[str, object]:
    """An object with these members and no others."""
    return {"type": "object", "additionalProperties": False, "required": required, "properties": properties}


def many(items: object) -> dict[str, object]:
    return {"type": "array", "items": items}


COUNT = {"type": "integer", "minimum": 1}
REGION = closed(["startLine"], startLine=COUNT, startColumn=COUNT, endLine=COUNT, endColumn=COUNT)
PHYSICAL = closed(
    ["artifactLocation"],
    artifactLocation=closed([], uri={"type": "string", "format": "uri-reference", "pattern": r"^[!-~]+$"}),
    region=REGION,
)
LOCATION = closed(
    [],
    physicalLocation=PHYSICAL,
    message=TEXT,
    logicalLocations=many(closed([], fullyQualifiedName={"type": "string"})),
)
RESULT = closed(
    ["message"],
    ruleId={"type": "string"},
    ruleIndex={"type": "integer", "minimum": 0},
    level={"enum": ["none", "note", "warning", "error"]},
    message=TEXT,
    locations=many(LOCATION),
    partialFingerprints={"type": "object", "additionalProperties": {"type": "string"}},
    properties={"type": "object"},
    codeFlows=many(closed(["threadFlows"], threadFlows=many(closed(["locations"], locations=many(closed([], location=LOCATION)))))),
)  # fmt: skip
RULE = closed(["id"], id={"type": "string"}, shortDescription=TEXT, properties={"type": "object"})
DRIVER = closed(["name"], name={"type": "string"}, version={"type": "string"}, rules=many(RULE))
RUN = closed(
    ["tool"],
    tool=closed(["driver"], driver=DRIVER),
    columnKind={"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
    results=many(RESULT),
)
SARIF = closed(
    ["version", "runs"], **{"$schema": {"type": "string"}, "version": {"const": "2.1.0"}, "runs": many(RUN)}
)
"""What SARIF 2.1.0 (OASIS, appendix of section 3) allows, for the members that are written here; closed, as there."""


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
    Draft7Validator.check_schema(SARIF)
    assert [error.message for error in Draft7Validator(SARIF).iter_errors(log)] == []
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
    assert list(Draft7Validator(SARIF).iter_errors(log)) == []
    assert log["runs"][0]["results"] == []


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
