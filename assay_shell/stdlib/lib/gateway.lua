-- What services behind a gRPC gateway share.

local find = string.find

local gateway = {}

--- Whether an answer says that the server knows no such address; a thing that is not there gets other words.
function gateway.unknown(response)
  if response.status == 405 or response.status == 501 then return true end
  return response.status == 404 and find(response.body, '"message"%s*:%s*"Not Found"') ~= nil
end

return gateway
