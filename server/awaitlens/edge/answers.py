"""The answers to questions about a place, made from a snapshot. They run in a thread and change nothing."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, cast

from lsprotocol import types

from awaitlens.edge import lookup
from awaitlens.edge.actions import Key, Menu, Offer
from awaitlens.edge.analysis import Snapshot
from awaitlens.edge.convert import annotated, inlay_hint, path_of, range_of, span_of_range, workspace_edit
from awaitlens.edge.protocol import CONTENT_MODIFIED, INVALID_PARAMS, Refused
from awaitlens.pitfall import Edit, Finding
from awaitlens.pitfalls import pitfalls
from awaitlens.present.hints import Glyphs, Hint, hints_for
from awaitlens.present.hover import hover as hover_text
from awaitlens.present.inline import hints_in, merged
from awaitlens.present.remarks import remark_at, worded
from awaitlens.source import Source, Span

if TYPE_CHECKING:
    from awaitlens.edge.server import Server


def hover(ls: Server, position: types.Position, snapshot: Snapshot) -> types.Hover | None:
    """The lesson of the narrowest finding at a position, in the user's own names; or else what the place does."""
    found = finding_at(ls, position, snapshot)
    if found is not None:
        return _hover(ls, found.span, _told(ls, found, snapshot), snapshot)
    point = span_of_range(types.Range(position, position), snapshot.source, ls.client.encoding)
    remark = snapshot.ask(partial(remark_at, point.line, point.column))
    return _hover(ls, remark.span, worded(remark, ls.client.markup), snapshot) if remark else None


def _hover(ls: Server, span: Span, text: str, snapshot: Snapshot) -> types.Hover:
    content = types.MarkupContent(types.MarkupKind(ls.client.markup), text)
    return types.Hover(content, range_of(span, snapshot.source, ls.client.encoding))


def finding_at(ls: Server, position: types.Position, snapshot: Snapshot) -> Finding | None:
    """The narrowest finding at a position."""
    point = span_of_range(types.Range(position, position), snapshot.source, ls.client.encoding)
    return min(snapshot.at(point), key=_extent, default=None)


def _told(ls: Server, finding: Finding, snapshot: Snapshot) -> str:
    pitfall = pitfalls().get(finding.pitfall)
    if pitfall is None:
        return finding.message
    link = lookup.page(finding.pitfall) or None
    return hover_text(finding, pitfall, snapshot.source, snapshot.patches(finding), ls.client.markup, link)


def _extent(finding: Finding) -> tuple[int, int]:
    span = finding.span
    return span.end_line - span.line, span.end_column - span.column


def inlay_hints(ls: Server, range_: types.Range, snapshot: Snapshot) -> list[types.InlayHint]:
    span = span_of_range(range_, snapshot.source, ls.client.encoding)
    hints = hints_in_span(span, snapshot)
    ls.hinted.told(snapshot.path, span, hints)
    return [
        inlay_hint(hint, snapshot.source, snapshot.path, ls.documents.source, ls.client) for hint in hints
    ]


def hints_in_span(span: Span, snapshot: Snapshot) -> list[Hint]:
    """The hints of the categories that are on: those of findings, and those of the code itself."""
    wanted, source = snapshot.settings.hints, snapshot.source
    glyphs: Glyphs = "ascii" if snapshot.settings.ascii_hints else "unicode"
    told = hints_for(snapshot.findings, pitfalls(), source, glyphs)
    first = [h for h in told if h.category in wanted and span.contains(h.line, h.column)]
    more = snapshot.ask(partial(hints_in, span, source, wanted, glyphs)) if wanted else None
    return merged(first, more or ())


# --- code actions -----------------------------------------------------------------------------------------------------


def code_actions(ls: Server, params: types.CodeActionParams, snapshot: Snapshot) -> list[types.CodeAction]:
    menu = Menu(snapshot)
    span = span_of_range(params.range, snapshot.source, ls.client.encoding)
    only = (
        [str(getattr(kind, "value", kind)) for kind in params.context.only] if params.context.only else None
    )
    actions = [_action(ls, offer, menu, params, snapshot) for offer in menu.offers(span, only)]
    return [action for action in actions if _does_something(action)]


def _action(
    ls: Server, offer: Offer, menu: Menu, params: types.CodeActionParams, snapshot: Snapshot
) -> types.CodeAction:
    """An offer as a code action: with its edit, or with what is needed to ask for the edit later."""
    uri = params.text_document.uri
    document = ls.documents.get(path_of(uri))
    data = {"uri": uri, "edited": document.edited if document else -1, "key": list(offer.key)}
    action = types.CodeAction(offer.title, kind=offer.kind, is_preferred=offer.preferred or None)
    action.diagnostics = _answered(ls, offer, params, snapshot.source) or None
    if offer.key.task == "advice":
        action.command = types.Command(offer.title, "awaitlens.advice", arguments=[data])
    elif offer.key.task in ("slides", "prove"):
        place = {"uri": uri, "position": params.range.start}
        action.command = types.Command(offer.title, f"awaitlens.{offer.key.task}", arguments=[place])
    elif ls.client.resolves_edits:
        action.data = {**data, "safety": offer.safety}
    else:
        action.edit = _edit(ls, menu.edits(offer.key), offer.safety, offer.title, snapshot)
    return action


def _answered(
    ls: Server, offer: Offer, params: types.CodeActionParams, source: Source
) -> list[types.Diagnostic]:
    """Those of the client's diagnostics that the offer is about."""
    if offer.finding is None:
        return []
    name, where = offer.finding.pitfall, range_of(offer.finding.span, source, ls.client.encoding)
    diagnostics = params.context.diagnostics
    return [d for d in diagnostics if d.source == "awaitlens" and d.code == name and d.range == where]


def _does_something(action: types.CodeAction) -> bool:
    edit = action.edit
    return edit is None or bool(edit.changes or edit.document_changes)


def checked(ls: Server, data: object) -> tuple[str, Key]:
    """The document and the key in an action's data. Raises Refused when the document has moved on since the offer."""
    if not isinstance(data, dict) or not isinstance(data.get("uri"), str):
        raise Refused(INVALID_PARAMS, "This action is not one of this server's.")
    key = _key(data)
    document = ls.documents.get(path_of(data["uri"]))
    if document is None or document.edited != data.get("edited"):
        raise Refused(CONTENT_MODIFIED, "The document has changed since the action was offered.")
    return data["uri"], key


def resolved(ls: Server, action: types.CodeAction, key: Key, snapshot: Snapshot) -> types.CodeAction:
    data = cast("dict[str, Any]", action.data)
    edits = Menu(snapshot).edits(key)
    action.edit = _edit(ls, edits, str(data.get("safety")), action.title, snapshot)
    return action


def advice(key: Key, snapshot: Snapshot) -> str | None:
    patch = Menu(snapshot).patch(key)
    return f"{patch.title}\n\n{patch.advice}".strip() if patch is not None else None


def _key(data: dict[str, Any]) -> Key:
    try:
        task, subject, number = data["key"]
        return Key(str(task), str(subject), int(number))
    except (KeyError, TypeError, ValueError):
        raise Refused(INVALID_PARAMS, "This action is not one of this server's.") from None


def _edit(
    ls: Server, edits: tuple[Edit, ...], safety: str, title: str, snapshot: Snapshot
) -> types.WorkspaceEdit:
    def address(path: str) -> tuple[str, int | None]:
        return ls.documents.address(path or snapshot.path)

    def source_of(path: str) -> Source | None:
        return ls.documents.source(path) if path else snapshot.source

    edit = workspace_edit(edits, address, source_of, ls.client)
    if safety == "review" and ls.client.annotates_edits and ls.client.versions_edits:
        return annotated(edit, title)
    return edit
