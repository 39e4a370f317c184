"""Findings and repairs as bytes and back: what processes tell one another, and what the cache keeps. Safe to read, whoever wrote it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgpack  # type: ignore[import-untyped]

from awaitlens.pitfall import Edit, Finding, Patch, Step
from awaitlens.source import Span


class Malformed(ValueError):
    """Bytes that are nothing of this kind."""


def pack_findings(findings: Sequence[Finding]) -> list[Any]:
    return [
        (
            *(f.span, f.message, f.confidence),
            [(step.span, step.words, step.path, step.lane) for step in f.trail],
            *(f.data, f.pitfall, f.severity),
        )
        for f in findings
    ]


def unpack_findings(packed: Any) -> tuple[Finding, ...]:
    """Raises Malformed."""
    try:
        return tuple(
            Finding(
                Span(*span),
                message,
                confidence,
                tuple(Step(Span(*where), *words) for where, *words in trail),
                tuple((key, value) for key, value in data),
                pitfall,
                severity,
            )
            for span, message, confidence, trail, data, pitfall, severity in packed
        )
    except (TypeError, ValueError) as error:
        raise Malformed(str(error)) from error


def pack_patch(patch: Patch) -> list[Any]:
    edits = [(edit.span, edit.text, edit.path) for edit in patch.edits]
    return [patch.title, patch.safety, edits, patch.imports, patch.advice]


def unpack_patch(packed: Any) -> Patch:
    """Raises Malformed."""
    try:
        title, safety, edits, imports, advice = packed
        found = tuple(Edit(Span(*span), text, path) for span, text, path in edits)
        return Patch(title, safety, found, tuple(imports), advice)
    except (TypeError, ValueError) as error:
        raise Malformed(str(error)) from error


def to_bytes(value: Any) -> bytes:
    return bytes(msgpack.packb(value))


def from_bytes(data: bytes) -> Any:
    """Raises Malformed."""
    try:
        return msgpack.unpackb(data, strict_map_key=False, use_list=False)
    except (ValueError, msgpack.UnpackException) as error:
        raise Malformed(str(error)) from error
