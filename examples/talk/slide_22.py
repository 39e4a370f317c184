"""Slide 22: read, wait, write back."""

import asyncio

import httpx

client = httpx.AsyncClient()
stats = {"alive": 0, "dead": 0}


async def fetch_site(site):
    alive = stats["alive"]
    response = await client.get(site)
    if response.status_code < 400:
        stats["alive"] = alive + 1


async def main(sites):
    await asyncio.wait([asyncio.create_task(fetch_site(site)) for site in sites])
