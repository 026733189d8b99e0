-- Restart a service whose health check fails, once a human has agreed. For agents and pipelines:
--
--   assay run --mode tool remediate.lua cart http://127.0.0.1:8080/health 'systemctl restart cart'

local service, url, command = ...

local function status()
  local ok, answer = pcall(http.get, url, { timeout = 5 })
  return ok and answer.status or 0
end

local function wait_until_well(seconds)
  local deadline = time() + seconds
  while status() ~= 200 do
    if time() > deadline then return false end
    sleep(0.1)
  end
  return true
end

local before = status()
if before == 200 then return { service = service, action = "none" } end

-- The run ends here until somebody answers. Resumed, it starts from the top, and goes on only if what is asked is
-- still the same: another status would be another question.
if not approval.request(("Restart %s?"):format(service), { command = command, status = before }) then
  return { service = service, action = "declined" }
end

local done = shell.exec(command)
if done.status ~= 0 then error(("%s: exit code %d: %s"):format(command, done.status, done.stderr), 0) end
return { service = service, action = "restarted", well = wait_until_well(5) }
