"""The same statements through psycopg on asyncio."""

import asyncio
import os
import time

import psycopg


async def main() -> None:
    """Print the milliseconds."""
    async with await psycopg.AsyncConnection.connect(os.environ["BENCH_POSTGRES"], autocommit=True) as connection:
        await connection.execute("CREATE TEMP TABLE t(a bigint, b double precision, c text)")
        started = time.perf_counter()
        for i in range(1, 2001):
            await connection.execute("INSERT INTO t VALUES (%s, %s, %s)", (i, i * 0.5, f"row {i}"))
        print((time.perf_counter() - started) * 1000)


asyncio.run(main())
