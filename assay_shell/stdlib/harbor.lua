--- @module assay.harbor
--- @category registry
--- @description Harbor container registry: projects, repositories, artifacts, vulnerability scanning
--- @keywords harbor, registry, artifacts, vulnerabilities, scanning, containers, project, repository, artifact, tag, scan, vulnerability, replication, image, docker, container-registry, oci
--- @quickref c:health() -> {status, components} | State of the registry and its components
--- @quickref c:system_info() -> {harbor_version, auth_mode} | What the server says about itself
--- @quickref c:statistics() -> {private_project_count, total_repo_count} | Counts of projects and repositories
--- @quickref c:projects(opts?) -> [project] | Projects; opts: {name, public, page, page_size}
--- @quickref c:project(name_or_id) -> project | One project; an error when there is none
--- @quickref c:repositories(project_name, opts?) -> [repository] | Repositories of a project; opts: {page, page_size, q}
--- @quickref c:repository(project_name, repo_name) -> repository | One repository, "app" or "team/app"
--- @quickref c:artifacts(project_name, repo_name, opts?) -> [artifact] | Artifacts; opts: {page, page_size, with_tag, with_scan_overview}
--- @quickref c:artifact(project_name, repo_name, reference) -> artifact | One artifact by tag or digest
--- @quickref c:artifact_tags(project_name, repo_name, reference) -> [tag] | Tags of an artifact
--- @quickref c:scan_artifact(project_name, repo_name, reference) -> true | Start a vulnerability scan; the server goes on by itself
--- @quickref c:artifact_vulnerabilities(project, repo, ref) -> {total, fixable, critical, high, medium, low, negligible}|nil | Counts of the last scan; nil when there is none yet
--- @quickref c:replication_policies() -> [policy] | Replication policies
--- @quickref c:replication_executions(opts?) -> [execution] | Replication runs; opts: {policy_id}
--- @quickref c:is_healthy() -> bool | Whether every component is healthy
--- @quickref c:image_exists(project_name, repo_name, tag) -> bool | Whether a tag is there
--- @quickref c:latest_artifact(project_name, repo_name) -> artifact|nil | First artifact in the server's order; nil when there is none
--- @quickref c:each_project(opts?) -> iterator | Projects from all pages; opts: {name, public, page_size = 100}
--- @quickref c:each_repository(project_name, opts?) -> iterator | Repositories of a project from all pages; opts: {q, page_size = 100}
--- @quickref c:each_artifact(project_name, repo_name, opts?) -> iterator | Artifacts from all pages; opts: {with_tag, with_scan_overview, page_size = 100}
--- @quickref c:each_tag(project_name, repo_name, reference, opts?) -> iterator | Tags of an artifact from all pages; opts: {page_size = 100}
--- @quickref c:each_replication_policy(opts?) -> iterator | Replication policies from all pages; opts: {page_size = 100}
--- @quickref c:each_replication_execution(opts?) -> iterator | Replication runs from all pages; opts: {policy_id, page_size = 100}

local rest = require("assay.lib.rest")
local M, Client = {}, {}

local api = rest.service("harbor", { headers = rest.json_authorization, message = rest.by_target, objects = true })

local BASE = "/api/v2.0"
local REPOSITORY = BASE .. "/projects/{project}/repositories/{repository}"
local PROJECTS = BASE .. "/projects?name&public?&page&page_size"
local REPOSITORIES = BASE .. "/projects/{project_name}/repositories?page&page_size&q"
local ARTIFACTS = REPOSITORY .. "/artifacts?page&page_size&with_tag?&with_scan_overview?"
local ARTIFACT = REPOSITORY .. "/artifacts/{reference}"

--- A client.
--- Options: `username` and `password` (robot accounts log in so, too), or `api_key` or `token` (bearer); `headers`,
--- `timeout`, `ca_cert` and the like.
--- Errors: the address is no text.
--- Example: `local c = require("assay.harbor").client("https://harbor.example", { username = "robot$ci", password = env.get("HARBOR_SECRET") })`
--- @effect read
function M.client(url, opts)
  return rest.authorized_client(Client, url, opts)
end

-- The server takes a slash in the name of a repository only when it is encoded twice. Callers that knew have done it.
local function repository(name)
  return type(name) == "string" and name:gsub("/", "%%252F") or name
end

local function place(project_name, repo_name, reference)
  return { project = project_name, repository = repository(repo_name), reference = reference }
end

local with = rest.merged

local function plain(words)
  return function(_, _, response) return ("harbor: %s HTTP %d: "):format(words, response.status) end
end

--- Says how the registry and its components are.
--- Errors: `harbor: GET PATH HTTP STATUS: BODY` for any status but 200.
--- Example: `for _, part in ipairs(c:health().components) do print(part.name, part.status) end`
--- @effect read
function Client:health()
  return api.get("health", self, BASE .. "/health")
end

--- Reads what the server says about itself.
--- Errors: `harbor: GET PATH HTTP STATUS: BODY` for any status but 200.
--- Example: `print(c:system_info().harbor_version)`
--- @effect read
function Client:system_info()
  return api.get("system_info", self, BASE .. "/systeminfo")
end

--- Counts projects and repositories, of those that the account may see.
--- Errors: `harbor: GET PATH HTTP STATUS: BODY` for any status but 200.
--- Example: `print(c:statistics().total_repo_count)`
--- @effect read
function Client:statistics()
  return api.get("statistics", self, BASE .. "/statistics")
end

--- Lists projects: one page, of 10 unless told otherwise; `each_project` gives all.
--- Options: `name`, `public` (boolean), `page`, `page_size` (up to 100).
--- Errors: `harbor: GET PATH HTTP STATUS: BODY` for any status but 200.
--- Example: `for _, project in ipairs(c:projects({ public = false })) do print(project.name) end`
--- @effect read
function Client:projects(opts)
  return api.get("projects", self, PROJECTS, opts)
end

--- Reads a project, by name or id.
--- Errors: `harbor: GET PATH HTTP STATUS: BODY` for any status but 200.
--- Example: `print(c:project("library").repo_count)`
--- @effect read
function Client:project(name_or_id)
  return api.get("project", self, BASE .. "/projects/{name_or_id}", { name_or_id = name_or_id })
end

--- Lists the repositories of a project: one page, of 10 unless told otherwise; `each_repository` gives all.
--- Options: `page`, `page_size` (up to 100), `q` (such as "name=~cart").
--- Errors: `harbor: GET PATH HTTP STATUS: BODY` for any status but 200.
--- Example: `for _, repository in ipairs(c:repositories("library")) do print(repository.name, repository.pull_count) end`
--- @effect read
function Client:repositories(project_name, opts)
  return api.get("repositories", self, REPOSITORIES, with({ project_name = project_name }, opts))
end

--- Reads a repository; its name may have slashes.
--- Errors: `harbor: GET PATH HTTP STATUS: BODY` for any status but 200.
--- Example: `print(c:repository("library", "team/cart").artifact_count)`
--- @effect read
function Client:repository(project_name, repo_name)
  return api.get("repository", self, REPOSITORY, place(project_name, repo_name))
end

--- Lists the artifacts of a repository: one page, of 10 unless told otherwise; `each_artifact` gives all.
--- Options: `page`, `page_size` (up to 100), `with_tag`, `with_scan_overview` (booleans).
--- Errors: `harbor: GET PATH HTTP STATUS: BODY` for any status but 200.
--- Example: `for _, artifact in ipairs(c:artifacts("library", "cart", { with_tag = true })) do print(artifact.digest) end`
--- @effect read
function Client:artifacts(project_name, repo_name, opts)
  return api.get("artifacts", self, ARTIFACTS, with(place(project_name, repo_name), opts))
end

--- Reads an artifact, by tag or digest.
--- Errors: `harbor: GET PATH HTTP STATUS: BODY` for any status but 200.
--- Example: `print(c:artifact("library", "cart", "1.4.2").digest)`
--- @effect read
function Client:artifact(project_name, repo_name, reference)
  return api.get("artifact", self, ARTIFACT, place(project_name, repo_name, reference))
end

--- Lists the tags of an artifact: one page, of 10; `each_tag` gives all.
--- Errors: `harbor: GET PATH HTTP STATUS: BODY` for any status but 200.
--- Example: `for _, tag in ipairs(c:artifact_tags("library", "cart", "1.4.2")) do print(tag.name, tag.push_time) end`
--- @effect read
function Client:artifact_tags(project_name, repo_name, reference)
  return api.get("artifact_tags", self, ARTIFACT .. "/tags", place(project_name, repo_name, reference))
end

--- Starts a scan for vulnerabilities, which goes on by itself.
--- Errors: `harbor: POST scan HTTP STATUS: BODY` for any status but 202.
--- Example: `c:scan_artifact("library", "cart", "1.4.2")`
--- @effect write
function Client:scan_artifact(project_name, repo_name, reference)
  local call = { body = json.object(), ok = { 202 }, message = plain("POST scan") }
  api:expect("POST", "scan_artifact", self, ARTIFACT .. "/scan", place(project_name, repo_name, reference), call)
  return true
end

--- Counts the vulnerabilities that the last scan found; nil when there is none yet, or it still goes on.
--- Errors: `harbor: GET artifact vulnerabilities HTTP STATUS: BODY` for any status but 200.
--- Example: `local found = c:artifact_vulnerabilities("library", "cart", "1.4.2") assert.eq(found.critical, 0)`
--- @effect read
function Client:artifact_vulnerabilities(project_name, repo_name, reference)
  local values = with(place(project_name, repo_name, reference), { overview = "true" })
  local call = { message = plain("GET artifact vulnerabilities") }
  local line = ARTIFACT .. "?with_scan_overview=overview"
  local _, report = next(api.get("artifact_vulnerabilities", self, line, values, call).scan_overview or {})
  local summary = report and report.summary
  if not summary then return nil end
  local counts = summary.summary or {}
  return {
    total = summary.total or 0,
    fixable = summary.fixable or 0,
    critical = counts.Critical or 0,
    high = counts.High or 0,
    medium = counts.Medium or 0,
    low = counts.Low or 0,
    negligible = counts.Negligible or 0,
  }
end

--- Lists replication policies: one page, of 10; `each_replication_policy` gives all.
--- Errors: `harbor: GET PATH HTTP STATUS: BODY` for any status but 200.
--- Example: `for _, policy in ipairs(c:replication_policies()) do print(policy.id, policy.name) end`
--- @effect read
function Client:replication_policies()
  return api.get("replication_policies", self, BASE .. "/replication/policies")
end

--- Lists replication runs, the latest first: one page, of 10; `each_replication_execution` gives all.
--- Options: `policy_id`.
--- Errors: `harbor: GET PATH HTTP STATUS: BODY` for any status but 200.
--- Example: `print(c:replication_executions({ policy_id = 3 })[1].status)`
--- @effect read
function Client:replication_executions(opts)
  return api.get("replication_executions", self, BASE .. "/replication/executions?policy_id", opts)
end

--- Says whether every component is healthy.
--- Errors: as `health`.
--- Example: `assert.eq(c:is_healthy(), true)`
--- @effect read
function Client:is_healthy()
  local components = self:health().components
  if not components then return false end
  for _, component in ipairs(components) do
    if component.status ~= "healthy" then return false end
  end
  return true
end

--- Says whether a tag or digest is there; any refusal of the server means no.
--- Errors: the server cannot be reached.
--- Example: `if not c:image_exists("library", "cart", "1.4.2") then print("not pushed yet") end`
--- @effect read
function Client:image_exists(project_name, repo_name, tag)
  return api:request("GET", "image_exists", self, ARTIFACT, place(project_name, repo_name, tag)).status == 200
end

--- Gives the first artifact in the server's order, the one pushed last; nil when there is none.
--- Errors: as `artifacts`.
--- Example: `print(c:latest_artifact("library", "cart").digest)`
--- @effect read
function Client:latest_artifact(project_name, repo_name)
  return self:artifacts(project_name, repo_name, { page_size = 1 })[1]
end

local MARKS = { "page", "page_size" }

-- The items of all pages. The server gives 10 in a page unless it is asked for more, and 100 at most.
local function every(name, client, line, values, opts)
  local sized = with(with(values, opts), { page_size = 100 })
  return api:each_linked(name, client, line, sized, MARKS)
end

--- Iterates over projects, page by page.
--- Options: `name`, `public` (boolean), `page_size` (100).
--- Errors: `harbor: GET PATH HTTP STATUS: BODY` for any status but 200.
--- Example: `for project in c:each_project() do print(project.name) end`
--- @effect read
Client.each_project = function(self, opts)
  return every("each_project", self, PROJECTS, {}, opts)
end

--- Iterates over the repositories of a project, page by page.
--- Options: `q` (such as "name=~cart"), `page_size` (100).
--- Errors: `harbor: GET PATH HTTP STATUS: BODY` for any status but 200.
--- Example: `for repository in c:each_repository("library") do print(repository.name) end`
--- @effect read
Client.each_repository = function(self, project_name, opts)
  return every("each_repository", self, REPOSITORIES, { project_name = project_name }, opts)
end

--- Iterates over the artifacts of a repository, page by page.
--- Options: `with_tag`, `with_scan_overview` (booleans), `page_size` (100).
--- Errors: `harbor: GET PATH HTTP STATUS: BODY` for any status but 200.
--- Example: `for artifact in c:each_artifact("library", "cart") do print(artifact.digest, artifact.push_time) end`
--- @effect read
Client.each_artifact = function(self, project_name, repo_name, opts)
  return every("each_artifact", self, ARTIFACTS, place(project_name, repo_name), opts)
end

--- Iterates over the tags of an artifact, page by page.
--- Options: `page_size` (100).
--- Errors: `harbor: GET PATH HTTP STATUS: BODY` for any status but 200.
--- Example: `for tag in c:each_tag("library", "cart", "1.4.2") do print(tag.name) end`
--- @effect read
Client.each_tag = function(self, project_name, repo_name, reference, opts)
  local line = ARTIFACT .. "/tags?page&page_size"
  return every("each_tag", self, line, place(project_name, repo_name, reference), opts)
end

--- Iterates over replication policies, page by page.
--- Options: `page_size` (100).
--- Errors: `harbor: GET PATH HTTP STATUS: BODY` for any status but 200.
--- Example: `for policy in c:each_replication_policy() do print(policy.name, policy.enabled) end`
--- @effect read
Client.each_replication_policy = function(self, opts)
  return every("each_replication_policy", self, BASE .. "/replication/policies?page&page_size", {}, opts)
end

--- Iterates over replication runs, the latest first, page by page.
--- Options: `policy_id`, `page_size` (100).
--- Errors: `harbor: GET PATH HTTP STATUS: BODY` for any status but 200.
--- Example: `for run in c:each_replication_execution({ policy_id = 3 }) do print(run.status) end`
--- @effect read
Client.each_replication_execution = function(self, opts)
  local line = BASE .. "/replication/executions?policy_id&page&page_size"
  return every("each_replication_execution", self, line, {}, opts)
end

return M
