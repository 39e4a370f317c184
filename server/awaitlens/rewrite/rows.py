"""Code to look at for changes that only the database can make without a gap. (Django 4.1-6.1)"""

from __future__ import annotations

import re

from awaitlens.program.facts import Facts
from awaitlens.source import Span


def counted_in_database(facts: Facts, attribute: Span) -> str:
    """One statement that counts where the row lives, for `row.field` at the span, in the names of the code around it."""
    row, _, field = facts.slice(attribute).partition(".")
    model = re.search(rf"\b{row} = await ([\w.]+\.objects)\b", facts.text)
    counting = re.search(rf"\b{row}\.{field} ([-+*/])= ([^#\n]+)", facts.text)
    rows = model[1] if model else f"type({row}).objects"
    change = f"{counting[1]} {counting[2].strip()}" if counting else "+ 1"
    return f'await {rows}.filter(pk={row}.pk).aupdate({field}=F("{field}") {change})'
