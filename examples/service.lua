#!/usr/bin/env assay
-- A small web service: who deployed what. Deployments come in as JSON, are listed, and reach everybody who follows
-- them as server-sent events.
--
--   assay examples/service.lua 8080
--   curl -d '{"service":"cart","version":"2.7.1"}' localhost:8080/deployments
--   curl localhost:8080/deployments?service=cart
--   curl -N localhost:8080/deployments/events

local port = math.tointeger(tonumber(arg and arg[1] or env.get("PORT") or 8080))
local deployments = {}
local news = http.broadcast()

local function refuse(status, reason)
  return { status = status, json = { error = reason } }
end

local function add(req)
  local ok, given = pcall(json.parse, req.body)
  if not ok or type(given) ~= "table" then return refuse(400, "expected a JSON object") end
  if type(given.service) ~= "string" or type(given.version) ~= "string" then
    return refuse(422, "service and version are required")
  end
  local deployment = { id = #deployments + 1, service = given.service, version = given.version }
  deployments[deployment.id] = deployment
  news:publish({ event = "deployed", id = deployment.id, data = json.encode(deployment) })
  return { status = 201, json = deployment, headers = { Location = "/deployments/" .. deployment.id } }
end

local function list(req)
  local found = json.array()
  for _, deployment in ipairs(deployments) do
    if not req.params.service or req.params.service == deployment.service then found[#found + 1] = deployment end
  end
  return { json = found }
end

local function one(req)
  local deployment = deployments[math.tointeger(tonumber(req.path_params.id))]
  return deployment and { json = deployment } or refuse(404, "no such deployment")
end

-- Counts down and ends: each client has a stream of its own, and a client that leaves ends the loop.
local function countdown(req)
  local from = math.tointeger(tonumber(req.params.from or 3)) or 3
  return { sse = function(send)
    for left = from, 1, -1 do
      send({ event = "left", data = left })
      sleep(0.01)
    end
    send({ event = "done", data = "go" })
  end }
end

local server = http.serve(port, {
  GET = {
    ["/health"] = function() return { json = { ok = true, deployments = #deployments } } end,
    ["/deployments"] = list,
    ["/deployments/:id"] = one,
    ["/deployments/events"] = { sse = news },
    ["/countdown"] = countdown,
  },
  POST = { ["/deployments"] = add },
}, {
  background = true, patterns = true, method_not_allowed = true, request_id = true,
  max_body = 64 * 1024, heartbeat = 15, grace = 10,
})

log.info("serving " .. server.url)
while true do sleep(3600) end -- until Ctrl-C or SIGTERM, which let requests finish
