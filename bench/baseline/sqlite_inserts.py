"""The same statements through `execute` of the standard library."""

import sqlite3
import time

connection = sqlite3.connect(":memory:", isolation_level=None)
connection.execute("CREATE TABLE t(a INTEGER, b REAL, c TEXT)")
started = time.perf_counter()
for i in range(1, 100_001):
    connection.execute("INSERT INTO t VALUES (?, ?, ?)", (i, i * 0.5, f"row {i}"))
print((time.perf_counter() - started) * 1000)
