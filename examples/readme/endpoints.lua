#!/usr/bin/env assay
-- Ask many endpoints at once and print one line for each; fails when one of them is not well.
-- Usage: assay endpoints.lua URL...

local results = async.map(arg, function(url)
  local started = time()
  local ok, answer = pcall(http.get, url, { timeout = 5, retries = 1 })
  return {
    url = url,
    status = ok and answer.status or 0,
    reason = not ok and regex.find(tostring(answer), "[A-Z][a-z ]+\\(os error \\d+\\)") or nil,
    millis = (time() - started) * 1000,
  }
end, { concurrency = 20 })

local failed = 0
for _, r in ipairs(results) do
  local well = r.status >= 200 and r.status < 300
  if not well then failed = failed + 1 end
  print(("%s %-3s %s%s"):format(well and "ok  " or "FAIL", r.status, r.url, r.reason and "  " .. r.reason.match or ""))
end
print(("%d of %d are well"):format(#results - failed, #results))
if failed > 0 then require("os").exit(1) end
