"""Code actions: what can be done about the findings in a range, and the edits behind each offer.

An offer is named by a small `Key` that travels through the client. Its edits are made when they are asked for: from
the key and the snapshot of the same version, whether that happens at once or in `codeAction/resolve`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from awaitlens.edge.analysis import Snapshot
from awaitlens.edge.diagnostics import fingerprint
from awaitlens.pitfall import Edit, Finding, Patch, Safety
from awaitlens.source import Span
from awaitlens.suppression import UNUSED, ignore_edit, ignore_file_edit, removal

QUICK_FIX = "quickfix"
FIX_ALL = "source.fixAll.awaitlens"
KINDS = (QUICK_FIX, FIX_ALL)


class Key(NamedTuple):
    """What an offer does: `task` to the finding (or pitfall) `subject`; `number` is the patch's place in its list."""

    task: str
    subject: str = ""
    number: int = 0


@dataclass(frozen=True, slots=True)
class Offer:
    """One entry of the menu. `finding` is None where it is about the whole file; `advice` is read, not applied."""

    title: str
    kind: str
    key: Key
    finding: Finding | None = None
    safety: Safety = "safe"
    preferred: bool = False


class Menu:
    """The offers of one snapshot. Patches are computed once, when first needed."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._patches: dict[Finding, tuple[Patch, ...]] = {}

    def offers(self, span: Span, only: Sequence[str] | None) -> list[Offer]:
        """What to offer for a range: repairs first, silence last. Kinds that nobody asked for cost nothing."""
        findings = self._snapshot.at(span)
        offers: list[Offer] = []
        if _wanted(QUICK_FIX, only):
            offers += [offer for finding in findings for offer in self._repairs(finding)]
            offers += self._same_pitfall(findings)
        concerned = findings if only is None else self._snapshot.findings
        if _wanted(FIX_ALL, only) and next(self._safe(concerned), None) is not None:
            offers.append(Offer("Fix all that is safe to fix (AwaitLens)", FIX_ALL, Key("all")))
        if _wanted(QUICK_FIX, only):
            offers += [_slides(finding) for finding in findings[:1] if finding.pitfall != UNUSED]
            offers += [_proof(finding) for finding in findings if finding.value("program")][:1]
            offers += [offer for finding in findings for offer in _silence(finding)]
        return list({offer.title + fingerprint_of(offer): offer for offer in offers}.values())

    def edits(self, key: Key) -> tuple[Edit, ...]:
        """The edits of an offer; none when the finding is gone or nothing can be done."""
        if key.task == "all":
            return merged(self._safe(self._snapshot.findings))
        if key.task == "pitfall":
            return merged(self._safe(f for f in self._snapshot.findings if f.pitfall == key.subject))
        if key.task == "ignore in file":
            return (ignore_file_edit(self._snapshot.source, key.subject),)
        finding = self.finding(key)
        if finding is None:
            return ()
        if key.task == "ignore":
            return (ignore_edit(self._snapshot.source, finding),)
        patch = self.patch(key)
        return patch.edits if patch is not None else ()

    def finding(self, key: Key) -> Finding | None:
        return next((f for f in self._snapshot.findings if fingerprint(f) == key.subject), None)

    def patch(self, key: Key) -> Patch | None:
        finding = self.finding(key)
        patches = self._of(finding) if finding is not None else ()
        return patches[key.number] if 0 <= key.number < len(patches) else None

    def _of(self, finding: Finding) -> tuple[Patch, ...]:
        if finding not in self._patches:
            self._patches[finding] = self._patched(finding)
        return self._patches[finding]

    def _patched(self, finding: Finding) -> tuple[Patch, ...]:
        if finding.pitfall != UNUSED:
            return self._snapshot.patches(finding)
        patch = removal(self._snapshot.source, finding)
        return (patch,) if patch is not None else ()

    def _safe(self, findings: Iterable[Finding]) -> Iterator[Patch]:
        for finding in findings:
            yield from [patch for patch in self._of(finding) if patch.safety == "safe"][:1]

    def _repairs(self, finding: Finding) -> Iterator[Offer]:
        patches = self._of(finding)
        best = next((n for n, patch in enumerate(patches) if patch.safety == "safe"), -1)
        for number, patch in enumerate(patches):
            key = Key("advice" if patch.safety == "show" else "patch", fingerprint(finding), number)
            yield Offer(patch.title, QUICK_FIX, key, finding, patch.safety, preferred=number == best)

    def _same_pitfall(self, findings: Iterable[Finding]) -> Iterator[Offer]:
        for name in dict.fromkeys(finding.pitfall for finding in findings):
            alike = [finding for finding in self._snapshot.findings if finding.pitfall == name]
            if len(alike) > 1 and next(self._safe(alike[:2]), None) is not None:
                yield Offer(f"Fix all {name} in this file", QUICK_FIX, Key("pitfall", name), alike[0])


def merged(patches: Iterable[Patch]) -> tuple[Edit, ...]:
    """The edits of patches that can be applied together; a patch that gets in the way of an earlier one is left out."""
    taken: list[Edit] = []
    for patch in patches:
        fresh = [edit for edit in patch.edits if edit not in taken]
        if not any(_collide(edit, other) for edit in fresh for other in taken):
            taken += fresh
    return tuple(taken)


def fingerprint_of(offer: Offer) -> str:
    return f"\0{offer.key.task}\0{offer.key.subject}\0{offer.key.number}"


def _collide(edit: Edit, other: Edit) -> bool:
    a, b = edit.span, other.span
    return edit.path == other.path and a[:2] < b[2:] and b[:2] < a[2:]


def _wanted(kind: str, only: Sequence[str] | None) -> bool:
    """Kinds are asked for by prefix: "source.fixAll" wants "source.fixAll.awaitlens"."""
    return only is None or any(not asked or kind == asked or kind.startswith(asked + ".") for asked in only)


def _slides(finding: Finding) -> Offer:
    return Offer(
        f"Show slides about {finding.pitfall}", QUICK_FIX, Key("slides", fingerprint(finding)), finding
    )


def _proof(finding: Finding) -> Offer:
    return Offer(
        "Prove it: a small program that shows the race",
        QUICK_FIX,
        Key("prove", fingerprint(finding)),
        finding,
    )


def _silence(finding: Finding) -> Iterator[Offer]:
    name = finding.pitfall
    if name == UNUSED:
        return
    yield Offer(f"Ignore {name} on this line", QUICK_FIX, Key("ignore", fingerprint(finding)), finding)
    yield Offer(f"Ignore {name} in this file", QUICK_FIX, Key("ignore in file", name), finding)
