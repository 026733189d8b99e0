"""A plain loop over pyreqwest on asyncio."""

import asyncio
import os
import sys
import time

from pyreqwest.client import ClientBuilder

COUNT = 2000


async def main() -> None:
    """Print requests a second."""
    url = os.environ["BENCH_URL"]
    async with ClientBuilder().build() as client:
        await (await client.get(url).build().send()).bytes()
        started = time.perf_counter()
        for _ in range(COUNT):
            await (await client.get(url).build().send()).bytes()
        print(COUNT / (time.perf_counter() - started))


asyncio.run(main())
sys.stdout.flush()
os._exit(0)  # pyreqwest's threads may outlive the interpreter, which aborts then
