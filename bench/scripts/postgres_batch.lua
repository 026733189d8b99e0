-- Milliseconds to insert 20,000 rows with one db.batch into the server that BENCH_POSTGRES names.
local conn = db.connect(env.get("BENCH_POSTGRES"), { pool_size = 1 })
db.execute(conn, "CREATE TEMP TABLE t(a bigint, b double precision, c text)")
local rows = {}
for i = 1, 20000 do rows[i] = { i, i * 0.5, "row " .. i } end
local started = time()
db.batch(conn, "INSERT INTO t VALUES ($1, $2, $3)", rows)
print((time() - started) * 1000)
