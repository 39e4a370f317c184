"""The wording of hints in the line, and the hints a finding's proof gives for free.

A hint is a few words at the end of a line, quiet by default: it stands only where a finding makes it matter. The
tooltip is one plain sentence; the step it rests on is where a click leads.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Literal, NamedTuple

from awaitlens.pitfall import Finding, Law, Pitfall, Step
from awaitlens.present.escape import visible
from awaitlens.present.phrase import pieces, plain_sentence
from awaitlens.present.timeline import trail_of
from awaitlens.source import Source

Category = Literal["threads", "switches", "blocking", "atomic", "colour"]
Glyphs = Literal["unicode", "ascii"]

_LONGEST = 60
_BLOCKS = re.compile(r"\bblocks\b")
"""Not every breach of the first law blocks where it stands: some raise, some only poll. The claim's own word decides."""

_SIGNS: dict[Glyphs, dict[Category, str]] = {
    "unicode": {"threads": "⇢", "switches": "⇄", "blocking": "■", "atomic": "⌐", "colour": "◦"},
    "ascii": {"threads": "->", "switches": "<>", "blocking": "#", "atomic": "[", "colour": ":"},
}


class Wording(NamedTuple):
    """What a hint says: a few words in the line, and one plain sentence when one asks."""

    label: str
    tooltip: str


class Hint(NamedTuple):
    """A hint in the line (0-based line, column in code points). `at` is the step it rests on, None for its own line."""

    line: int
    column: int
    label: str
    tooltip: str
    category: Category
    at: Step | None


def runs_on(thread: str, reason: str = "") -> Wording:
    """Where a function runs: `thread` as in "the event loop", `reason` as in "called from view()"."""
    because = f", {visible(reason)}" if reason else ""
    return Wording(_short(f"runs on {thread}{because}"), f"This runs on {thread}{because}.")


def runs(name: str, where: str) -> Wording:
    """Where a function that is handed over runs: `where` as in "on the event loop"."""
    return Wording(
        _short(f"{visible(name)} runs {where}"), f"{visible(name)} is not run here: it runs {where}."
    )


def others_may_run(shared: str = "") -> Wording:
    """At a point of suspension between a read and a write of `shared`."""
    about = f" What was read from {shared} before may be old afterwards." if shared else ""
    return Wording("others may run here", f"While this waits, other tasks run.{about}")


def blocks(chain: Iterable[str]) -> Wording:
    """At a call that blocks: the names from the call down to what waits."""
    names = [visible(name) for name in chain]
    way = " > ".join(names)
    label = f"blocks here: {way}" if names else "blocks here"
    return Wording(_short(label), f"While {names[-1] if names else 'this'} runs, no other task moves.")


def atomic(first: int, last: int) -> Wording:
    """Where an atomic section begins; lines are 0-based and inclusive."""
    reach = f"to line {last + 1}"
    return Wording(
        f"atomic {reach}",
        f"No other task runs between line {first + 1} and line {last + 1}: nothing here waits.",
    )


def coloured(name: str, colour: Literal["sync", "async"]) -> Wording:
    """The colour of a called function where it decides something."""
    gives = "its result" if colour == "sync" else "a coroutine, which runs when it is awaited"
    return Wording(colour, f"{visible(name)} is {colour}: calling it gives {gives}.")


def signed(wording: Wording, category: Category, glyphs: Glyphs) -> Wording:
    """The wording with the category's sign before the label."""
    return wording._replace(label=f"{_SIGNS[glyphs][category]} {wording.label}")


def hints_for(
    findings: Iterable[Finding],
    pitfalls: Mapping[str, Pitfall],
    source: Source,
    glyphs: Glyphs = "unicode",
) -> tuple[Hint, ...]:
    """The hints that the proofs of a file's findings give, one a line and category, in the order of the lines."""
    first: dict[tuple[int, Category], Hint] = {}
    for finding in findings:
        pitfall = pitfalls.get(finding.pitfall)
        for category, line, wording, at in _from(finding, pitfall.law, source) if pitfall else ():
            label, tooltip = signed(wording, category, glyphs)
            column = len(source.line_text(line).rstrip())
            first.setdefault((line, category), Hint(line, column, label, tooltip, category, at))
    return tuple(first[key] for key in sorted(first))


def _from(finding: Finding, law: Law, source: Source) -> Iterator[tuple[Category, int, Wording, Step | None]]:
    if law is Law.NEVER_BLOCK_THE_LOOP and _BLOCKS.search(finding.message):
        witness = finding.trail[-1] if finding.trail else None
        yield "blocking", finding.span.line, blocks(_chain(finding)), witness
    for step in trail_of(finding, source):
        if step.path:
            continue
        if law is Law.ALONE_BETWEEN_AWAITS and _suspends(source, step):
            yield "switches", step.span.line, others_may_run(), step
        if law is Law.KNOW_YOUR_THREAD and step.lane:
            words = Wording(_short(visible(step.lane)), visible(plain_sentence(step.words)))
            yield "threads", step.span.line, words, step


def _chain(finding: Finding) -> Iterator[str]:
    """The name each step of the proof ends on: what it calls. Without a proof, what the claim names first."""
    if not finding.trail:
        yield from [piece.text for piece in pieces(finding.message) if piece.is_code][:1]
    seen: set[str] = set()
    for step in finding.trail:
        names = [piece.text for piece in pieces(step.words) if piece.is_code]
        name = names[-1].removesuffix("()") if names else ""
        if name and name not in seen:
            seen.add(name)
            yield name


def _suspends(source: Source, step: Step) -> bool:
    return source.slice(step.span).lstrip().startswith(("await ", "await(", "async for ", "async with "))


def _short(label: str) -> str:
    return label if len(label) <= _LONGEST else label[: _LONGEST - 1] + "…"
