"""Many clients of the API in a process of their own: python -m assistant.bench.crowd URL NUMBER MODEL.

They ask from the line "go" on the standard input until "stop", when they hang up; then "idle" is told, with how many answers
came, how many were refused (503), and how many failed otherwise.
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
        self.answered = self.refused = self.failed = 0

    async def client(self, number: int) -> None:
        """One client, until it is cancelled: then it hangs up."""
        async with httpx.AsyncClient(base_url=self._url, timeout=600) as client:
            while True:
                await self._ask(client, number)

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

    async def obey(self, number: int) -> None:
        """Follow the standard input to its end."""
        clients: list[asyncio.Task[None]] = []
        while line := await asyncio.to_thread(sys.stdin.readline):
            if line.strip() == "go":
                clients = [asyncio.create_task(self.client(each)) for each in range(number)]
                continue
            for client in clients:
                client.cancel()
            await asyncio.gather(*clients, return_exceptions=True)
            sys.stdout.write(f"idle {self.answered} {self.refused} {self.failed}\n")
            sys.stdout.flush()


async def main(url: str, number: int, model: str) -> None:
    """Run until the standard input ends."""
    await Crowd(url, model).obey(number)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), sys.argv[3]))
