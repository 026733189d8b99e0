-- A server that answers each message, and a client of it.
local server = http.serve(0, {
  GET = { ["/echo"] = { ws = function(conn) for message in conn do conn:send("got " .. message) end end } },
}, { background = true, host = "127.0.0.1" })

local conn = ws.connect("ws://127.0.0.1:" .. server.port .. "/echo")
conn:send("hello")
print(conn:recv())
conn:close()
server:stop(0)
--> got hello
