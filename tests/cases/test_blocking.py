"""Blocking calls of real projects, told in our own words: each is found, and its repair is silent."""

from __future__ import annotations

import textwrap
from typing import NamedTuple

import pytest

from awaitlens.engine import check_texts
from awaitlens.pitfall import Finding
from awaitlens.rewrite.apply import apply
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


QUIET = {
    "a timeout of zero": """
        import queue
        import threading

        jobs = queue.Queue()
        ready = threading.Event()

        async def work():
            return jobs.get(timeout=0), jobs.get(False), ready.wait(0)
    """,
    "a lock that was made here": """
        import threading

        async def new():
            lock = threading.Lock()
            lock.acquire()
            return lock
    """,
    "a lock that is held for an instant": """
        import threading

        lock = threading.Lock()

        async def add(seen, item):
            with lock:
                seen.add(item)
    """,
    "a queue that was asked before": """
        import queue

        jobs = queue.Queue()

        async def drain():
            while not jobs.empty():
                jobs.get()
    """,
    "the result of a task": """
        import asyncio

        async def both(f):
            task = asyncio.create_task(f())
            await asyncio.wait({task})
            task.add_done_callback(lambda done: done.result())
            return task.result()
    """,
    "the result of a future that is done": """
        from concurrent.futures import ThreadPoolExecutor

        pool = ThreadPoolExecutor()

        async def poll(f):
            future = pool.submit(f)
            return future.result() if future.done() else None
    """,
    "asyncio's own primitives under the same names": """
        import asyncio

        class Worker:
            def __init__(self):
                self.lock = asyncio.Lock()
                self.jobs = asyncio.Queue()
                self.ready = asyncio.Event()

            async def run(self):
                await self.lock.acquire()
                await self.ready.wait()
                return await self.jobs.get()
    """,
    "the asynchronous client of a package that has both": """
        from redis.asyncio import Redis
        from openai import AsyncOpenAI

        async def ask(text):
            await Redis().set("last", text)
            return await AsyncOpenAI().chat.completions.create(messages=[text])
    """,
    "a pool whose work is awaited inside": """
        import asyncio
        from concurrent.futures import ThreadPoolExecutor

        async def work(f):
            loop = asyncio.get_running_loop()
            with ThreadPoolExecutor() as pool:
                return await loop.run_in_executor(pool, f)
    """,
    "a socket that does not block": """
        import socket

        async def peek(address):
            sock = socket.socket()
            sock.setblocking(False)
            return sock.recv(1)
    """,
    "a function handed to threads in every way": """
        import asyncio
        import threading
        import time
        from asgiref.sync import sync_to_async
        from functools import partial

        def load(path):
            time.sleep(1)
            return path

        async def page(pool, path):
            loop = asyncio.get_running_loop()
            threading.Thread(target=load, args=(path,)).start()
            await loop.run_in_executor(pool, partial(load, path))
            await sync_to_async(load)(path)
            pool.submit(load, path)
            inner = lambda: load(path)
            return await asyncio.to_thread(inner)
    """,
    "a sync function that only sync code calls": """
        import requests

        def fetch(url):
            return requests.get(url)

        def main():
            return fetch("https://shop.example")
    """,
    "a function that looks whether a loop runs": """
        import asyncio
        import time

        def pause(seconds):
            try:
                asyncio.get_running_loop()
            except RuntimeError:
                time.sleep(seconds)
                return None
            return asyncio.sleep(seconds)

        async def main():
            await pause(1)
            later = pause(2)
            await later
    """,
    "a debug file that is written now and then": """
        class Log:
            path = None

            def write(self, text):
                if self.path is not None:
                    with open(self.path, "a") as file:
                        file.write(text)

        log = Log()

        async def main():
            log.write("started")
    """,
    "a decorator that moves its function to a thread": """
        import asyncio
        import time
        from functools import wraps

        def threaded(f):
            @wraps(f)
            def wrapper(*arguments):
                return asyncio.get_running_loop().run_in_executor(None, f, *arguments)

            return wrapper

        @threaded
        def load():
            time.sleep(1)

        async def main():
            loading = load()
            await loading
    """,
    "a decorator that nobody knows": """
        import time
        from somewhere import in_background

        @in_background
        def load():
            time.sleep(1)

        async def main():
            load()
    """,
    "a generator that nobody asks for values": """
        import time

        def ticks():
            while True:
                time.sleep(1)
                yield 1

        async def main(keep):
            keep(ticks())
    """,
    "a base class's method that subclasses write anew": """
        import requests

        class Source:
            def read(self):
                raise NotImplementedError

        class Remote(Source):
            def read(self):
                return requests.get("https://shop.example")

        async def show(source: Source):
            return source.read()
    """,
    "a parameter that has no type": """
        async def show(client):
            return client.get("https://shop.example")
    """,
    "small data": """
        import json
        import zlib

        def pack(message):
            return zlib.compress(json.dumps(message).encode())

        async def send(socket, message):
            await socket.send(pack(message))
    """,
    "a test": """
        from pathlib import Path

        async def nothing():
            pass
        --- tests/test_shop.py
        import requests

        async def test_shop():
            assert requests.get("http://localhost").ok
    """,
    "a loop that a method call may end": """
        async def read(parser, stream):
            while True:
                parser.feed(stream)
    """,
    "a loop whose flag its own body sets": """
        async def count(self):
            while not self.done:
                self.done = True
    """,
    "a factory that gives a function": """
        import asyncio

        def loader(path):
            return lambda: path

        async def page(path, choose):
            await asyncio.to_thread(loader(path))
            return await asyncio.to_thread(choose(path))
    """,
}


@pytest.mark.parametrize("text", QUIET.values(), ids=QUIET.keys())
def test_what_looks_alike_is_silent(text: str) -> None:
    """About false alarms."""
    assert told(text) == []


# --- one place, one pitfall; the words --------------------------------------------------------------------------


def test_a_call_made_instead_of_handed_over_is_told_once() -> None:
    text = """
        import asyncio
        import requests
        import time

        async def main(url):
            await asyncio.to_thread(requests.get(url))
            await asyncio.to_thread(time.sleep(1))
    """
    assert {pitfall for _, pitfall in told(text)} == {"thread-offload-called-eagerly"}
    assert len(told(text)) == 2


def test_a_chain_names_the_functions_on_the_way_and_proves_each_step() -> None:
    text = """
        from shop.client import Client

        async def page():
            return Client().fetch()
        --- shop/__init__.py
        --- shop/client.py
        import requests


        class Client:
            def fetch(self):
                return self._get("books")

            def _get(self, name):
                return requests.get(name)
    """
    [(_, finding)] = findings(text)
    assert finding.message == (
        "Client().fetch() blocks the event loop: Client().fetch > Client._get > requests.get"
    )
    assert finding.confidence == "certain"
    assert [(step.path, step.span.line) for step in finding.trail] == [
        ("", 3),
        ("shop/client.py", 5),
        ("shop/client.py", 8),
    ]
    assert finding.trail[-1].words == (
        "Client._get() calls requests.get(), which waits for the whole HTTP exchange"
    )


def test_the_users_word_makes_a_function_blocking() -> None:
    text = """
        def crunch():  # awaitlens: blocking
            return 1

        async def main():
            return crunch()
    """
    [(line, finding)] = findings(text)
    assert (line, finding.pitfall) == ("return crunch()", "blocking-call-chain")
    assert finding.message == "crunch() blocks the event loop: it is marked as blocking"


def test_the_configuration_makes_a_function_blocking_or_not() -> None:
    text = """
        import acme
        import requests

        def fetch():
            return requests.get("https://shop.example")

        async def main():
            acme.render(1)
            return fetch()
    """
    settings = Settings(
        select=FAMILY, blocking=frozenset({"acme.render"}), not_blocking=frozenset({"app.fetch"})
    )
    assert told(text) == [("return fetch()", "blocking-call-chain")]
    assert told(text, settings) == [("acme.render(1)", "blocking-call-chain")]


def test_a_query_behind_a_helper_raises() -> None:
    text = """
        from django.db import models

        class Book(models.Model):
            pass

        def cheapest():
            return Book.objects.order_by("price").first()

        async def page(request):
            return cheapest()
    """
    [(_, finding)] = findings(text)
    assert finding.message.startswith("cheapest() raises SynchronousOnlyOperation in async code: cheapest > ")


def test_a_callback_that_comes_to_block_is_told_where_it_is_handed_over() -> None:
    text = """
        import asyncio
        import requests

        def report(task):
            requests.post("https://log.example", task.get_name())

        async def main(f):
            task = asyncio.create_task(f())
            task.add_done_callback(report)
            await task
    """
    [(line, finding)] = findings(text)
    assert (line, finding.pitfall) == ("task.add_done_callback(report)", "blocking-callback")
    assert finding.message == "report blocks the event loop, which runs it: report > requests.post"


def test_a_django_call_behind_a_helper_raises_or_blocks_as_it_does_itself() -> None:
    text = """
        from django.contrib.auth import login
        from django.core.cache import cache
        from django.core.mail import send_mail
        from django.shortcuts import render

        def enter(request, user):
            login(request, user)

        def welcome(user):
            send_mail("Welcome", "Hello", None, [user.email])

        def page(request):
            return render(request, "page.html")

        async def view(request, user):
            enter(request, user)
            welcome(user)
            return page(request)
    """
    assert [finding.message for _, finding in findings(text)] == [
        "enter() raises SynchronousOnlyOperation in async code: enter > django.contrib.auth.login",
        "welcome() blocks the event loop: welcome > django.core.mail.send_mail",
    ]


def repaired(text: str, options: Settings | None = None) -> str:
    """The text after the first repair of its first finding."""
    texts = files(text)
    program = check_texts(texts, options or Settings(select=FAMILY))
    patch = program.patches("app.py", program.findings("app.py")[0])[0]
    return apply(texts["app.py"], patch.edits)


HELPER = """
def load(path):
    return requests.get(path)


async def main():
    return load("a")
"""


@pytest.mark.parametrize(
    ("imports", "python", "expected"),
    [
        ("import requests\n", None, 'await asyncio.to_thread(load, "a")'),
        ("import requests\n", (3, 8), 'await asyncio.get_running_loop().run_in_executor(None, load, "a")'),
        ("import requests\nfrom django.http import JsonResponse\n", None, 'await sync_to_async(load)("a")'),
    ],
)
def test_the_repair_fits_the_version_and_the_framework(
    imports: str, python: tuple[int, int] | None, expected: str
) -> None:
    options = Settings(select=FAMILY, python=python)
    assert repaired(imports + HELPER, options).endswith(f"    return {expected}")


@pytest.mark.parametrize(
    "text",
    [
        "import sqlite3\nstore = sqlite3.connect('a')\nasync def main():\n    store.execute('b')\n",
        "import os\nasync def main(path):\n    for each in os.walk(path):\n        print(each)\n",
        "async def main(path):\n    with open(path) as file:\n        return file.read()\n",
        "import threading\nlock = threading.Lock()\nasync def main():\n    lock.acquire()\n",
        "from concurrent.futures import ThreadPoolExecutor\nasync def main(f):\n"
        "    with ThreadPoolExecutor() as pool:\n        pool.submit(f)\n",
    ],
)
def test_no_thread_is_offered_where_one_would_not_help(text: str) -> None:
    """A sqlite3 connection and a lock belong to a thread, a walk and an open file go on after the call."""
    program = check_texts({"app.py": text}, Settings(select=FAMILY))
    [finding] = program.findings("app.py")
    assert not any(patch.edits for patch in program.patches("app.py", finding))


def test_statements_that_wait_by_themselves() -> None:
    text = """
        from concurrent.futures import ThreadPoolExecutor
        from kafka import KafkaConsumer
        from subprocess import Popen

        async def work(f):
            with ThreadPoolExecutor() as pool:
                pool.submit(f)
            with Popen(["true"]):
                pass

        async def listen(consumer: KafkaConsumer, handle):
            for message in consumer:
                await handle(message)
    """
    assert [(pitfall, finding.message) for _, finding in findings(text) for pitfall in [finding.pitfall]] == [
        (
            "blocking-thread-wait",
            "`with ThreadPoolExecutor()` blocks the event loop: it waits for everything handed to the pool",
        ),
        ("blocking-subprocess", "`with Popen()` blocks the event loop: it waits for the child process"),
        (
            "blocking-database",
            "`for message in consumer` blocks the event loop: it waits for the next message",
        ),
    ]
