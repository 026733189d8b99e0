"""The same rows through `fetchall` of psycopg on asyncio."""

import asyncio
import os
import time

import psycopg

SQL = "SELECT i AS a, i * 0.5::float8 AS b, 'row ' || i AS c FROM generate_series(1, 100000) AS i"


async def main() -> None:
    """Print the milliseconds of the best of three."""
    async with await psycopg.AsyncConnection.connect(os.environ["BENCH_POSTGRES"]) as connection:
        best = float("inf")
        for _ in range(3):
            started = time.perf_counter()
            await (await connection.execute(SQL)).fetchall()
            best = min(best, (time.perf_counter() - started) * 1000)
        print(best)


asyncio.run(main())
