-- What is in a database: its tables, their columns and rows, and what an operator wants to know about them.
--
--   assay examples/db_report.lua URL              a report; exit code 1 when a table has no primary key
--   assay examples/db_report.lua URL "SELECT ..." the rows of a query as CSV, of any number
--
-- URL is `postgres://...`, `mysql://...` or `sqlite:...`; without one it is DATABASE_URL. Run it with --readonly where
-- the query comes from somebody else.

local url = (arg and arg[1]) or env.get("DATABASE_URL")
if not url then
  io.stderr:write("usage: assay db_report.lua URL [QUERY]\n")
  require("os").exit(2)
end

local conn <close> = db.connect(url, { timeout = 10 })

local function quoted(name)
  if url:find("^m") then return "`" .. name:gsub("`", "``") .. "`" end
  return '"' .. name:gsub('"', '""') .. '"'
end

local function csv_field(value)
  local text = value == nil and "" or tostring(value)
  return text:find('[,"\r\n]') and '"' .. text:gsub('"', '""') .. '"' or text
end

-- Columns are those of the first row that has them: NULL is absent from a row.
local function print_csv(query)
  local names
  for row in db.stream(conn, query) do
    if not names then
      names = {}
      for name in pairs(row) do names[#names + 1] = name end
      table.sort(names)
      print(table.concat(names, ","))
    end
    local fields = {}
    for i, name in ipairs(names) do fields[i] = csv_field(row[name]) end
    print(table.concat(fields, ","))
  end
end

local function described(schema, name)
  local keys, columns = {}, db.describe(conn, schema .. "." .. name)
  for _, column in ipairs(columns) do
    if column.primary_key then keys[column.primary_key] = column.name end
  end
  return #columns, table.concat(keys, ", ")
end

local function report()
  local total, keyless = 0, {}
  for _, t in ipairs(db.tables(conn)) do
    local place = quoted(t.schema) .. "." .. quoted(t.name)
    local rows = db.query(conn, "SELECT count(*) AS n FROM " .. place)[1].n
    local columns, key = described(t.schema, t.name)
    print(string.format("%-6s %-24s %8d rows %3d columns  %s", t.kind, t.schema .. "." .. t.name, rows, columns, key))
    total = total + rows
    if t.kind == "table" and key == "" then keyless[#keyless + 1] = t.name end
  end
  print(string.format("%d rows in all", total))
  if #keyless > 0 then
    print("without a primary key: " .. table.concat(keyless, ", "))
    require("os").exit(1)
  end
end

if arg and arg[2] then print_csv(arg[2]) else report() end
