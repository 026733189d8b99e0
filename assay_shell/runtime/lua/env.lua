-- `env.get`: the variables of a YAML check first, then those of the process.
--
-- In Lua because the check's variables are a table that scripts may read, change and replace: `env._check_env`.

local core = ...
local type = type

return function(env, check_env)
  env._check_env = check_env
  env._process_get = core.process_env

  function env.get(name)
    local check = env._check_env
    local value
    if type(check) == "table" then value = check[name] end
    if value ~= nil then return value end
    return core.process_env(name)
  end
end
