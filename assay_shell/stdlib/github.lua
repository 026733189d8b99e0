--- @module assay.github
--- @category development
--- @description GitHub REST API, GraphQL client: PRs, issues, actions, repositories (no gh CLI dependency)
--- @keywords github, pr, pull-request, issue, actions, runs, graphql, repository, merge, review, comment
--- @quickref c:pr_view(repo, number) -> pr|nil | One pull request of "owner/name"
--- @quickref c:pr_list(repo, opts?) -> [pr]|nil | Pull requests, one page; opts: {state, sort, direction, per_page}
--- @quickref c:pr_reviews(repo, number) -> [review]|nil | Reviews of a pull request, one page
--- @quickref c:pr_merge(repo, number, opts?) -> {sha, merged, message}|true | Merge a pull request; opts: {merge_method, commit_title, commit_message}
--- @quickref c:issue_list(repo, opts?) -> [issue]|nil | Issues and pull requests, one page; opts: {state, labels = "a,b", sort, direction, per_page}
--- @quickref c:issue_get(repo, number) -> issue|nil | One issue
--- @quickref c:issue_create(repo, title, body?, opts?) -> issue | Open an issue; opts: {labels, assignees, milestone}
--- @quickref c:issue_comment(repo, number, body) -> comment | Comment on an issue or a pull request
--- @quickref c:repo_get(repo) -> repository|nil | One repository
--- @quickref c:runs_list(repo, opts?) -> {total_count, workflow_runs}|nil | Workflow runs, one page; opts: {status, branch, per_page}
--- @quickref c:run_get(repo, run_id) -> run|nil | One workflow run
--- @quickref c:graphql(query, variables?) -> {data, errors} | GraphQL query or mutation; its errors are in .errors
--- @quickref c:each_pr(repo, opts?) -> iterator | Pull requests from all pages; opts as pr_list
--- @quickref c:each_review(repo, number, opts?) -> iterator | Reviews of a pull request from all pages; opts: {per_page}
--- @quickref c:each_issue(repo, opts?) -> iterator | Issues and pull requests from all pages; opts as issue_list
--- @quickref c:each_run(repo, opts?) -> iterator | Workflow runs from all pages; opts as runs_list

local _, send_reading = ...
local rest = require("assay.lib.rest")
local M, Client = {}, {}

-- The server refuses requests that do not name their program.
local function headers(client)
  local found = rest.json_authorization(client)
  found.Accept, found["User-Agent"] = "application/vnd.github+json", "assay"
  return found
end

local api = rest.service("github", {
  headers = headers, message = rest.by_target, address = "base_url", objects = true,
})

local REPOSITORY = "/repos/{owner}/{+name}"
local PULL = REPOSITORY .. "/pulls/{number}"
local ISSUE = REPOSITORY .. "/issues/{number}"
local PULLS = REPOSITORY .. "/pulls?state&sort&direction&per_page"
local REVIEWS = PULL .. "/reviews"
local ISSUES = REPOSITORY .. "/issues?state&labels&sort&direction&per_page"
local RUNS = REPOSITORY .. "/actions/runs?status&branch&per_page"

--- A client; without a token it is anonymous, which the server allows for little.
--- Options: `token` (else the variable GITHUB_TOKEN), `base_url` (`https://api.github.com`), `headers`, `timeout` and
--- the like. The base address may also stand before the options.
--- Errors: the base address is no text.
--- Example: `local c = require("assay.github").client({ token = env.get("GITHUB_TOKEN") })`
--- @effect read
function M.client(url, opts)
  if type(url) == "table" then url, opts = nil, url end
  opts = opts or {}
  local token = opts.token or env.get("GITHUB_TOKEN")
  local client = rest.client(Client, url or opts.base_url or "https://api.github.com", { token = token }, opts)
  client.base_url, client.url = client.url, nil
  return client
end

-- The arguments of a call: what is in `given`, its options, and the repository taken apart.
local function with(repo, given, opts)
  local values = rest.merged(given, opts)
  if type(repo) == "string" then values.owner, values.name = repo:match("^([^/]+)/(.+)$") end
  if type(repo) == "string" and values.owner then return values end
  error("github: invalid repo format, expected 'owner/repo': " .. tostring(repo), 2)
end

-- The items of all pages, in lists or under `key`; none where there is no such repository.
local function every(name, client, line, values, key)
  local opts = { ok = { 200, 404 }, key = key }
  return api:each_linked(name, client, line .. "&page&after", values, { "page", "after" }, opts)
end

--- Reads a pull request; nil when there is none of that number, or none that the token may see.
--- Errors: the repository is not `owner/name`; any status but 200 and 404.
--- Example: `local pr = c:pr_view("acme/cart", 42) print(pr.title, pr.mergeable_state)`
--- @effect read
function Client:pr_view(repo, number)
  return api.find("pr_view", self, PULL, with(repo, { number = number }))
end

--- Lists pull requests; nil when there is no such repository. One page, of 30 unless told otherwise; `each_pr` gives
--- all.
--- Options: `state` ("open", "closed", "all"), `sort` ("created", "updated", "popularity", "long-running"), `direction`
--- ("asc", "desc"), `per_page` (up to 100).
--- Errors: the repository is not `owner/name`; any status but 200 and 404.
--- Example: `for _, pr in ipairs(c:pr_list("acme/cart", { state = "open" })) do print(pr.number, pr.title) end`
--- @effect read
function Client:pr_list(repo, opts)
  return api.find("pr_list", self, PULLS, with(repo, nil, opts))
end

--- Lists the reviews of a pull request, the oldest first; nil when there is none of that number. One page of 30.
--- Errors: the repository is not `owner/name`; any status but 200 and 404.
--- Example: `for _, review in ipairs(c:pr_reviews("acme/cart", 42)) do print(review.user.login, review.state) end`
--- @effect read
function Client:pr_reviews(repo, number)
  return api.find("pr_reviews", self, REVIEWS, with(repo, { number = number }))
end

--- Merges a pull request. The answer is true where the server has nothing to say.
--- Options: `merge_method` ("merge", "squash", "rebase"), `commit_title`, `commit_message`.
--- Errors: the repository is not `owner/name`; any status but 200 and 204, so 404 (not there), 405 (not mergeable) and
--- 409 (the head has moved).
--- Example: `c:pr_merge("acme/cart", 42, { merge_method = "squash" })`
--- @effect write
function Client:pr_merge(repo, number, opts)
  opts = opts or {}
  local body = json.object({
    merge_method = opts.merge_method,
    commit_title = opts.commit_title,
    commit_message = opts.commit_message,
  })
  local values, call = with(repo, { number = number }), { body = body, ok = { 200, 204 } }
  local response
  response, call = api:expect("PUT", "pr_merge", self, PULL .. "/merge", values, call)
  if response.body == "" then return true end
  return api:decode(call, response)
end

--- Lists issues; pull requests are among them, with a field `pull_request`. nil when there is no such repository. One
--- page, of 30 unless told otherwise; `each_issue` gives all.
--- Options: `state` ("open", "closed", "all"), `labels` ("bug,ui"), `sort` ("created", "updated", "comments"),
--- `direction` ("asc", "desc"), `per_page` (up to 100).
--- Errors: the repository is not `owner/name`; any status but 200 and 404.
--- Example: `local bugs = c:issue_list("acme/cart", { labels = "bug", per_page = 100 })`
--- @effect read
function Client:issue_list(repo, opts)
  return api.find("issue_list", self, ISSUES, with(repo, nil, opts))
end

--- Reads an issue; nil when there is none of that number.
--- Errors: the repository is not `owner/name`; any status but 200 and 404.
--- Example: `print(c:issue_get("acme/cart", 7).state)`
--- @effect read
function Client:issue_get(repo, number)
  return api.find("issue_get", self, ISSUE, with(repo, { number = number }))
end

--- Opens an issue and gives it.
--- Options: `labels` (list), `assignees` (list of logins), `milestone` (number).
--- Errors: the repository is not `owner/name`; the title is no text; any status but 200 and 201.
--- Example: `local issue = c:issue_create("acme/cart", "Checkout is slow", "p99 is 4 s", { labels = { "bug" } })`
--- @effect write
function Client:issue_create(repo, title, body, opts)
  opts = opts or {}
  local issue = {
    title = rest.text("github.issue_create", title, "title"),
    body = body,
    labels = opts.labels,
    assignees = opts.assignees,
    milestone = opts.milestone,
  }
  local call = { body = issue, ok = { 200, 201 } }
  return api.post("issue_create", self, REPOSITORY .. "/issues", with(repo), call)
end

--- Comments on an issue or a pull request and gives the comment.
--- Errors: the repository is not `owner/name`; the body is no text; any status but 200 and 201.
--- Example: `c:issue_comment("acme/cart", 7, "Fixed in 1.4.2")`
--- @effect write
function Client:issue_comment(repo, number, body)
  local call = { body = { body = rest.text("github.issue_comment", body, "body") }, ok = { 200, 201 } }
  return api.post("issue_comment", self, ISSUE .. "/comments", with(repo, { number = number }), call)
end

--- Reads a repository; nil when there is none, or none that the token may see.
--- Errors: the repository is not `owner/name`; any status but 200 and 404.
--- Example: `print(c:repo_get("acme/cart").default_branch)`
--- @effect read
function Client:repo_get(repo)
  return api.find("repo_get", self, REPOSITORY, with(repo))
end

--- Lists workflow runs, the latest first; nil when there is no such repository. One page, of 30 unless told otherwise;
--- `each_run` gives all.
--- Options: `status` ("success", "failure", "in_progress", ...), `branch`, `per_page` (up to 100).
--- Errors: the repository is not `owner/name`; any status but 200 and 404.
--- Example: `local failed = c:runs_list("acme/cart", { status = "failure" }).workflow_runs`
--- @effect read
function Client:runs_list(repo, opts)
  return api.find("runs_list", self, RUNS, with(repo, nil, opts))
end

--- Reads a workflow run; nil when there is none of that id.
--- Errors: the repository is not `owner/name`; any status but 200 and 404.
--- Example: `local run = c:run_get("acme/cart", 12345) print(run.status, run.conclusion)`
--- @effect read
function Client:run_get(repo, run_id)
  return api.find("run_get", self, REPOSITORY .. "/actions/runs/{run_id}", with(repo, { run_id = run_id }))
end

--- Sends a GraphQL document and gives the whole answer. A document without the word `mutation` only reads.
--- Errors: any status but 200 and 201. What GraphQL itself complains about is in `.errors`.
--- Example: `local login = c:graphql("{ viewer { login } }").data.viewer.login`
--- @effect depends
function Client:graphql(query, variables)
  local reads = not rest.text("github.graphql", query, "query"):find("mutation", 1, true)
  local call = { body = { query = query, variables = variables }, ok = { 200, 201 }, reads = reads and send_reading }
  return api.post("graphql", self, "/graphql", nil, call)
end

--- Iterates over pull requests, page by page; over none when there is no such repository.
--- Options: as `pr_list`.
--- Errors: as `pr_list`.
--- Example: `for pr in c:each_pr("acme/cart", { state = "all", per_page = 100 }) do print(pr.number) end`
--- @effect read
Client.each_pr = function(self, repo, opts)
  return every("each_pr", self, PULLS, with(repo, nil, opts))
end

--- Iterates over the reviews of a pull request, page by page.
--- Options: `per_page` (up to 100).
--- Errors: as `pr_reviews`.
--- Example: `for review in c:each_review("acme/cart", 42) do print(review.state) end`
--- @effect read
Client.each_review = function(self, repo, number, opts)
  return every("each_review", self, REVIEWS .. "?per_page", with(repo, { number = number }, opts))
end

--- Iterates over issues and pull requests, page by page; over none when there is no such repository.
--- Options: as `issue_list`.
--- Errors: as `issue_list`.
--- Example: `for issue in c:each_issue("acme/cart", { state = "open" }) do print(issue.number) end`
--- @effect read
Client.each_issue = function(self, repo, opts)
  return every("each_issue", self, ISSUES, with(repo, nil, opts))
end

--- Iterates over workflow runs, the latest first, page by page.
--- Options: as `runs_list`.
--- Errors: as `runs_list`.
--- Example: `for run in c:each_run("acme/cart", { branch = "main" }) do print(run.id, run.conclusion) end`
--- @effect read
Client.each_run = function(self, repo, opts)
  return every("each_run", self, RUNS, with(repo, nil, opts), "workflow_runs")
end

return M
