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
local looks = {} -- the functions that answer looks

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

-- Called at every call and return while a look's function runs: forgets it once its place is gone or taken.
local function watch_return(event)
  if frame(level + 2, "l") then return end -- deeper still
  if event == "tail call" and looks[frame(2, "f").func] then return end -- `return env.get(...)`
  set_hook()
  owner, level = nil, nil
end

-- Called by the two functions below, which scripts call.
local function answer()
  local thread, place = running(), depth(2)
  if frame(2, "t").istailcall then place = place + 1 end -- the function that looks is off the stack already
  local same = owner == thread and level == place
  local found = look(same)
  if same then return found end
  owner, level = nil, nil
  if found then
    owner, level = thread, place
    if not is_main(4) then set_hook(watch_return, "cr") end
  end
  return found
end

local function replace(functions, name)
  local raw = functions[name]
  local function get(variable, ...)
    if variable == NAME then
      local found = answer()
      return found
    end
    return raw(variable, ...)
  end
  looks[get] = true
  functions[name] = get
end

replace(_G.env, "get")
replace(_G.os, "getenv") -- the script's; what our own files see under that name is Lua's library
replace(package.loaded.os, "getenv")
