-- ASSAY_APPROVAL_RESULT in a resumed run: the answer to one gate, not to all of them.
--
-- Scripts that look at the variable do so in a function of their own (`approve(prompt)`) or in the main chunk. A
-- look is about the same gate as the one before when it comes from the same call of the same function: same
-- coroutine, same depth of the stack, and that call has not returned in between, which a hook watches. For the main
-- chunk there is no hook, since it returns but once.

local core = ...
local look = core.approval_look -- (same: bool) -> "yes", "no" or nil
local frame, set_hook = core.frame, core.set_hook
local running = coroutine.running

local NAME <const> = "ASSAY_APPROVAL_RESULT"

local owner, level -- whose call looked last: its coroutine, and its place counted from the bottom of the stack

-- How many functions are on the stack, without the caller's `skipped` topmost ones.
local function depth(skipped)
  local count = 0
  while frame(skipped + count + 2, "l") do count = count + 1 end
  return count
end

-- Whether nothing but the core is below that level: it is the script's main chunk.
local function is_main(above)
  if frame(above, "S").what ~= "main" then return false end
  local below = above + 1
  while true do
    local info = frame(below, "S")
    if not info then return true end
    if info.what ~= "C" and info.short_src ~= "[assay]" then return false end
    below = below + 1
  end
end

local function watch_return()
  if frame(2, "l") == nil or frame(level + 2, "l") == nil then
    set_hook()
    owner, level = nil, nil
  end
end

-- Called by the two functions below, which scripts call.
local function answer()
  local thread, place = running(), depth(2)
  local same = owner == thread and level == place
  local found = look(same)
  if same then return found end
  owner, level = nil, nil
  if found then
    owner, level = thread, place
    if not is_main(3 + 1) then set_hook(watch_return, "cr") end
  end
  return found
end

local function replace(functions, name)
  local raw = functions[name]
  functions[name] = function(variable, ...)
    if variable == NAME then
      local found = answer()
      return found
    end
    return raw(variable, ...)
  end
end

replace(env, "get")
replace(os, "getenv")
replace(require("os"), "getenv")
