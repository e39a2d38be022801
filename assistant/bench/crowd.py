"""Many clients of the API in a process of their own: python -m assistant.bench.crowd URL NUMBER MODEL.

They ask while "go" was the last line of the standard input, and until "stop"; then "idle", with how many answers came, how
many were refused (503), and how many failed otherwise.
"""

from __future__ import annotations

import asyncio
import sys

import httpx

TOKENS = 24


class Crowd:
    """So many clients that ask again and again."""

    def __init__(self, url: str, model: str) -> None:
        self._url = url
        self._model = model
        self._gate = asyncio.Event()
        self._asking = 0
        self._idle = asyncio.Event()
        self.answered = self.refused = self.failed = 0

    async def client(self, number: int) -> None:
        """One client's life."""
        async with httpx.AsyncClient(base_url=self._url, timeout=600) as client:
            while True:
                await self._gate.wait()
                self._asking += 1
                self._idle.clear()
                try:
                    await self._ask(client, number)
                finally:
                    self._asking -= 1
                    if not self._asking:
                        self._idle.set()

    async def _ask(self, client: httpx.AsyncClient, number: int) -> None:
        body = {
            "model": self._model,
            "prompt": f"Tell me something about the number {number}.",
            "options": {"num_predict": TOKENS, "temperature": 0},
        }
        try:
            reply = await client.post("/api/generate", json=body)
        except httpx.HTTPError:
            self.failed += 1
            return
        if reply.status_code == 503:
            self.refused += 1
            await asyncio.sleep(0.5)  # as the answer says: come again
        elif reply.status_code == 200 and reply.text.rstrip().endswith("}") and '"done":true' in reply.text:
            self.answered += 1
        else:
            self.failed += 1

    async def obey(self) -> None:
        """Follow the standard input to its end."""
        while line := await asyncio.to_thread(sys.stdin.readline):
            if line.strip() == "go":
                self._gate.set()
            else:
                self._gate.clear()
                if self._asking:
                    await self._idle.wait()
                sys.stdout.write(f"idle {self.answered} {self.refused} {self.failed}\n")
                sys.stdout.flush()


async def main(url: str, number: int, model: str) -> None:
    """Run until the standard input ends."""
    crowd = Crowd(url, model)
    clients = [asyncio.create_task(crowd.client(each)) for each in range(number)]
    await crowd.obey()
    for client in clients:
        client.cancel()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), sys.argv[3]))
