"""The same rows through `executemany` of psycopg on asyncio."""

import asyncio
import os
import time

import psycopg

ROWS = [(i, i * 0.5, f"row {i}") for i in range(1, 20_001)]


async def main() -> None:
    """Print the milliseconds."""
    async with await psycopg.AsyncConnection.connect(os.environ["BENCH_POSTGRES"]) as connection:
        await connection.execute("CREATE TEMP TABLE t(a bigint, b double precision, c text)")
        started = time.perf_counter()
        async with connection.cursor() as cursor:
            await cursor.executemany("INSERT INTO t VALUES (%s, %s, %s)", ROWS)
        await connection.commit()
        print((time.perf_counter() - started) * 1000)


asyncio.run(main())
