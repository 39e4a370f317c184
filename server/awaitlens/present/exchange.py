"""Findings in the formats of other tools: SARIF, GitHub's workflow commands, GitLab's code quality, JUnit.

SARIF is written by hand: the one library that models it (sarif-om) has had no release since 2019. The tests hold what
is written against the standard's schema.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any
from urllib.parse import quote

from awaitlens import __version__
from awaitlens.pitfall import Step
from awaitlens.present.places import enclosing_qualname, fingerprint
from awaitlens.present.report import Told
from awaitlens.source import Span

Json = dict[str, Any]

_SARIF_LEVELS = {"error": "error", "warning": "warning", "information": "note", "hint": "note"}
_GITHUB_COMMANDS = {"error": "error", "warning": "warning", "information": "notice", "hint": "notice"}
_GITLAB_SEVERITIES = {"error": "major", "warning": "minor", "information": "info", "hint": "info"}
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def sarif(told: Sequence[Told]) -> str:
    """SARIF 2.1.0, as GitHub's code scanning reads it. A finding's trail is its code flow."""
    names = sorted({t.finding.pitfall for t in told})
    driver = {
        "name": "awaitlens",
        "version": __version__,
        "rules": [_sarif_rule(name, told) for name in names],
    }
    run: Json = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_sarif_result(t, names.index(t.finding.pitfall)) for t in told],
    }
    log = {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=2, ensure_ascii=False) + "\n"


def _sarif_rule(name: str, told: Iterable[Told]) -> Json:
    law = next((t.law for t in told if t.finding.pitfall == name), None)
    rule: Json = {"id": name}
    if law is not None:
        rule["shortDescription"] = {"text": f"{law.value}."}
        rule["properties"] = {"tags": [law.slug]}
    return rule


def _sarif_result(told: Told, rule: int) -> Json:
    finding = told.finding
    location = _sarif_location(told.path, finding.span)
    if name := enclosing_qualname(told.source, finding.span.line):
        location["logicalLocations"] = [{"fullyQualifiedName": name}]
    result: Json = {
        "ruleId": finding.pitfall,
        "ruleIndex": rule,
        "level": _SARIF_LEVELS[finding.severity],
        "message": {"text": finding.message},
        "locations": [location],
        "partialFingerprints": {"awaitlens/v1": fingerprint(told.path, told.source, finding)},
        "properties": {"confidence": finding.confidence},
    }
    if finding.trail:
        steps = [_sarif_step(told, step) for step in finding.trail]
        result["codeFlows"] = [{"threadFlows": [{"locations": steps}]}]
    return result


def _sarif_step(told: Told, step: Step) -> Json:
    location = _sarif_location(told.step_path(step.path), step.span)
    location["message"] = {"text": f"{step.lane}: {step.words}" if step.lane else step.words}
    return {"location": location}


def _sarif_location(path: str, span: Span) -> Json:
    region = {
        "startLine": span.line + 1,
        "startColumn": span.column + 1,
        "endLine": span.end_line + 1,
        "endColumn": span.end_column + 1,
    }
    return {"physicalLocation": {"artifactLocation": {"uri": _uri(path)}, "region": region}}


def _uri(path: str) -> str:
    """Relative paths stay relative to the checkout; absolute ones, Windows drives included, are file URIs."""
    if path.startswith("/"):
        return "file://" + quote(path)
    return f"file:///{quote(path)}" if path[1:2] == ":" else quote(path)


def github(told: Sequence[Told]) -> str:
    """One workflow command a finding, which GitHub shows beside the changed lines."""
    return "".join(_github_command(t) for t in told)


def _github_command(told: Told) -> str:
    span = told.finding.span
    values = {
        "title": f"awaitlens ({told.finding.pitfall})",
        "file": told.path,
        "line": span.line + 1,
        "col": span.column + 1,
        "endLine": span.end_line + 1,
        **({"endColumn": span.end_column + 1} if span.end_line == span.line else {}),
    }
    listed = ",".join(f"{key}={_github_escaped(str(value), ':,')}" for key, value in values.items())
    message = _github_escaped(f"{told.place}: {told.finding.pitfall}: {told.finding.message}", "")
    return f"::{_GITHUB_COMMANDS[told.finding.severity]} {listed}::{message}\n"


def _github_escaped(text: str, more: str) -> str:
    """Values escape also what separates them; `%` comes first, since the escapes hold it."""
    return "".join(f"%{ord(c):02X}" if c in "%\r\n" + more else c for c in text)


def gitlab(told: Sequence[Told]) -> str:
    """GitLab's code quality report. Findings alike get different fingerprints, since GitLab drops equal ones."""
    seen: Counter[str] = Counter()
    issues = []
    for t in told:
        mark = fingerprint(t.path, t.source, t.finding)
        seen[mark] += 1
        span = t.finding.span
        begin = {"line": span.line + 1, "column": span.column + 1}
        end = {"line": span.end_line + 1, "column": span.end_column + 1}
        issues.append(
            {
                "type": "issue",
                "check_name": t.finding.pitfall,
                "description": f"{t.finding.pitfall}: {t.finding.message}",
                "categories": ["Bug Risk"],
                "severity": _GITLAB_SEVERITIES[t.finding.severity],
                "fingerprint": mark if seen[mark] == 1 else f"{mark}-{seen[mark]}",
                "location": {"path": t.path, "positions": {"begin": begin, "end": end}},
            }
        )
    return json.dumps(issues, indent=2, ensure_ascii=False) + "\n"


def junit(told: Sequence[Told]) -> str:
    """JUnit: a suite a file, a failing case a finding; one passing case when there is none."""
    from xml.etree import ElementTree

    root = ElementTree.Element(
        "testsuites", name="awaitlens", tests=str(max(len(told), 1)), failures=str(len(told))
    )
    by_path: dict[str, list[Told]] = {}
    for t in told:
        by_path.setdefault(t.path, []).append(t)
    for path, found in by_path.items():
        count = str(len(found))
        suite = ElementTree.SubElement(
            root, "testsuite", name=_xml_safe(path), tests=count, failures=count, errors="0"
        )
        for t in found:
            where = {"classname": _xml_safe(path), "name": f"{t.finding.pitfall}:{t.finding.span.line + 1}"}
            case = ElementTree.SubElement(
                suite, "testcase", where, file=_xml_safe(path), line=str(t.finding.span.line + 1)
            )
            failure = ElementTree.SubElement(case, "failure", message=_xml_safe(t.finding.message))
            failure.text = _xml_safe(f"{t.place}: {t.finding.pitfall} {t.finding.message}")
    if not told:
        suite = ElementTree.SubElement(
            root, "testsuite", name="awaitlens", tests="1", failures="0", errors="0"
        )
        ElementTree.SubElement(suite, "testcase", classname="awaitlens", name="no findings")
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _xml_safe(text: str) -> str:
    return _NOT_IN_XML.sub("\ufffd", text)


FORMATS: dict[str, Callable[[Sequence[Told]], str]] = {
    "sarif": sarif,
    "github": github,
    "gitlab": gitlab,
    "junit": junit,
}
