"""50 asyncio tasks over one pyreqwest client."""

import asyncio
import os
import sys
import time

from pyreqwest.client import Client, ClientBuilder

EACH, TASKS = 100, 50


async def work(client: Client, url: str) -> None:
    """One task's share."""
    for _ in range(EACH):
        await (await client.get(url).build().send()).bytes()


async def main() -> None:
    """Print requests a second."""
    url = os.environ["BENCH_URL"]
    async with ClientBuilder().build() as client:
        await work(client, url)
        started = time.perf_counter()
        await asyncio.gather(*(work(client, url) for _ in range(TASKS)))
        print(TASKS * EACH / (time.perf_counter() - started))


asyncio.run(main())
sys.stdout.flush()
os._exit(0)  # pyreqwest's threads may outlive the interpreter, which aborts then
