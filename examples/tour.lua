#!/usr/bin/env assay
-- A tour of the builtins against this machine and a web server that the tour starts itself.
-- Run it with `assay examples/tour.lua`; it leaves nothing behind.

local started = time()

local function chapter(title)
  print(("\n-- %s %s"):format(title, ("-"):rep(60 - #title)))
end

-- Files: a folder of our own, removed however the tour ends -----------------------------------------------

local folder = fs.tempdir()
local cleanup <close> = setmetatable({}, { __close = function() fs.remove(folder) end })

chapter("this machine")
local usage = disk.usage("/")
print(("%s  %s/%s  %d processes  %.0f %% of / in use"):format(
  os.hostname(), os.platform(), os.arch(), #process.list(), usage.percent))
print("editor: " .. (env.get("EDITOR") or "none set"))

chapter("data")
local inventory = yaml.parse([[
services:
  - { name: cart, port: 8081, on: push }
  - { name: web,  port: 8082, on: schedule }
]])
for _, service in ipairs(inventory.services) do
  print(("%-5s port %d, deployed on %s"):format(service.name, service.port, service.on))
end
assert.eq(inventory.services[1].on, "push", "YAML 1.2: `on` is a word, not a boolean")
fs.write(folder .. "/inventory.json", json.encode(inventory))
fs.write(folder .. "/limits.toml", toml.encode({ retries = 3, backoff = 0.5 }))
for _, path in ipairs(fs.glob(folder .. "/*")) do
  print(("%4d bytes  %s"):format(fs.stat(path).size, path:match("[^/]+$")))
end

chapter("text")
local version = regex.find("python 3.11.7, released 2023", [[(\d+)\.(\d+)]])
print("version " .. version.match .. ", major " .. version.groups[1])
print(template.render_string("{% for s in services %}{{ s.name | upper }} {% endfor %}", inventory))

chapter("secrets")
local token = crypto.random(24)
print("sha256 of the inventory: " .. crypto.hash(fs.read(folder .. "/inventory.json"), "sha256"):sub(1, 16) .. "...")
print("signature: " .. crypto.hmac(token, "payload"):sub(1, 16) .. "...  basic: " .. base64.encode("ops:" .. #token))

-- A real web server: Python's, on a free port, serving our folder ------------------------------------------

chapter("http")
local port
local server = async.spawn(function()
  shell.exec("exec python3 -u -m http.server 0 --bind 127.0.0.1", {
    cwd = folder,
    on_line = function(line) port = port or line:match("port (%d+)") end,
  })
end)
local deadline = time() + 10
while not port do
  assert.lt(time(), deadline, "the web server did not start")
  sleep(0.02)
end

local base = "http://127.0.0.1:" .. port
local answer = http.get(base .. "/inventory.json")
assert.eq(answer.status, 200)
assert.eq(json.parse(answer.body).services[2].name, "web")
print("GET /inventory.json -> " .. answer.status .. ", " .. answer.headers["content-type"])
print("GET /missing -> " .. http.get(base .. "/missing").status)

chapter("all at once")
local before = time()
local sizes = async.map({ "inventory.json", "limits.toml", "" }, function(name)
  sleep(0.1)
  return #http.get(base .. "/" .. name).body
end, { concurrency = 3 })
print(("three requests after 0.1 s each took %.1f s: %s bytes"):format(time() - before, table.concat(sizes, ", ")))
server:cancel()

chapter("shell")
local counted = shell.exec("wc -l", { stdin = "one\ntwo\nthree\n" })
print("wc counts " .. counted.stdout:match("%d+") .. " lines")
local slow = shell.exec("sleep 30", { timeout = 0.1 })
print("a slow command was stopped: " .. tostring(slow.timed_out))

chapter("errors are values until nobody wants them")
local ok, reason = pcall(fs.read, folder .. "/not-there")
assert.eq(ok, false)
print("fs.read: " .. tostring(reason):match("%((os error %d+)%)"))

log.info(("the tour took %.1f seconds"):format(time() - started))
