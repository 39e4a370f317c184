"""One function per pair of types: the editor's side and ours.

An editor's position is a line and a column in the unit that was negotiated; ours counts code points. Positions behind
the end of a line or of the text are clamped, as the specification asks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path

from lsprotocol import types
from pygls.uris import from_fs_path, to_fs_path

from awaitlens.edge.client import Client, Json
from awaitlens.pitfall import Edit, Step
from awaitlens.present.hints import Hint
from awaitlens.session import Change
from awaitlens.source import Encoding, Source, Span

SourceOf = Callable[[str], "Source | None"]


@lru_cache(maxsize=4096)
def path_of(uri: str) -> str:
    """The file system path of a file's URI; any other URI stands for itself."""
    return (to_fs_path(uri) if uri.startswith("file:") else None) or uri


@lru_cache(maxsize=4096)
def uri_of(path: str) -> str:
    return (from_fs_path(path) or path) if Path(path).is_absolute() else path


def place(position: Json, source: Source, encoding: Encoding) -> tuple[int, int]:
    """A position as (line, column in code points), clamped into the text."""
    line = position["line"]
    if line < 0:
        return 0, 0
    if line >= len(source.lines):
        return end_of(source)
    return line, source.column_from_units(line, position["character"], encoding)


def end_of(source: Source) -> tuple[int, int]:
    last = len(source.lines) - 1
    if last < 0 or source.lines[last].endswith(("\n", "\r")):
        return last + 1, 0
    return last, len(source.lines[last])


def span(range_: Json, source: Source, encoding: Encoding) -> Span:
    """A range as a Span; one that was given backwards is turned round."""
    start = place(range_["start"], source, encoding)
    # What is typed replaces nothing.
    end = start if range_["end"] == range_["start"] else place(range_["end"], source, encoding)
    return Span(*min(start, end), *max(start, end))


def span_of_range(range_: types.Range, source: Source, encoding: Encoding) -> Span:
    start, end = range_.start, range_.end
    return span(
        {
            "start": {"line": start.line, "character": start.character},
            "end": {"line": end.line, "character": end.character},
        },
        source,
        encoding,
    )


def change(raw: Json, source: Source, encoding: Encoding) -> Change:
    """One content change of a didChange message. Raises KeyError or TypeError when it is malformed."""
    text, range_ = raw["text"], raw.get("range")
    if not isinstance(text, str):
        raise TypeError("the text of a change is no string")
    return Change(span(range_, source, encoding) if range_ is not None else None, text)


def units(where: Span, source: Source | None, encoding: Encoding) -> tuple[int, int, int, int]:
    """A Span in the editor's unit. Without the text, columns are taken for what they are on a line of ASCII."""
    if source is None or source.is_plain:
        return where
    return (
        where.line,
        source.column_to_units(where.line, where.column, encoding),
        where.end_line,
        source.column_to_units(where.end_line, where.end_column, encoding),
    )


def range_of(where: Span, source: Source | None, encoding: Encoding) -> types.Range:
    line, column, end_line, end_column = units(where, source, encoding)
    return types.Range(types.Position(line, column), types.Position(end_line, end_column))


def location(step: Step, path: str, source_of: SourceOf, encoding: Encoding) -> types.Location:
    """Where a step of a proof happens; `path` is the file of the finding."""
    where = step.path or path
    return types.Location(uri_of(where), range_of(step.span, source_of(where), encoding))


def text_edit(edit: Edit, source: Source | None, encoding: Encoding) -> types.TextEdit:
    return types.TextEdit(range_of(edit.span, source, encoding), edit.text)


def inlay_hint(hint: Hint, source: Source, path: str, source_of: SourceOf, client: Client) -> types.InlayHint:
    where = Span(hint.line, hint.column, hint.line, hint.column)
    witness = location(hint.at, path, source_of, client.encoding) if hint.at is not None else None
    return types.InlayHint(
        position=range_of(where, source, client.encoding).start,
        label=[types.InlayHintLabelPart(value=hint.label, tooltip=hint.tooltip or None, location=witness)],
        padding_left=True,
        padding_right=True,
    )


def workspace_edit(
    edits: Sequence[Edit], uris: Callable[[str], tuple[str, int | None]], source_of: SourceOf, client: Client
) -> types.WorkspaceEdit:
    """Edits by file. `uris(path)` gives the document's URI and version; the version guards against stale edits."""
    files: dict[str, list[types.TextEdit]] = {}
    for edit in edits:
        converted = text_edit(edit, source_of(edit.path), client.encoding)
        files.setdefault(edit.path, []).append(converted)
    if not client.versions_edits:
        return types.WorkspaceEdit(changes={uris(path)[0]: listed for path, listed in files.items()})
    documents = [
        types.TextDocumentEdit(types.OptionalVersionedTextDocumentIdentifier(*uris(path)), list(listed))
        for path, listed in files.items()
    ]
    return types.WorkspaceEdit(document_changes=documents)


def annotated(edit: types.WorkspaceEdit, label: str) -> types.WorkspaceEdit:
    """The same edit under a note that it changes timing or meaning; across several files it asks before it acts."""
    documents = [d for d in edit.document_changes or () if isinstance(d, types.TextDocumentEdit)]
    for document in documents:
        document.edits = [
            types.AnnotatedTextEdit(annotation_id="review", range=e.range, new_text=e.new_text)
            for e in document.edits
            if isinstance(e, types.TextEdit)
        ]
    note = types.ChangeAnnotation(
        label=label,
        needs_confirmation=len(documents) > 1,
        description="Changes timing or meaning: read it first.",
    )
    edit.change_annotations = {"review": note}
    return edit
