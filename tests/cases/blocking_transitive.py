"""Calls that block through helpers, as they were met in real projects and repaired there."""

from __future__ import annotations

from tests.cases.blocking_cases import Bug

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
        "a handler saves through a table that a session made",
        "blocking-call-chain",
        "save(order)",
        """
        import boto3

        session = boto3.Session()
        orders = session.resource("dynamodb").Table("orders")

        def save(order):
            orders.put_item(Item=order)

        async def checkout(order):
            save(order)
        """,
        """
        import asyncio

        import boto3

        session = boto3.Session()
        orders = session.resource("dynamodb").Table("orders")

        def save(order):
            orders.put_item(Item=order)

        async def checkout(order):
            await asyncio.to_thread(save, order)
        """,
    ),
]
