"""Every pitfall's hover and deck on its own Bad examples, as they were when somebody last read them.

python -m tests.present.golden      writes the files anew; read the difference before you commit it
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from awaitlens.engine import CheckedProgram, check_texts
from awaitlens.lesson import Slide
from awaitlens.pitfall import Finding, Pitfall
from awaitlens.pitfalls import pitfalls
from awaitlens.present.deck_markdown import render_markdown
from awaitlens.present.hover import hover
from awaitlens.present.slides import Deck, deck_for_finding, deck_for_lesson
from awaitlens.settings import Settings

FOLDER = Path(__file__).parent / "golden"
RULE = "\n\n" + "=" * 100 + "\n\n"


def golden_text(pitfall: Pitfall) -> str:
    """The hover and deck of each Bad example's first finding, then the deck of the lesson."""
    told = [text for slide in pitfall.lesson.of_kind("bad") for text in _example(pitfall, slide)]
    return RULE.join([*told, render_markdown(deck_for_lesson(pitfall)).rstrip()]) + "\n"


def decks(pitfall: Pitfall) -> Iterator[Deck]:
    for slide in pitfall.lesson.of_kind("bad"):
        checked = check(pitfall, slide)
        for path, finding in found(checked, pitfall):
            yield deck_of(checked, pitfall, path, finding)


def check(pitfall: Pitfall, slide: Slide) -> CheckedProgram:
    files = {
        f"/example/{code.path or 'lesson.py'}": code.without_carets
        for code in slide.codes
        if code.language == "python"
    }
    return check_texts(files, Settings(select=frozenset({pitfall.name}), show_possible=True))


def found(checked: CheckedProgram, pitfall: Pitfall) -> Iterator[tuple[str, Finding]]:
    for path in checked.sources:
        yield from ((path, finding) for finding in checked.findings(path) if finding.pitfall == pitfall.name)


def deck_of(checked: CheckedProgram, pitfall: Pitfall, path: str, finding: Finding) -> Deck:
    return deck_for_finding(
        finding, pitfall, checked.sources[path], checked.patches(path, finding), checked.sources
    )


def hover_of(checked: CheckedProgram, pitfall: Pitfall, path: str, finding: Finding) -> str:
    patches = checked.patches(path, finding)
    return hover(
        finding, pitfall, checked.sources[path], patches, "markdown", f"file:///pages/{pitfall.name}.html"
    )


def written(every: Mapping[str, Pitfall]) -> dict[str, str]:
    return {f"{name}.md": golden_text(pitfall) for name, pitfall in every.items()}


def _example(pitfall: Pitfall, slide: Slide) -> Iterator[str]:
    checked = check(pitfall, slide)
    for path, finding in list(found(checked, pitfall))[:1]:
        yield hover_of(checked, pitfall, path, finding)
        yield render_markdown(deck_of(checked, pitfall, path, finding)).rstrip()


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    texts = written(pitfalls())
    for old in FOLDER.glob("*.md"):
        if old.name not in texts:
            old.unlink()
    for name, text in texts.items():
        (FOLDER / name).write_text(text, "utf-8")


if __name__ == "__main__":
    main()
