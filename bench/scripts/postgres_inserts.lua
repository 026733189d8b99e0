-- Milliseconds for 2,000 single INSERTs into the server that BENCH_POSTGRES names.
local conn = db.connect(env.get("BENCH_POSTGRES"), { pool_size = 1 })
db.execute(conn, "CREATE TEMP TABLE t(a bigint, b double precision, c text)")
local started = time()
for i = 1, 2000 do db.execute(conn, "INSERT INTO t VALUES ($1, $2, $3)", { i, i * 0.5, "row " .. i }) end
print((time() - started) * 1000)
