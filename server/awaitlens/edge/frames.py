"""Messages on a stream of bytes: `Content-Length: N`, an empty line, N bytes of JSON."""

from __future__ import annotations

import re
from collections.abc import Iterator

_LENGTH = re.compile(rb"^content-length:[ \t]*(\d{1,12})[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
_HEADER_LIMIT = 1 << 16
_BODY_LIMIT = 1 << 28


class BrokenStream(ValueError):
    """The peer does not speak the protocol, so no later byte can be trusted. The message says what came instead."""


class Frames:
    """Cuts what arrives into message bodies, however the bytes were chopped on their way."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._length = -1

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The bodies that are complete now. Raises BrokenStream when the stream makes no sense any more."""
        self._buffer += data
        while self._read_header() and len(self._buffer) >= self._length:
            body = bytes(self._buffer[: self._length])
            del self._buffer[: self._length]
            self._length = -1
            yield body

    def _read_header(self) -> bool:
        """Whether the length of the next body is known. Header blocks without a length are skipped."""
        while self._length < 0:
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                if len(self._buffer) > _HEADER_LIMIT:
                    raise BrokenStream("a header without an end")
                return False
            found = _LENGTH.search(bytes(self._buffer[: end + 2]))
            del self._buffer[: end + 4]
            if found is not None:
                self._length = int(found[1])
        if self._length > _BODY_LIMIT:
            raise BrokenStream(f"a message of {self._length} bytes")
        return True


def frame(text: str) -> bytes:
    """A message ready to be written. `text` is JSON."""
    body = text.encode()
    return b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
