-- Open pull requests of some repositories, and which of them wait for somebody.
--
--   assay examples/pr_monitor.lua -- [--json] [--days=3] OWNER/NAME ...
--
-- Exit code 1 when a pull request that is no draft has waited longer than so many days without a review, or when its
-- workflows fail. GITHUB_TOKEN says who; GITHUB_API_URL is set for a GitHub Enterprise server.

local function usage()
  io.stderr:write("usage: assay pr_monitor.lua -- [--json] [--days=3] OWNER/NAME ...\n")
  require("os").exit(2)
end

local given = { json = false, days = "3" }
for _, word in ipairs(arg or {}) do
  local name, value = word:match("^%-%-?(%a*)=?(.*)$")
  if name and given[name] == nil then usage() end
  if name then given[name] = value else given[#given + 1] = word end
end
local days = tonumber(given.days)
if #given == 0 or not days then usage() end
for _, repo in ipairs(given) do
  if not repo:find("^[%w%-_.]+/[%w%-_.]+$") then usage() end
end

-- Seconds since 1970 of "2026-11-22T10:00:00Z"; os.time alone would take it for local time.
local function seconds(text)
  local year, month, day, hour, min, sec = text:match("^(%d+)-(%d+)-(%d+)T(%d+):(%d+):(%d+)")
  local t = os.time({ year = year, month = month, day = day, hour = hour, min = min, sec = sec, isdst = false })
  return t + (t - os.time(os.date("!*t", t)))
end

local github = require("assay.github").client({ base_url = env.get("GITHUB_API_URL"), timeout = 30 })

-- What the reviewers say in the end: a later review of the same person replaces an earlier one, a comment does not.
local function review_of(repo, number)
  local last = {}
  for review in github:each_review(repo, number) do
    if review.user and review.state ~= "COMMENTED" then last[review.user.login] = review.state end
  end
  local outcome = "none"
  for _, state in pairs(last) do
    if state == "CHANGES_REQUESTED" then return "changes requested" end
    if state == "APPROVED" then outcome = "approved" end
  end
  return outcome
end

-- The newest run of each workflow for the commit counts; GitHub lists the newest first.
local FAILED = { failure = true, timed_out = true, startup_failure = true }
local function failed_workflows(repo, head)
  local seen, failed = {}, json.array()
  for _, run in ipairs((github:runs_list(repo, { branch = head.ref, per_page = 50 }) or {}).workflow_runs or {}) do
    if run.head_sha == head.sha and not seen[run.name] then
      seen[run.name] = true
      if FAILED[run.conclusion] then failed[#failed + 1] = run.name end
    end
  end
  return failed
end

local rows, wrong = json.array(), 0
for _, repo in ipairs(given) do
  if not github:repo_get(repo) then error(repo .. ": no such repository, or the token may not see it", 0) end
  for pr in github:each_pr(repo, { state = "open", per_page = 100 }) do
    local row = { repo = repo, number = pr.number, title = pr.title, author = pr.user and pr.user.login or "ghost" }
    row.days = math.floor((time() - seconds(pr.created_at)) / 86400)
    row.review, row.failed = pr.draft and "draft" or review_of(repo, pr.number), failed_workflows(repo, pr.head)
    row.wrong = not pr.draft and (#row.failed > 0 or row.review == "none" and row.days > days)
    rows[#rows + 1] = row
    if row.wrong then wrong = wrong + 1 end
  end
end

if given.json then
  print(json.encode({ open = #rows, wrong = wrong, pull_requests = rows }))
else
  if #rows > 0 then display(rows, { columns = { "repo", "number", "author", "days", "review", "failed", "title" } }) end
  print(("%d open, %d need somebody"):format(#rows, wrong))
end
if wrong > 0 then require("os").exit(1) end
