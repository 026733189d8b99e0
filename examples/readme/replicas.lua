-- A script check passes unless it raises an error.

local least = tonumber(env.get("LEAST"))
for _, service in ipairs(yaml.parse(fs.read("services.yaml")).services) do
  if service.ready < least then
    error(("%s has %d ready replicas, wanted %d"):format(service.name, service.ready, least), 0)
  end
end
