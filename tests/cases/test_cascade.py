"""A function made async, and its callers with it, across files; and where no such patch is offered."""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import dedent

import pytest

from awaitlens.engine import check_texts
from awaitlens.index.check import CheckedFiles
from awaitlens.pitfall import Edit
from awaitlens.rewrite.apply import apply
from awaitlens.settings import Settings
from awaitlens.source import Source


def cascaded(files: Mapping[str, str], path: str, settings: Settings | None = None) -> dict[str, str] | None:
    """The files after the finding's patch that makes functions async; None where none is offered."""
    texts = {p: dedent(t) for p, t in files.items()}
    program = check_texts(texts, settings or Settings())
    for finding in program.findings(path):
        for patch in program.patches(path, finding):
            if patch.title.startswith("Make ") and patch.title.split(" async")[0] != patch.title:
                edits: dict[str, list[Edit]] = {}
                for edit in patch.edits:
                    edits.setdefault(edit.path or path, []).append(edit)
                return {p: apply(t, edits.get(p, ())) for p, t in texts.items()}
    return None


# --- the wave -----------------------------------------------------------------------------------------------

HELPER = """
    async def load(): ...


    def refresh(site):
        return await load()
    """


def test_a_function_and_its_callers_become_async_across_files() -> None:
    done = cascaded(
        {
            "helper.py": HELPER,
            "service.py": """
                import helper


                class Service:
                    def update(self, sites):
                        return [helper.refresh(site) for site in sites]

                    async def run(self):
                        print(self.update(["home"]))
                """,
            "main.py": """
                from helper import refresh


                def main():
                    refresh("home")


                if __name__ == "__main__":
                    main()
                """,
        },
        "helper.py",
    )
    assert done is not None
    assert "async def refresh(site):\n    return await load()" in done["helper.py"]
    assert "async def update(self, sites):" in done["service.py"]
    assert "return [await helper.refresh(site) for site in sites]" in done["service.py"]
    assert 'print(await self.update(["home"]))' in done["service.py"]
    assert 'async def main():\n    await refresh("home")' in done["main.py"]
    assert "import asyncio" in done["main.py"]
    assert "    asyncio.run(main())" in done["main.py"]
    assert check_texts(done).findings("helper.py") == ()


@pytest.mark.parametrize(
    "caller",
    [
        "from helper import refresh\nhandlers = {'home': refresh}\n",
        "from helper import refresh\nurgent = sorted([], key=refresh)\n",
        "from helper import refresh\nstate = refresh('home')\n",
        "from helper import refresh\nlater = lambda: refresh('home')\n",
        "from helper import refresh\n\nclass Page:\n    state = refresh('home')\n",
        "from helper import refresh\n\nclass Page:\n    def __init__(self):\n        self.state = refresh('home')\n",
        "from helper import refresh\n\ndef titles(sites):\n    return any(refresh(site) for site in sites)\n",
        "import functools\nfrom helper import refresh\n\n@functools.lru_cache\ndef title():\n    return refresh(1)\n",
        "from helper import refresh\n\ndef pages():\n    yield refresh(1)\n",
    ],
)
def test_no_wave_where_one_of_the_callers_cannot_be_followed(caller: str) -> None:
    assert cascaded({"helper.py": HELPER, "caller.py": caller}, "helper.py") is None


def test_half_typed_code_that_spells_none_of_the_names_keeps_no_wave_back() -> None:
    """Missed otherwise: one broken file anywhere, and the repair was gone."""
    texts = {
        "/helper.py": "async def save(order): ...\n\n\ndef pay(order):\n    save(order)\n",
        "/broken.py": "class Hub:\n    async def broadcast(self, text):\n        for client in list(# self.clients):\n"
        "            await client.send(text)\n    def leave(self, client):\n        self.clients.discard(client)\n",
    }
    sources = {path: Source(path, text) for path, text in texts.items()}
    checked = CheckedFiles(sources, lambda path: Settings())
    checked.check(list(sources))
    titles = [p.title for f in checked.findings("/helper.py") for p in checked.patches("/helper.py", f)]
    assert any(title.startswith("Make pay() async") for title in titles), titles


def test_no_wave_for_a_method_that_a_subclass_overrides() -> None:
    base = """
        class Base:
            def start(self, job):
                await job
        """
    override = "from base import Base\n\n\nclass Own(Base):\n    def start(self, job):\n        pass\n"
    assert cascaded({"base.py": base}, "base.py") is not None
    assert cascaded({"base.py": base, "own.py": override}, "base.py") is None
    unknown = "def run(thing):\n    thing.start(1)\n"
    assert cascaded({"base.py": base, "run.py": unknown}, "base.py") is None


# --- the wave through imports -------------------------------------------------------------------------------


def test_a_wave_imports_asyncio_in_the_file_that_needs_it_and_keeps_its_formatting() -> None:
    files = {
        "helper.py": HELPER,
        "main.py": '"""Starts it."""\r\nimport sys\r\n\r\nfrom helper import refresh as again\r\n\r\n'
        'if __name__ == "__main__":\r\n\tagain(sys.argv[1])  # once\r\n',
    }
    texts = {path: dedent(text) for path, text in files.items()}
    done = cascaded(texts, "helper.py")
    assert done is None, "an alias hides the mentions of the function"
    plain = {**texts, "main.py": texts["main.py"].replace(" as again", "").replace("again(", "refresh(")}
    done = cascaded(plain, "helper.py")
    assert done is not None
    assert done["main.py"] == plain["main.py"].replace("import sys", "import asyncio\r\nimport sys").replace(
        "refresh(sys.argv[1])", "asyncio.run(refresh(sys.argv[1]))"
    )


def test_a_method_and_the_callers_that_know_its_class() -> None:
    files = {
        "shop.py": """
            async def send(mail): ...


            class Shop:
                def sell(self, book):
                    send(book)

                def sell_all(self, books):
                    for book in books:
                        self.sell(book)
            """,
        "main.py": """
            import asyncio

            from shop import Shop


            async def main():
                shop = Shop()
                shop.sell_all(["Emma"])


            asyncio.run(main())
            """,
    }
    done = cascaded(files, "shop.py")
    assert done is not None
    assert "    async def sell(self, book):\n        await send(book)" in done["shop.py"]
    assert "    async def sell_all(self, books):" in done["shop.py"]
    assert "            await self.sell(book)" in done["shop.py"]
    assert '    await shop.sell_all(["Emma"])' in done["main.py"]
    assert [check_texts(done).findings(path) for path in done] == [(), ()]
