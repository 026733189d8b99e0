-- What the measured cells need: 10,000 records, and a server that tells 200 times a second until it is left.

records = {}
for i = 1, 10000 do
  records[i] = {
    name = "pod-" .. i, namespace = i % 3 == 0 and "shop" or "ops", phase = i % 7 == 0 and "Pending" or "Running",
    restarts = i % 5, node = "node-" .. i % 40, age = i * 60,
  }
end

server = http.serve(0, { GET = { ["/events"] = function()
  return { sse = function(send)
    local started = time()
    for i = 1, math.maxinteger do
      send({ event = "tick", id = i, data = json.encode({ number = i, service = "cart", seconds = i % 31 }) })
      local ahead = started + i / 200 - time()
      if ahead > 0 then sleep(ahead) end
    end
  end }
end } }, { background = true, host = "127.0.0.1" })
