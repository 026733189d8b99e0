"""The same document through orjson."""

import statistics
import time

import orjson

ITEMS = [
    {"id": i, "name": f"item {i}", "tags": ["alpha", "beta", "gamma"], "price": i / 4, "ok": i % 2 == 0,
     "note": "plain text of some length"}
    for i in range(1, 14001)
]  # fmt: skip
TEXT = orjson.dumps(ITEMS)


def once() -> float:
    """Milliseconds of one run."""
    started = time.perf_counter()
    orjson.loads(TEXT)
    return (time.perf_counter() - started) * 1000


print(statistics.median(once() for _ in range(5)))
