-- Every article is in stock: what is short stands in the message of the check.

local articles = http.get(env.get("SHOP") .. "/articles"):json()
local least, short = tonumber(env.get("LEAST")), {}
for _, article in ipairs(articles) do
  if article.stock < least then short[#short + 1] = article.name end
end
if #short > 0 then error("short of " .. table.concat(short, ", "), 0) end
