"""A deck as Markdown: for Neovim, for editors that open a document, for a terminal."""

from __future__ import annotations

from awaitlens.present.columns import fitted, len_displayed
from awaitlens.present.escape import fenced
from awaitlens.present.phrase import markdown_sentence, plain_sentence
from awaitlens.present.slides import Change, Deck, Line, Listing, Part, Prose, Slide, Trail
from awaitlens.present.timeline import Timeline, drawn

SEPARATOR = "---"
"""Stands alone on a line between two slides, and on no other line of a deck."""


def render_markdown(deck: Deck) -> str:
    """All slides, SEPARATOR between blank lines after each but the last."""
    return f"\n\n{SEPARATOR}\n\n".join(markdown_slides(deck)) + "\n"


def markdown_slides(deck: Deck) -> tuple[str, ...]:
    """The deck slide by slide; no text ends in a line end or has a line that is just SEPARATOR."""
    return tuple(_slide(slide) for slide in deck.slides)


def _slide(slide: Slide) -> str:
    lines = [f"*{slide.kicker}*", ""] if slide.kicker else []
    lines.append(f"# {markdown_sentence(slide.heading)}")
    for part in slide.parts:
        lines += ["", *_part(part, slide)]
    return "\n".join(_guarded(line) for text in lines for line in text.split("\n")).rstrip()


def _guarded(line: str) -> str:
    """Inside code a line may be the separator by chance. A blank behind it makes it another line and looks the same."""
    return line + " " if line == SEPARATOR else line


def _part(part: Part, slide: Slide) -> list[str]:
    if isinstance(part, Listing):
        where = slide.place.label if slide.place else part.path
        caption = [markdown_sentence(f"`{where}`" if "`" not in where else where), ""] if where else []
        return [*caption, *fenced(_code(part), part.language)]
    if isinstance(part, Change):
        return fenced([str(line) for line in part.lines], "diff")
    if isinstance(part, Timeline):
        return fenced(drawn(part), "text")
    if isinstance(part, Trail):
        return [
            f"{number}. {markdown_sentence(place.label)}: {markdown_sentence(words)}"
            for number, (place, words) in enumerate(part.steps, 1)
        ]
    return [part.markdown if isinstance(part, Prose) else markdown_sentence(part.text)]


def _code(listing: Listing) -> list[str]:
    """The code with the marks as comments beside it, all in one column."""
    column = min(max((len_displayed(line.text) for line in listing.lines if line.marks), default=0), 60)
    lines, last = [], None
    for line in listing.lines:
        if last is not None and line.number > last + 1:
            lines.append("…")
        lines += _marked(line, column)
        last = line.number
    return lines


def _marked(line: Line, column: int) -> list[str]:
    said = [f"{m.lane}: {m.words}" if m.lane else m.words for m in line.marks]
    first = fitted(line.text, column) + f"  # <- {plain_sentence(said[0])}" if said else line.text
    return [first, *(f"{'':{column}}  # <- {plain_sentence(words)}" for words in said[1:])]
