"""Which files lead to which by their imports: who cannot mean a function need not be asked about it."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awaitlens.engine import check_texts
from awaitlens.program.graph import Graph
from awaitlens.program.reach import imports_in

FILES = {
    "/w/shop/__init__.py": "from . import orders\n",
    "/w/shop/orders.py": "import time\n\ndef load():\n    pass\n",
    "/w/shop/views.py": "from shop.orders import load as read\n",
    "/w/shop/late.py": "def late():\n    from .views import read\n",
    "/w/shop/tools/__init__.py": "",
    "/w/shop/tools/clock.py": "x = 1\n",
    "/w/main.py": "import shop.tools as tools\n\ntools.clock.x\n",
    "/w/other.py": "import shop.views\n",
    "/w/alone.py": "import asyncio\n",
}
LEADS = {
    ("/w/shop/views.py", "/w/shop/orders.py"): True,
    ("/w/shop/orders.py", "/w/shop/views.py"): False,
    ("/w/shop/late.py", "/w/shop/orders.py"): True,
    ("/w/shop/__init__.py", "/w/shop/orders.py"): True,
    ("/w/other.py", "/w/shop/orders.py"): True,
    ("/w/main.py", "/w/shop/tools/clock.py"): True,
    ("/w/main.py", "/w/shop/orders.py"): True,  # `import shop.tools` runs and names `shop`, too.
    ("/w/alone.py", "/w/shop/orders.py"): False,
    ("/w/shop/tools/clock.py", "/w/shop/tools/clock.py"): True,
}


@pytest.mark.parametrize(("source", "target"), LEADS)
def test_which_file_leads_to_which(source: str, target: str) -> None:
    reach = check_texts(FILES).program.reach
    assert reach.leads(source, target) == LEADS[source, target]
    assert (source in reach.leading_to(target)) == LEADS[source, target]
    assert next(iter(reach.leading_to(target))) == target


def test_imports_that_form_a_circle_lead_to_each_other() -> None:
    reach = check_texts(
        {"/w/a.py": "import b\n", "/w/b.py": "import c\n", "/w/c.py": "import a\n"}
    ).program.reach
    assert all(reach.leads(f"/w/{x}.py", f"/w/{y}.py") for x in "abc" for y in "abc")


@settings(deadline=None)
@given(st.lists(st.lists(st.integers(0, 7), max_size=3), min_size=8, max_size=8))
def test_any_graph_is_closed_as_a_search_closes_it(targets: list[list[int]]) -> None:
    files = {f"/w/m{n}.py": "".join(f"import m{t}\n" for t in found) for n, found in enumerate(targets)}
    reach = check_texts(files).program.reach
    for start in range(8):
        seen, waiting = set(), [start]
        while waiting:
            node = waiting.pop()
            if node not in seen:
                seen.add(node)
                waiting += targets[node]
        assert {n for n in range(8) if reach.leads(f"/w/m{start}.py", f"/w/m{n}.py")} == seen


@pytest.mark.parametrize(
    "text",
    [
        "import a.b as c, d\n",
        "from .. import x\nfrom . import importer, models\n",
        "from a import (  # why\n    b,\n    c as d,\n)\n",
        "try: import a\nexcept ImportError: from b import c\n",
        "x = 1; import a\n",
        "from a.b \\\n    import c, \\\n    d\n",
        "def f():\n\timport a\n\tfrom .b import *\n",
    ],
)
def test_every_import_is_seen_without_parsing(text: str) -> None:
    wanted = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            wanted |= {(0, a.name, "", a.asname or a.name.partition(".")[0]) for a in node.names}
        elif isinstance(node, ast.ImportFrom):
            wanted |= {(node.level, node.module or "", a.name, a.asname or a.name) for a in node.names}
    assert wanted <= set(imports_in(text))


@settings(max_examples=200, deadline=None)
@given(st.lists(st.lists(st.integers(0, 11), max_size=3), min_size=12, max_size=12))
def test_a_node_followed_alone_and_all_nodes_at_once_come_to_the_same(targets: list[list[int]]) -> None:
    alone, at_once = Graph(targets), Graph(targets)
    assert [alone.leading_to(node) for node in range(12)] == list(at_once.backwards)
    assert all(
        bool(at_once.backwards[b] >> a & 1) == bool(at_once.forwards[a] >> b & 1)
        for a in range(12)
        for b in range(12)
    )
