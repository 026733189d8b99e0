-- The two kinds of waiting: until a deadline, and for so many attempts.

local max, min = math.max, math.min

local waiting = {}

--- Calls `check` until it gives something other than nil and false, which is returned; nil when `opts.timeout` seconds
--- have passed. Between the calls it sleeps `opts.interval` seconds (1), each time `opts.backoff` times (1) as long, up
--- to `opts.max_interval` (30), and never past the deadline. A timeout of 0 allows one check.
function waiting.wait_until(check, opts)
  local deadline, pause = time() + opts.timeout, opts.interval or 1
  while true do
    local found = check()
    if found then return found end
    local left = deadline - time()
    if left <= 0 then return nil end
    sleep(min(pause, left))
    pause = min(pause * (opts.backoff or 1), max(opts.max_interval or 30, opts.interval or 1))
  end
end

--- Calls `check(attempt)` up to `attempts` times, `interval` seconds apart. Returns the first true answer, else nil.
function waiting.attempt(attempts, interval, check)
  for attempt = 1, attempts do
    local found = check(attempt)
    if found then return found end
    if attempt < attempts then sleep(interval) end
  end
end

return waiting
