"""Texts that want to be more than text."""

from __future__ import annotations

HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "</style></script><h1>x",
    '"><a href="javascript:alert(1)">x</a>',
    "[x](javascript:alert(1))",
    "![x](https://evil.example/x.png)",
    "[x](command:workbench.action.terminal.new)",
    "[x]: javascript:alert(1)",
    "https://evil.example/ www.evil.example a@evil.example <https://evil.example>",
    "``` \n# heading\n---\n",
    "`` ` ```` code",
    "# heading",
    "1. item",
    "- item",
    "> quote",
    "&lt;script&gt; &#60;b&#62;",
    "\x1b[31mred\x07\x00",
    "\u202egnirts\u2066",
    "{{ 7 * 7 }} {% raw %}",
    "---",
    "***",
    "| a | b |",
    "\ud800",
    "$\\href{javascript:alert(1)}{x}$",
    "line\rbreak\u2028more",
)
