-- Milliseconds for 100,000 single INSERTs, each a transaction of its own.
local conn = db.connect("sqlite::memory:")
db.execute(conn, "CREATE TABLE t(a INTEGER, b REAL, c TEXT)")
local started = time()
for i = 1, 100000 do db.execute(conn, "INSERT INTO t VALUES (?, ?, ?)", { i, i * 0.5, "row " .. i }) end
print((time() - started) * 1000)
