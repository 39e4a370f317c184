"""More calls that block through helpers: chosen while the program runs, behind pools, two functions down."""

from __future__ import annotations

from tests.cases.blocking_cases import Bug

FAR = [
    Bug(
        "a retriever is chosen while the program runs",
        "blocking-call-chain",
        "return retriever.search()",
        """
        from retrievers import Duck, Goggle

        async def research(query, kind):
            retriever = Duck(query) if kind == "duck" else Goggle(query)
            return retriever.search()
        --- retrievers.py
        import requests

        class Duck:
            def __init__(self, query):
                self.query = query

            def search(self):
                return requests.get("https://duck.example", params=self.query).json()

        class Goggle:
            def __init__(self, query):
                self.query = query

            def search(self):
                return requests.get("https://goggle.example", params=self.query).json()
        """,
        """
        import asyncio
        from retrievers import Duck, Goggle

        async def research(query, kind):
            retriever = Duck(query) if kind == "duck" else Goggle(query)
            return await asyncio.to_thread(retriever.search)
        --- retrievers.py
        import requests

        class Duck:
            def __init__(self, query):
                self.query = query

            def search(self):
                return requests.get("https://duck.example", params=self.query).json()

        class Goggle:
            def __init__(self, query):
                self.query = query

            def search(self):
                return requests.get("https://goggle.example", params=self.query).json()
        """,
    ),
    Bug(
        "a scraper waits for a pool of its own",
        "blocking-call-chain",
        "return Scraper(urls).run()",
        """
        from scraper import Scraper

        async def scrape(urls):
            return Scraper(urls).run()
        --- scraper.py
        from concurrent.futures import ThreadPoolExecutor
        import requests

        class Scraper:
            def __init__(self, urls):
                self.urls = urls

            def run(self):
                with ThreadPoolExecutor() as pool:
                    return list(pool.map(requests.get, self.urls))
        """,
        """
        import asyncio
        from scraper import Scraper

        async def scrape(urls):
            return await asyncio.to_thread(Scraper(urls).run)
        --- scraper.py
        from concurrent.futures import ThreadPoolExecutor
        import requests

        class Scraper:
            def __init__(self, urls):
                self.urls = urls

            def run(self):
                with ThreadPoolExecutor() as pool:
                    return list(pool.map(requests.get, self.urls))
        """,
    ),
    Bug(
        "a method asks a retriever on the network",
        "blocking-call-chain",
        "return self.memory.similar(text)",
        """
        from memory import Memory

        class Writer:
            def __init__(self):
                self.memory = Memory()

            async def write(self, text):
                return self.memory.similar(text)
        --- memory.py
        from elasticsearch import Elasticsearch

        class Retriever:
            def __init__(self):
                self.index = Elasticsearch()

            def invoke(self, text):
                return self.index.search(query=text)

        class Memory:
            def __init__(self):
                self.retriever = Retriever()

            def similar(self, text):
                return self.retriever.invoke(text)
        """,
        """
        from memory import Memory

        class Writer:
            def __init__(self):
                self.memory = Memory()

            async def write(self, text):
                return await self.memory.asimilar(text)
        --- memory.py
        import asyncio
        from elasticsearch import Elasticsearch

        class Retriever:
            def __init__(self):
                self.index = Elasticsearch()

            def invoke(self, text):
                return self.index.search(query=text)

        class Memory:
            def __init__(self):
                self.retriever = Retriever()

            def similar(self, text):
                return self.retriever.invoke(text)

            async def asimilar(self, text):
                return await asyncio.to_thread(self.similar, text)
        """,
    ),
    Bug(
        "a static method runs a command",
        "blocking-call-chain",
        "return self.shell(command)",
        """
        import subprocess

        class Tool:
            @staticmethod
            def shell(command):
                return subprocess.run(command, shell=True, capture_output=True)

            async def call(self, command):
                return self.shell(command)
        """,
        """
        import asyncio

        class Tool:
            @staticmethod
            async def shell(command):
                process = await asyncio.create_subprocess_shell(command)
                return await process.communicate()

            async def call(self, command):
                return await self.shell(command)
        """,
    ),
    Bug(
        "diagnostics hash the source tree, two functions down",
        "blocking-call-chain",
        'return {"hash": version_hash(entry)}',
        """
        from version import version_hash

        async def async_get_diagnostics(hass, entry):
            return {"hash": version_hash(entry)}
        --- version.py
        import hashlib
        import os

        def tree(folder):
            for path, _, names in os.walk(folder):
                yield from names

        def version_hash(folder):
            return hashlib.sha256("".join(list(tree(folder))).encode()).hexdigest()
        """,
        """
        from version import version_hash

        async def async_get_diagnostics(hass, entry):
            return {"hash": await hass.async_add_executor_job(version_hash, entry)}
        --- version.py
        import hashlib
        import os

        def tree(folder):
            for path, _, names in os.walk(folder):
                yield from names

        def version_hash(folder):
            return hashlib.sha256("".join(list(tree(folder))).encode()).hexdigest()
        """,
    ),
    Bug(
        "a property of a class in another module reads a file",
        "blocking-call-chain",
        "if store.size > 3:",
        """
        from stores import Store

        async def page(path):
            store = Store(path)
            if store.size > 3:
                return "large"
        --- stores.py
        class Store:
            def __init__(self, path):
                self.path = path

            @property
            def size(self):
                with open(self.path) as file:
                    return len(file.read())
        """,
        """
        import asyncio
        from stores import Store

        async def page(path):
            store = Store(path)
            if await asyncio.to_thread(store.measure) > 3:
                return "large"
        --- stores.py
        class Store:
            def __init__(self, path):
                self.path = path

            def measure(self):
                with open(self.path) as file:
                    return len(file.read())
        """,
    ),
    Bug(
        "a helper reads a property that asks a server",
        "blocking-call-chain",
        "return title(book)",
        """
        import requests

        class Book:
            @property
            def cover(self):
                return requests.get("https://covers.example").content

        def title(book: Book):
            return f"title {book.cover}"

        async def page(book: Book):
            return title(book)
        """,
        """
        import requests

        class Book:
            cover = b""

        def title(book: Book):
            return f"title {book.cover}"

        async def page(book: Book):
            return title(book)
        """,
    ),
]
