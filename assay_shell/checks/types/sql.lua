-- The rows of a `sql` check.

local url, query, params = ...
local connection = db.connect(url)
local rows = db.query(connection, query, params)
db.close(connection)
return rows
