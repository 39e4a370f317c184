"""Which pitfalls a user wants to hear of, and how loudly."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import cast, get_args

from awaitlens.pitfall import Finding, Law, Pitfall, Severity
from awaitlens.settings import Settings
from awaitlens.source import Source
from awaitlens.suppression import UNUSED, apply, may_suppress

ALL = "ALL"
_SEVERITIES = get_args(Severity)


def reported(
    source: Source,
    findings: Iterable[Finding],
    settings: Settings,
    pitfalls: Mapping[str, Pitfall],
    is_intact: Callable[[], bool] | None = None,
) -> tuple[Finding, ...]:
    """What is said about a file: findings without those that are silenced, not selected or mere possibilities.

    Unused suppressions are added, and severities are as the user set them. Sorted by place. `is_intact` says whether
    the text parses, for callers who know.
    """
    if not may_suppress(source.text):
        return unsuppressed(findings, settings, pitfalls, source.path)
    chosen = selected(settings, pitfalls, source.path)
    unchecked = pitfalls.keys() - chosen
    found = (f for f in findings if f.pitfall in chosen)
    kept, unused = apply(source, found, {*pitfalls, UNUSED}, unchecked, is_intact)
    told = _likely_enough(kept, settings)
    if UNUSED in chosen:
        told.extend(u for u in unused if u.data or not _narrowed(settings))
    return _in_order(told, settings)


def unsuppressed(
    findings: Iterable[Finding], settings: Settings, pitfalls: Mapping[str, Pitfall], path: str
) -> tuple[Finding, ...]:
    """What is said about a file in which no comment can silence anything."""
    findings = tuple(findings)
    if not findings:
        return ()
    chosen = selected(settings, pitfalls, path)
    return _in_order(_likely_enough((f for f in findings if f.pitfall in chosen), settings), settings)


def _likely_enough(findings: Iterable[Finding], settings: Settings) -> list[Finding]:
    return [f for f in findings if settings.show_possible or f.confidence != "possible"]


def _in_order(findings: Iterable[Finding], settings: Settings) -> tuple[Finding, ...]:
    severities = dict(settings.severity)
    loud = (_as_loud(f, severities) for f in findings) if severities else findings
    return tuple(sorted(loud, key=lambda f: (f.span, f.pitfall)))


def selected(settings: Settings, pitfalls: Mapping[str, Pitfall], path: str = "") -> frozenset[str]:
    """The names of the pitfalls that run on a file. The more exact word wins: a name over a law, a law over ALL.

    Without `select` those run that are on by default, and those that were given a severity.
    """
    key = (settings, _ignored_in(settings, path), id(pitfalls))
    known = _chosen.get(key)
    if known is None or known[0] is not pitfalls:
        # Asked with each keystroke; the mapping is kept beside the answer, so that its id stays its own.
        known = _chosen[key] = (pitfalls, _selected(settings, pitfalls, settings.ignore | key[1]))
    return known[1]


_chosen: dict[tuple[Settings, frozenset[str], int], tuple[Mapping[str, Pitfall], frozenset[str]]] = {}


def _selected(settings: Settings, pitfalls: Mapping[str, Pitfall], ignore: frozenset[str]) -> frozenset[str]:
    off = {name for name, severity in settings.severity if severity == "off"}
    loud = {name for name, severity in settings.severity if severity != "off"}
    chosen = {
        name
        for name, pitfall in pitfalls.items()
        if _is_wanted(name, pitfall.law, pitfall.default or name in loud, settings.select, ignore)
    }
    if _is_wanted(UNUSED, None, True, settings.select, ignore):
        chosen.add(UNUSED)
    return frozenset(chosen - off)


def selectors(pitfalls: Collection[str]) -> frozenset[str]:
    """Every word that `select` and `ignore` understand."""
    return frozenset({ALL, UNUSED, *pitfalls, *(law.slug for law in Law)})


def _is_wanted(
    name: str, law: Law | None, default: bool, select: Collection[str], ignore: Collection[str]
) -> bool:
    words = (ALL, law.slug if law else "", name)
    wanted = max((rank for rank, word in enumerate(words) if word in select), default=-1)
    unwanted = max((rank for rank, word in enumerate(words) if word in ignore), default=-1)
    if not select:
        return default and unwanted < 0
    return wanted > unwanted


def _ignored_in(settings: Settings, path: str) -> frozenset[str]:
    from awaitlens.gitignore import read_patterns

    names: frozenset[str] = frozenset()
    for pattern, ignored in settings.per_file_ignores if path else ():
        if read_patterns([pattern], settings.root).covers(path):
            names |= ignored
    return names


def _narrowed(settings: Settings) -> bool:
    """Whether pitfalls are switched off: then a suppression of all of them may be there for one of those."""
    return bool(settings.select or settings.ignore or settings.per_file_ignores or settings.severity)


def _as_loud(finding: Finding, severities: Mapping[str, str]) -> Finding:
    severity = severities.get(finding.pitfall, "")
    return finding._replace(severity=cast(Severity, severity)) if severity in _SEVERITIES else finding
