-- What the load goes to: a JSON route, events by a handler of each client's own, and events by a channel for all.
local news = http.broadcast({ queue = 1000 })
local PERIOD <const> = 0.05

http.serve(tonumber(arg[1]), {
  GET = {
    ["/json"] = function(req) return { json = { message = "hello", n = 42 } } end,
    ["/events"] = function(req)
      return { sse = function(send)
        local n = 0
        while true do
          n = n + 1
          send({ event = "tick", data = n })
          sleep(PERIOD)
        end
      end }
    end,
    ["/news"] = { sse = news },
  },
  POST = {
    ["/publish"] = function(req) return { json = news:publish({ event = "tick", data = req.body }) } end,
  },
})
