-- Which pull requests are waiting for a review?
local github = require("assay.github").client({ token = env.get("GITHUB_TOKEN"), base_url = env.get("GITHUB_API_URL") })

for _, pr in ipairs(github:pr_list("acme/cart", { state = "open" })) do
  local reviews = github:pr_reviews("acme/cart", pr.number)
  if #reviews == 0 then print(pr.number, pr.title) end
end
--> 7	Retry failed payments
