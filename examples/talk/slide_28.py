"""Slide 28: a function has one colour."""

import asyncio


def add(one, other):
    print(one, other)


async def log(message):
    await asyncio.sleep(0)
    print(message)


async def main():
    await add(1, 2)
    asyncio.get_running_loop().call_soon(log, "done")
