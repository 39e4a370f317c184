"""What holds in every test: whatever code a test looks at, no pitfall's `needs` hides a finding (missed alarms)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import pytest
from hypothesis import settings

from awaitlens import engine
from awaitlens.pitfall import Finding, Pitfall
from awaitlens.program.facts import Facts
from awaitlens.program.view import View

# A busy machine is no reason to fail: what takes how long is measured by the benchmarks.
settings.register_profile("awaitlens", deadline=None)
settings.load_profile("awaitlens")


@pytest.fixture(autouse=True)
def _needs_hide_nothing(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A pitfall that would be passed over runs after all. It must have nothing to say."""
    real = engine.worth_running
    hidden: list[str] = []

    def checked(chosen: engine.Chosen, facts: Facts, view: View) -> tuple[Pitfall, ...]:
        kept = real(chosen, facts, view)
        for pitfall in chosen.pitfalls:
            if pitfall not in kept and (facts.has_async or pitfall.everywhere):
                hidden.extend(f"{pitfall.name}: {found.message}" for found in _found(pitfall, facts, view))
        return kept

    monkeypatch.setattr(engine, "worth_running", checked)
    yield
    assert not hidden, f"`needs` hides what is there: {hidden}"


def _found(pitfall: Pitfall, facts: Facts, view: View) -> list[Finding]:
    found: list[Finding] = []
    with suppress(Exception):
        found.extend(pitfall.detect(facts, view))
    return found
