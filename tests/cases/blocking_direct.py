"""Calls that block by themselves, as they were met in real projects and repaired there."""

from __future__ import annotations

from tests.cases.blocking_cases import Bug

DIRECT = [
    Bug(
        "a vector store asks its database with the client that waits",
        "blocking-database",
        "return self.client.query_points(self.name, vector)",
        """
        from qdrant_client import QdrantClient

        class Store:
            def __init__(self, url, name):
                self.client, self.name = QdrantClient(url=url), name

            async def search(self, vector):
                return self.client.query_points(self.name, vector)
        """,
        """
        from qdrant_client import AsyncQdrantClient, QdrantClient

        class Store:
            def __init__(self, url, name):
                self.client, self.name = AsyncQdrantClient(url=url), name
                self.drafts = QdrantClient(":memory:")

            async def search(self, vector):
                drafts = self.drafts.query_points(self.name, vector)
                return drafts, await self.client.query_points(self.name, vector)
        """,
    ),
    Bug(
        "a storage method writes its file itself",
        "blocking-file-io",
        'with open(self.path(name), "wb") as file:',
        """
        class Storage:
            def path(self, name):
                return f"/srv/{name}"

            async def save(self, name, data):
                with open(self.path(name), "wb") as file:
                    file.write(data)
        """,
        """
        import aiofiles

        class Storage:
            def path(self, name):
                return f"/srv/{name}"

            async def save(self, name, data):
                async with aiofiles.open(self.path(name), "wb") as file:
                    await file.write(data)
        """,
    ),
    Bug(
        "an async context manager joins its thread on the way out",
        "blocking-thread-wait",
        "thread.join()",
        """
        import threading
        from contextlib import asynccontextmanager

        @asynccontextmanager
        async def printing(target):
            thread = threading.Thread(target=target)
            thread.start()
            try:
                yield thread
            finally:
                thread.join()
        """,
        """
        import threading
        from contextlib import asynccontextmanager

        @asynccontextmanager
        async def printing(target):
            thread = threading.Thread(target=target, daemon=True)
            thread.start()
            yield thread
        """,
    ),
    Bug(
        "an async classmethod reads its own YAML",
        "blocking-file-io",
        "with open(path) as file:",
        """
        import yaml

        class Recipe:
            @classmethod
            async def load(cls, path):
                with open(path) as file:
                    return cls(yaml.safe_load(file))
        """,
        """
        import anyio
        import yaml

        class Recipe:
            @classmethod
            async def load(cls, path):
                return cls(yaml.safe_load(await anyio.Path(path).read_bytes()))
        """,
    ),
    Bug(
        "next() on a generator that reads from the network",
        "blocking-call-chain",
        "frame = next(frames)",
        """
        import requests

        def pictures(url):
            while True:
                yield requests.get(url).content

        async def show(url, screen):
            frames = pictures(url)
            while True:
                frame = next(frames)
                await screen.draw(frame)
        """,
        """
        import asyncio
        import requests

        def pictures(url):
            while True:
                yield requests.get(url).content

        async def show(url, screen):
            frames = pictures(url)
            loop = asyncio.get_running_loop()
            while True:
                frame = await loop.run_in_executor(None, next, frames)
                await screen.draw(frame)
        """,
    ),
    Bug(
        "a pause between two messages",
        "blocking-sleep",
        "time.sleep(1)",
        """
        import time

        async def greet(chat):
            await chat.send("hello")
            time.sleep(1)
            await chat.send("world")
        """,
        """
        import asyncio

        async def greet(chat):
            await chat.send("hello")
            await asyncio.sleep(1)
            await chat.send("world")
        """,
    ),
    Bug(
        "an archive is unpacked in a coroutine",
        "blocking-file-io",
        "with ZipFile(archive) as files:",
        """
        from zipfile import ZipFile

        async def install(archive, target):
            with ZipFile(archive) as files:
                print(files)
        """,
        """
        from zipfile import ZipFile

        async def install(hass, archive, target):
            def unpack():
                with ZipFile(archive) as files:
                    files.extractall(target)

            await hass.async_add_executor_job(unpack)
        """,
    ),
    Bug(
        "an async method copied from its sync twin",
        "blocking-sleep",
        "time.sleep(self.pause)",
        """
        import time

        class Client:
            pause = 1

            def retry(self):
                time.sleep(self.pause)

            async def aretry(self):
                time.sleep(self.pause)
        """,
        """
        import asyncio
        import time

        class Client:
            pause = 1

            def retry(self):
                time.sleep(self.pause)

            async def aretry(self):
                await asyncio.sleep(self.pause)
        """,
    ),
    Bug(
        "a dispatcher calls the sync kind of database inline",
        "blocking-call-chain",
        "return self.database.add(row)",
        """
        import inspect
        import sqlite3

        class Database:
            def __init__(self):
                self.connection = sqlite3.connect("rows.db")

            def add(self, row):
                self.connection.execute("INSERT INTO row VALUES (?)", row)

        class Writer:
            def __init__(self, database: Database):
                self.database = database

            async def add(self, row):
                if inspect.iscoroutinefunction(self.database.add):
                    return await self.database.add(row)
                return self.database.add(row)
        """,
        """
        import asyncio
        import inspect
        import sqlite3

        class Database:
            def __init__(self):
                self.connection = sqlite3.connect("rows.db")

            def add(self, row):
                self.connection.execute("INSERT INTO row VALUES (?)", row)

        class Writer:
            def __init__(self, database: Database):
                self.database = database

            async def add(self, row):
                if inspect.iscoroutinefunction(self.database.add):
                    return await self.database.add(row)
                return await asyncio.to_thread(self.database.add, row)
        """,
    ),
    Bug(
        "an async installer downloads with requests",
        "blocking-http",
        "archive = requests.get(url).content",
        """
        import requests

        async def install(url):
            archive = requests.get(url).content
            return archive
        """,
        """
        import aiohttp

        async def install(url):
            async with aiohttp.ClientSession() as session:
                async with session.get(url) as response:
                    return await response.read()
        """,
    ),
    Bug(
        "a vendor's sync client in an async loop",
        "blocking-http",
        'client.send_email(Source="us", Destination=each)',
        """
        import boto3

        client = boto3.client("ses")

        async def mail(people):
            for each in people:
                client.send_email(Source="us", Destination=each)
        """,
        """
        import asyncio
        import boto3

        client = boto3.client("ses")

        async def mail(people):
            for each in people:
                await asyncio.to_thread(client.send_email, Source="us", Destination=each)
        """,
    ),
    Bug(
        "a setup hook parses a file that it opens",
        "blocking-file-io",
        "with open(hass.config.path(NAME)) as file:",
        """
        import json

        NAME = "devices.json"

        async def async_setup(hass, config):
            with open(hass.config.path(NAME)) as file:
                hass.data[NAME] = json.load(file)
            return True
        """,
        """
        import json

        NAME = "devices.json"

        async def async_setup(hass, config):
            def load():
                with open(hass.config.path(NAME)) as file:
                    return json.load(file)

            hass.data[NAME] = await hass.async_add_executor_job(load)
            return True
        """,
    ),
    Bug(
        "a module is imported in a coroutine",
        "blocking-file-io",
        'module = importlib.import_module(f"platforms.{name}")',
        """
        import importlib

        async def platform(name):
            module = importlib.import_module(f"platforms.{name}")
            return module.setup
        """,
        """
        import asyncio
        import importlib

        async def platform(name):
            module = await asyncio.to_thread(importlib.import_module, f"platforms.{name}")
            return module.setup
        """,
    ),
    Bug(
        "communicate() right behind Popen()",
        "blocking-subprocess",
        "out, _ = Popen(command, stdout=PIPE).communicate()",
        """
        from subprocess import PIPE, Popen

        async def run(command):
            out, _ = Popen(command, stdout=PIPE).communicate()
            return out
        """,
        """
        import asyncio
        from asyncio.subprocess import PIPE

        async def run(command):
            process = await asyncio.create_subprocess_exec(*command, stdout=PIPE)
            out, _ = await process.communicate()
            return out
        """,
    ),
    Bug(
        "a health check asks MongoDB",
        "blocking-database",
        'client.admin.command("ping")',
        """
        from pymongo import MongoClient

        client = MongoClient()

        async def health():
            client.admin.command("ping")
            return "ok"
        """,
        """
        import asyncio
        from pymongo import MongoClient

        client = MongoClient()

        async def health():
            await asyncio.to_thread(client.admin.command, "ping")
            return "ok"
        """,
    ),
]
