-- `require`, in Lua so that a module's body may wait.

local core = ...
local load, open, getenv = core.load, io.open, core.getenv
local error, type, pairs, format, gsub = error, type, pairs, string.format, string.gsub
local find, sub, gmatch, lower = string.find, string.sub, string.gmatch, string.lower
local concat = table.concat
local _G, setmetatable = _G, setmetatable
local loaded, preload = package.loaded, package.preload

local function read_file(path)
  local file = open(path, "rb")
  if not file then return nil end
  local text = file:read("a")
  file:close()
  return text
end

-- Where a chunk starts with a `#` line, it is skipped but counted.
local function without_hash_line(text)
  if sub(text, 1, 1) ~= "#" then return text end
  local line_end = find(text, "\n", 1, true)
  return line_end and sub(text, line_end) or ""
end

local function search_preload(name)
  local loader = preload[name]
  if loader then return loader, ":preload:" end
  return format("no field package.preload['%s']", name)
end

local function search_path(name)
  if type(package.path) ~= "string" then error("'package.path' must be a string", 0) end
  local part, tried = gsub(name, "%.", "/"), {}
  for template in gmatch(package.path, "[^;]+") do
    local path = gsub(template, "%?", (gsub(part, "%%", "%%%%")))
    local text = read_file(path)
    if text then
      local loader, message = load(without_hash_line(text), "@" .. path)
      if not loader then error(format("error loading module '%s' from file '%s':\n\t%s", name, path, message), 0) end
      return loader, path
    end
    tried[#tried + 1] = format("no file '%s'", path)
  end
  return concat(tried, "\n\t")
end

local function search_native()
  return "can't load C modules in safe mode"
end

local function compile(text, label)
  local loader, message = load(text, "@" .. label)
  if not loader then core.fail("syntax error: " .. message, "conversion") end
  return loader
end

local function module_folder()
  local folder = getenv("ASSAY_MODULES_PATH")
  if folder then return folder ~= "" and folder or nil end
  local home = getenv("HOME")
  return home and home .. "/.assay/modules"
end

local NOT_OURS = "not an assay.* module: "

local function search_folders(name)
  local rest = name:match("^assay%.(.*)$")
  if not rest then return NOT_OURS .. name end
  if rest:match("^lib%.") then return "" end -- shared parts of the standard modules are embedded only
  for _, folder in ipairs({ "./modules", module_folder() }) do
    local path = format("%s/%s.lua", folder, rest)
    local text = read_file(path)
    if text and utf8.len(text) then return compile(text, path), path end
  end
  return ""
end

-- Our own modules ----------------------------------------------------------------------------------------
-- They see the globals, so that scripts can put stubs in the place of `http` and `json`, but Lua's own functions as they
-- were before the script began, and the shared parts as nobody else has them: what they are trusted with stays with them.

local own = {}
for _, name in ipairs({ "error", "getmetatable", "ipairs", "next", "pairs", "pcall", "rawget", "rawset", "select",
  "setmetatable", "tonumber", "tostring", "type" }) do
  own[name] = _G[name]
end
for _, name in ipairs({ "string", "table", "math", "utf8" }) do
  local library = {}
  for key, f in pairs(_G[name]) do library[key] = f end
  own[name] = library
end
setmetatable(own, { __index = _G })

local function compile_own(rest)
  local text = core.embedded_module(rest)
  if not text then return nil end
  local chunk, message = core.load_with(text, format("@assay/%s.lua", rest), own)
  if not chunk then core.fail("syntax error: " .. message, "conversion") end
  return chunk
end

-- How they send a POST that changes nothing (a query, a lookup): such a request is no write, also where only reading is
-- allowed. Each gets this as a second argument. What a script put in the place of `http.post` is still called.
local function send_reading(method, url, body, opts)
  local send = http[lower(method)] -- a first look into the group loads it
  if not core.original[send] then return send(url, body, opts) end
  local declared = { body = body, _effect = "read" }
  for key, value in pairs(opts or {}) do declared[key] = value end
  return core.declared_request(nil, method, url, declared)
end

local tools = { -- for the shared parts
  mask = core.mask, hide = core.hide, kube_account = core.kube_account, kube_renew = core.kube_renew,
  kube_contexts = core.kube_contexts, kube_forward = core.kube_forward, json_mark = core.json_mark,
}
local shared = {}

function own.require(name)
  local rest = type(name) == "string" and name:match("^assay%.(lib%..*)$")
  local chunk = rest and not shared[name] and compile_own(rest)
  if chunk then shared[name] = chunk(name, tools) end
  return shared[name] or require(name)
end

local function search_embedded(name)
  local rest = name:match("^assay%.(.*)$")
  if not rest then return NOT_OURS .. name end
  local chunk = compile_own(rest)
  if not chunk then return format("no embedded stdlib file: %s.lua", rest) end
  local private = find(rest, "^lib%.") and tools or send_reading
  return function() return chunk(name, private) end, ":embedded:"
end

package.searchers = { search_preload, search_path, search_native, search_folders, search_embedded }
package.searchpath = nil

local function find_loader(name)
  local tried = {}
  for _, searcher in ipairs(package.searchers) do
    local found, extra = searcher(name)
    if type(found) == "function" then return found, extra end
    if type(found) == "string" and found ~= "" then tried[#tried + 1] = found end
  end
  error(format("module '%s' not found:\n\t%s", name, concat(tried, "\n\t")), 0)
end

local loading = {} -- name -> the names that led to it, while its body runs
local chain = setmetatable({}, { __mode = "k" }) -- coroutine -> names its requires are inside of

local function circle(names, name)
  local first = 1
  while names[first] ~= name do first = first + 1 end
  return concat(names, " -> ", first) .. " -> " .. name
end

-- A body that another task is running right now is waited for.
local function wait_for_other(name)
  repeat sleep(0.002) until not loading[name]
  return loaded[name]
end

function require(name)
  if type(name) == "number" then name = tostring(name) end
  if type(name) ~= "string" then
    error(format("bad argument #1 to 'require' (string expected, got %s)", name == nil and "no value" or type(name)), 2)
  end
  local value = loaded[name]
  if value ~= nil then return value end
  local thread = coroutine.running()
  local names = chain[thread] or {}
  if loading[name] then
    if loading[name] == thread then
      error(format("module '%s' requires itself: %s", name, circle(names, name)), 2)
    end
    value = wait_for_other(name)
    if value ~= nil then return value end
  end
  local loader, extra = find_loader(name)
  names[#names + 1] = name
  chain[thread], loading[name] = names, thread
  local done <close> = setmetatable({}, {
    __close = function()
      names[#names] = nil
      loading[name] = nil
    end,
  })
  value = loader(name, extra)
  if value ~= nil then
    loaded[name] = value
  elseif loaded[name] == nil then
    loaded[name] = true
  end
  return loaded[name]
end
