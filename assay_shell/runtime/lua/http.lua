-- What http functions answer: the response table and its methods.
--
-- `status`, `body` and `headers` are plain fields; the methods stand in the metatable, so that `pairs`, encoders and
-- comparisons see the fields alone.

local core = ...

local lower, type, setmetatable, fail = string.lower, type, setmetatable, core.fail

local repeated = setmetatable({}, { __mode = "k" }) -- response -> { name = { value, ... } }, where a header repeats

local methods = {}
local class = { __index = methods, __name = "http response", __metatable = false }

local function check(self, method)
  if type(self) ~= "table" or type(self.headers) ~= "table" then
    fail("http response: call " .. method .. " with ':'")
  end
end

-- Takes the json group of builtins; gives what makes a response of status, body, headers and repeated headers.
return function(json)
  function methods.json(self)
    check(self, "json")
    return json.parse(self.body)
  end

  -- All values of a header, in the order they came; an empty list where there is none.
  function methods.header_values(self, name)
    check(self, "header_values")
    if type(name) ~= "string" then
      fail("http response:header_values: first argument must be a string")
    end
    name = lower(name)
    local all, values = repeated[self], {}
    local several = all and all[name]
    if several then
      for i = 1, #several do values[i] = several[i] end
    else
      values[1] = self.headers[name]
    end
    return values
  end

  return function(status, body, headers, several)
    local response = setmetatable({ status = status, body = body, headers = headers }, class)
    if several then repeated[response] = several end
    return response
  end
end
