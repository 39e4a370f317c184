"""One run of `check`: what was asked for, and what that means for findings, repairs and the report."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from awaitlens.cli.arguments import Options
from awaitlens.cli.checking import CheckedProgram, SettingsFor
from awaitlens.pitfall import Finding, Patch
from awaitlens.present.places import shown_path
from awaitlens.present.report import LINES, SHOW_FIXES, TEXTS, Told, statistics
from awaitlens.present.terminal import write_lines
from awaitlens.source import Source
from awaitlens.suppression import UNUSED, removal


class Job(NamedTuple):
    """`folder` is the working directory, which paths are shown relative to."""

    options: Options
    settings_for: SettingsFor
    folder: str

    def found(self, sources: Mapping[str, Source], program: CheckedProgram) -> list[Told]:
        """All findings to report, by path and place, without repairs."""
        told = []
        for path in sources:
            if not program.may_say(path):
                continue
            source, shown = sources[path], shown_path(path, self.folder)
            for finding in program.reported(path):
                brief = program.brief(finding.pitfall)
                law, why = (brief.law, brief[1:]) if brief else (None, ("", ""))
                told.append(Told(shown, self.folder, source, finding, law, why=why))
        return sorted(told, key=lambda t: (t.path, t.finding.span))

    def with_patches(self, told: Sequence[Told], program: CheckedProgram) -> list[Told]:
        """The findings with their repairs, which are worked out only where the report names them."""
        if self.options.output_format not in SHOW_FIXES or self.options.statistics:
            return list(told)
        patches = (self.patches(t.source, program, t.finding) for t in told)
        return [t._replace(patch=p[0] if p else None) for t, p in zip(told, patches)]

    def patches(self, source: Source, program: CheckedProgram, finding: Finding) -> Sequence[Patch]:
        """The repairs of a finding, best first."""
        if finding.pitfall == UNUSED:
            patch = removal(source, finding)
            return (patch,) if patch else ()
        return program.patches(source.path, finding)

    def new(self, told: list[Told]) -> list[Told]:
        """The findings that the baseline, if there is one, does not know."""
        if not self.options.baseline:
            return told
        from awaitlens.cli.baseline import read_baseline, unknown

        return unknown(told, read_baseline(self.options.baseline))

    def write(self, told: Sequence[Told], files: int) -> None:
        """The report on stdout; for people, a closing line on stderr."""
        name = self.options.output_format
        if self.options.statistics and name in TEXTS:
            import json

            counted = {line[1][0]: int(line[0][0]) for line in statistics(told)}
            sys.stdout.write(json.dumps(counted, indent=2) + "\n")
        elif name in TEXTS:
            sys.stdout.write(TEXTS[name](told))
        else:
            write_lines(statistics(told) if self.options.statistics else LINES[name](told), sys.stdout)
            sys.stdout.flush()
            print(_closing(told, files), file=sys.stderr)


def _closing(told: Sequence[Told], files: int) -> str:
    checked = _counted(files, "file")
    if not told:
        return f"No pitfalls in {checked}."
    safeties = Counter(t.patch.safety for t in told if t.patch is not None and t.patch.edits)
    hints = (
        (safeties["safe"], "--fix applies {}"),
        (
            safeties["review"],
            "--unsafe-fixes with it {} more, to be reviewed"
            if safeties["safe"]
            else "--fix --unsafe-fixes applies {}, to be reviewed",
        ),
    )
    hint = "; ".join(words.format(number) for number, words in hints if number)
    return f"{_counted(len(told), 'pitfall')} in {checked}." + (f" {hint}." if hint else "")


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
