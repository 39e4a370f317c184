"""Plain sockets, name lookups and mail wait for the network with the whole thread.

A name server that does not answer costs seconds, and `smtplib` holds a whole conversation. The event loop has ways of its
own to wait for sockets; these calls know nothing of it.

## Bad

```python
import socket


async def address(host):
    return socket.gethostbyname(host)
#          ^^^^^^^^^^^^^^^^^^^^^^^^^^ socket.gethostbyname() blocks the event loop
```

## Good

```python
import asyncio
import socket


async def address(host):
    return await asyncio.to_thread(socket.gethostbyname, host)
```

## Bad: mail

```python
import smtplib


async def notify(message):
    with smtplib.SMTP("mail.example") as server:
#        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^ smtplib.SMTP() blocks the event loop
        server.send_message(message)
#       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^ server.send_message() blocks the event loop
```

## Good: the whole conversation in one thread

To say goodbye waits for the server, too.

```python
import asyncio
import smtplib


async def notify(message):
    def blocking_part():
        with smtplib.SMTP("mail.example") as server:
            server.send_message(message)

    await asyncio.to_thread(blocking_part)
```

## Fine

The loop resolves names, connects and reads without holding its thread.

```python
import asyncio
import socket


async def address(host):
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, 443)
    reader, writer = await asyncio.open_connection(host, 443)
    connection = socket.socket()
    connection.setblocking(False)
    await loop.sock_connect(connection, found[0][4])
    return connection.recv(1)
```
"""

from __future__ import annotations

from collections.abc import Iterator

from awaitlens.pitfall import Finding, Law, Patch
from awaitlens.program.blocking import NETWORK, direct
from awaitlens.program.facts import Facts
from awaitlens.program.view import View
from awaitlens.rewrite.offload import off_the_loop

law = Law.NEVER_BLOCK_THE_LOOP
severity = "warning"
default = True
needs = NETWORK


def detect(facts: Facts, view: View) -> Iterator[Finding]:
    for found in direct(facts, view, NETWORK):
        data = (("name", found.row.name),)
        yield Finding(found.span, found.message, found.confidence, data=data)


def fix(facts: Facts, view: View, finding: Finding) -> Iterator[Patch]:
    call = facts.call_at(finding.span)
    if call is not None:
        yield from off_the_loop(facts, view, call, finding.value("name"))
