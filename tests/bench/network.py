"""The far end of a telephone network, no more than the line asks of it: takes messages and calls, hands
out five seconds of sound, deletes recordings. A process of its own: `python -m tests.bench.network PORT`.

The pocket network of `hotline.simulator` is faithful, and therefore slower than what is to be measured.
"""

import asyncio
import io
import json
import sys
import time
import wave

SECONDS = 5
RATE = 8000


def sound() -> bytes:
    """A recording as the network hands it out: 16 bit, one channel, 8 kHz."""
    whole = io.BytesIO()
    with wave.open(whole, "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(2)
        wav.setframerate(RATE)
        wav.writeframes(bytes(n % 251 for n in range(2 * RATE * SECONDS)))
    return whole.getvalue()


class FarEnd:
    """What has come in. Moments are on the monotonic clock, which all processes share."""

    def __init__(self) -> None:
        self.sound = sound()
        self.messages: list[float] = []
        self.calls: list[float] = []
        self.fetched = self.deleted = 0

    def answer(self, method: str, path: str) -> bytes:
        """The answer to one request, as bytes."""
        if path == "/seen":
            return _response("200 OK", json.dumps(self.seen()).encode(), "application/json")
        if method == "DELETE":
            self.deleted += 1
            return _response("204 No Content", b"", "application/json")
        if path.endswith(".wav"):
            self.fetched += 1
            return _response("200 OK", self.sound, "audio/x-wav")
        if path.endswith("/Messages.json"):
            self.messages.append(time.monotonic())
            return self._taken("SM", len(self.messages))
        self.calls.append(time.monotonic())
        return self._taken("CA", len(self.calls))

    def seen(self) -> dict[str, object]:
        """What the bench asks for."""
        counted = {"fetched": self.fetched, "deleted": self.deleted}
        return {"messages": self.messages, "calls": self.calls, **counted}

    def _taken(self, kind: str, number: int) -> bytes:
        body = json.dumps({"sid": f"{kind}{number:032x}", "status": "queued"}).encode()
        return _response("201 Created", body, "application/json")


def _response(status: str, body: bytes, kind: str) -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


async def _serve(port: int) -> None:
    far_end = FarEnd()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                method, path, _ = head.split(" ", 2)
                length = head.lower().partition("content-length: ")[2].partition("\r")[0]
                await reader.readexactly(int(length or 0))
                writer.write(far_end.answer(method, path))
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1])))
