"""The same with Python's own engine."""

import re
import time

PATTERN = re.compile(r"level=(\w+) request (\d+) took (\d+) ms")
started = time.perf_counter()
for i in range(1, 20001):
    found = PATTERN.search(f"2026-11-22 level=info request {i} took 35 ms")
    assert found is not None
    found.groups()
print((time.perf_counter() - started) * 1000)
