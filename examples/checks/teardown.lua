-- Runs after the checks, however they ended: the session of the checks is closed.

local done = http.get(env.get("SHOP") .. "/logout")
if done.status >= 400 then error("the session could not be closed: " .. done.status, 0) end
