"""Blocking calls of real projects, told in our own words: each is found, and its repair is silent."""

from __future__ import annotations

import textwrap
from typing import NamedTuple

import pytest

from awaitlens.engine import check_texts
from awaitlens.pitfall import Finding
from awaitlens.settings import Settings

FAMILY = frozenset(
    {
        "blocking-sleep",
        "blocking-http",
        "blocking-subprocess",
        "blocking-file-io",
        "blocking-input",
        "blocking-database",
        "blocking-thread-wait",
        "blocking-socket-dns",
        "blocking-cpu",
        "blocking-call-chain",
        "blocking-callback",
        "loop-never-yields",
        "thread-offload-called-eagerly",
        "nested-event-loop",
        "orm-call-in-async",
        "sync-django-api-in-async",
    }
)


class Bug(NamedTuple):
    """A bug as it was met, and as it was repaired. Files are parted by lines like `--- helper.py`; the first is `app.py`."""

    story: str
    pitfall: str
    line: str
    bad: str
    good: str


def files(text: str) -> dict[str, str]:
    name, lines, found = "app.py", list[str](), dict[str, str]()
    for line in textwrap.dedent(text).strip("\n").splitlines(keepends=True):
        if line.startswith("--- "):
            found[name], lines, name = "".join(lines), [], line[4:].strip()
        else:
            lines.append(line)
    return {**found, name: "".join(lines)}


def findings(text: str, settings: Settings | None = None) -> list[tuple[str, Finding]]:
    texts = files(text)
    program = check_texts(texts, settings or Settings(select=FAMILY))
    return [
        (texts[path].splitlines()[finding.span.line].strip(), finding)
        for path in texts
        for finding in program.findings(path)
    ]


def told(text: str, settings: Settings | None = None) -> list[tuple[str, str]]:
    return [(line, finding.pitfall) for line, finding in findings(text, settings)]


DIRECT = [
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

TRANSITIVE = [
    Bug(
        "a loader runs the user's scripts through a helper of another module",
        "blocking-call-chain",
        "return load_script(path)",
        """
        from scripts import load_script

        async def load(path):
            return load_script(path)
        --- scripts.py
        import runpy

        def load_script(path):
            return runpy.run_path(str(path))
        """,
        """
        from anyio.to_thread import run_sync
        from scripts import load_script

        async def load(path):
            return await run_sync(load_script, path)
        --- scripts.py
        import runpy

        def load_script(path):
            return runpy.run_path(str(path))
        """,
    ),
    Bug(
        "a wrapper in another module asks a language model",
        "blocking-call-chain",
        "return self.model.ask(question)",
        """
        from wrapper import Model

        class Agent:
            def __init__(self):
                self.model = Model()

            async def answer(self, question):
                return self.model.ask(question)
        --- wrapper.py
        from openai import OpenAI

        class Model:
            def __init__(self):
                self.client = OpenAI()

            def ask(self, question):
                return self.client.chat.completions.create(messages=[question])
        """,
        """
        import asyncio
        from wrapper import Model

        class Agent:
            def __init__(self):
                self.model = Model()

            async def answer(self, question):
                return await asyncio.to_thread(self.model.ask, question)
        --- wrapper.py
        from openai import OpenAI

        class Model:
            def __init__(self):
                self.client = OpenAI()

            def ask(self, question):
                return self.client.chat.completions.create(messages=[question])
        """,
    ),
    Bug(
        "streaming loads the audio file through a helper",
        "blocking-call-chain",
        "samples = audio.load(path)",
        """
        from helpers import audio

        async def stream(path, socket):
            samples = audio.load(path)
            await socket.send(samples)
        --- helpers/__init__.py
        --- helpers/audio.py
        import subprocess

        def load(path):
            return subprocess.run(["ffmpeg", "-i", path], capture_output=True).stdout
        """,
        """
        from helpers import audio

        async def stream(path, socket):
            samples = await audio.load(path)
            await socket.send(samples)
        --- helpers/__init__.py
        --- helpers/audio.py
        import asyncio
        import subprocess

        def _load(path):
            return subprocess.run(["ffmpeg", "-i", path], capture_output=True).stdout

        async def load(path):
            return await asyncio.get_running_loop().run_in_executor(None, _load, path)
        """,
    ),
    Bug(
        "a constructor decodes a whole file",
        "blocking-call-chain",
        "source = AudioSource(path)",
        """
        from audio import AudioSource

        async def play(path, channel):
            source = AudioSource(path)
            await channel.play(source)
        --- audio.py
        class AudioSource:
            def __init__(self, path):
                with open(path, "rb") as file:
                    self.data = file.read()
        """,
        """
        from audio import AudioSource

        async def play(path, channel):
            source = await AudioSource.open(path)
            await channel.play(source)
        --- audio.py
        import asyncio

        class AudioSource:
            def __init__(self, data):
                self.data = data

            @classmethod
            async def open(cls, path):
                def read():
                    with open(path, "rb") as file:
                        return file.read()

                return cls(await asyncio.get_running_loop().run_in_executor(None, read))
        """,
    ),
    Bug(
        "setup calls a class method that imports a module",
        "blocking-call-chain",
        "driver = Driver.named(entry)",
        """
        from driver import Driver

        async def async_setup_entry(hass, entry):
            driver = Driver.named(entry)
            return driver
        --- driver.py
        import importlib

        class Driver:
            @classmethod
            def named(cls, name):
                return importlib.import_module(f"drivers.{name}").Driver()
        """,
        """
        from driver import Driver

        async def async_setup_entry(hass, entry):
            driver = await hass.async_add_executor_job(Driver.named, entry)
            return driver
        --- driver.py
        import importlib

        class Driver:
            @classmethod
            def named(cls, name):
                return importlib.import_module(f"drivers.{name}").Driver()
        """,
    ),
    Bug(
        "the framework builds a config flow on the loop, and its constructor reads a file",
        "blocking-callback",
        "self.devices = load_devices()",
        """
        import json
        from homeassistant import config_entries

        def load_devices():
            with open("devices.json") as file:
                return json.load(file)

        class Flow(config_entries.ConfigFlow):
            def __init__(self):
                self.devices = load_devices()

            async def async_step_user(self, user_input=None):
                return self.devices
        """,
        """
        import json
        from homeassistant import config_entries

        def load_devices():
            with open("devices.json") as file:
                return json.load(file)

        class Flow(config_entries.ConfigFlow):
            async def async_step_user(self, user_input=None):
                return await self.hass.async_add_executor_job(load_devices)
        """,
    ),
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
]

BUGS = [*DIRECT, *TRANSITIVE]


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.story)
def test_a_real_bug_is_found_where_it_is(bug: Bug) -> None:
    """About missed alarms."""
    assert told(bug.bad) == [(bug.line, bug.pitfall)]


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.story)
def test_its_repair_is_silent(bug: Bug) -> None:
    """About false alarms."""
    assert told(bug.good) == []
