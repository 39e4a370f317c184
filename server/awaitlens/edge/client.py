"""What the client at the other end can do, read from its `initialize` message.

The message is read as plain JSON and forgivingly: clients send keys and values that no version of the specification
knows, and none of them may keep the server from starting.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

from awaitlens.source import Encoding

Json = dict[str, Any]
Markup = Literal["markdown", "plaintext"]


@dataclass(frozen=True, slots=True)
class Client:
    """The abilities that change what is sent. Absent means the poorest client the specification allows."""

    encoding: Encoding = "utf-16"
    markup: Markup = "plaintext"
    pulls: bool = False
    pulls_folders: bool = False
    refreshes_diagnostics: bool = False
    refreshes_hints: bool = False
    shows_related: bool = False
    shows_links: bool = False
    keeps_data: bool = False
    resolves_edits: bool = False
    versions_edits: bool = False
    annotates_edits: bool = False
    shows_progress: bool = False
    opens_documents: bool = False
    asks_for_content: bool = False
    syncs_notebooks: bool = False
    answers_configuration: bool = False
    registers_configuration: bool = False
    registers_watchers: bool = False
    retries_stale: bool = False
    process: int | None = None

    @classmethod
    def from_initialize(cls, params: Json) -> Client:
        has = _Abilities(params.get("capabilities"))
        resolve = has.get("textDocument.codeAction.resolveSupport.properties")
        return cls(
            encoding=_encoding(has.get("general.positionEncodings")),
            markup=_markup(has.get("textDocument.hover.contentFormat")),
            pulls=_pulls(has),
            pulls_folders=_pulls(has) and _wants_folders(params),
            refreshes_diagnostics=has("workspace.diagnostics.refreshSupport"),
            refreshes_hints=has("workspace.inlayHint.refreshSupport"),
            shows_related=has.either("relatedInformation"),
            shows_links=has.either("codeDescriptionSupport"),
            keeps_data=has.either("dataSupport") and has("textDocument.codeAction.dataSupport"),
            resolves_edits=has("textDocument.codeAction.dataSupport") and "edit" in _strings(resolve),
            versions_edits=has("workspace.workspaceEdit.documentChanges"),
            annotates_edits=has.get("workspace.workspaceEdit.changeAnnotationSupport") is not None,
            opens_documents=has("window.showDocument.support"),
            asks_for_content=has.get("workspace.textDocumentContent") is not None,
            syncs_notebooks=has.get("notebookDocument.synchronization") is not None,
            shows_progress=has("window.workDoneProgress"),
            answers_configuration=has("workspace.configuration"),
            registers_configuration=has("workspace.didChangeConfiguration.dynamicRegistration"),
            registers_watchers=has("workspace.didChangeWatchedFiles.dynamicRegistration"),
            retries_stale=has("general.staleRequestSupport.cancel"),
            process=_process(params.get("processId")),
        )


def essential(params: Json) -> Json:
    """The part of `initialize` that the protocol library needs to understand; the rest could only make it stumble."""
    capabilities = {"general": {"positionEncodings": [Client.from_initialize(params).encoding]}}
    return {"capabilities": capabilities, "processId": _process(params.get("processId")), "rootUri": None}


class _Abilities:
    """The client's capabilities by dotted path."""

    def __init__(self, capabilities: object) -> None:
        self._capabilities = capabilities

    def __call__(self, path: str) -> bool:
        return self.get(path) is True

    def get(self, path: str) -> object:
        value = self._capabilities
        for key in path.split("."):
            value = value.get(key) if isinstance(value, Mapping) else None
        return value

    def either(self, ability: str) -> bool:
        """An ability that clients state for pushed diagnostics, for pulled ones, or for both."""
        return self(f"textDocument.publishDiagnostics.{ability}") or self(
            f"textDocument.diagnostic.{ability}"
        )


def _pulls(has: _Abilities) -> bool:
    """A client that cannot be bidden to ask again would go on showing what another file or a setting has changed."""
    return has.get("textDocument.diagnostic") is not None and has("workspace.diagnostics.refreshSupport")


_FORGETFUL = ("Neovim",)
"""Clients that, when bidden to refresh, pull for whole folders where they can, and then not for what is open (0.12)."""


def _wants_folders(params: Json) -> bool:
    """Whether findings of files that are not open are wanted: by `{"diagnosticMode": "workspace"}` at initialisation."""
    options, client = params.get("initializationOptions"), params.get("clientInfo")
    mode = options.get("diagnosticMode") if isinstance(options, Mapping) else None
    name = client.get("name") if isinstance(client, Mapping) else None
    return mode == "workspace" and name not in _FORGETFUL


def _encoding(offered: object) -> Encoding:
    known = [name for name in _strings(offered) if name in ("utf-8", "utf-16", "utf-32")]
    return cast(Encoding, known[0]) if known else "utf-16"


def _markup(offered: object) -> Markup:
    known = [name for name in _strings(offered) if name in ("markdown", "plaintext")]
    return cast(Markup, known[0]) if known else "plaintext"


def _strings(value: object) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _process(value: object) -> int | None:
    return value if isinstance(value, int) and value > 0 else None
