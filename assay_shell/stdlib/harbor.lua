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

local api = rest.service("harbor", { headers = rest.json_authorization, message = rest.by_target })

local BASE = "/api/v2.0"
local REPOSITORY = BASE .. "/projects/{project}/repositories/{repository}"
local PROJECTS = BASE .. "/projects?name&public?&page&page_size"
local REPOSITORIES = BASE .. "/projects/{project_name}/repositories?page&page_size&q"
local ARTIFACTS = REPOSITORY .. "/artifacts?page&page_size&with_tag?&with_scan_overview?"
local ARTIFACT = REPOSITORY .. "/artifacts/{reference}"

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

function Client:health()
  return api.get("health", self, BASE .. "/health")
end

function Client:system_info()
  return api.get("system_info", self, BASE .. "/systeminfo")
end

function Client:statistics()
  return api.get("statistics", self, BASE .. "/statistics")
end

function Client:projects(opts)
  return api.get("projects", self, PROJECTS, opts)
end

function Client:project(name_or_id)
  return api.get("project", self, BASE .. "/projects/{name_or_id}", { name_or_id = name_or_id })
end

function Client:repositories(project_name, opts)
  return api.get("repositories", self, REPOSITORIES, with({ project_name = project_name }, opts))
end

function Client:repository(project_name, repo_name)
  return api.get("repository", self, REPOSITORY, place(project_name, repo_name))
end

function Client:artifacts(project_name, repo_name, opts)
  return api.get("artifacts", self, ARTIFACTS, with(place(project_name, repo_name), opts))
end

function Client:artifact(project_name, repo_name, reference)
  return api.get("artifact", self, ARTIFACT, place(project_name, repo_name, reference))
end

function Client:artifact_tags(project_name, repo_name, reference)
  return api.get("artifact_tags", self, ARTIFACT .. "/tags", place(project_name, repo_name, reference))
end

function Client:scan_artifact(project_name, repo_name, reference)
  local call = { body = json.object(), ok = { 202 }, message = plain("POST scan") }
  api:expect("POST", "scan_artifact", self, ARTIFACT .. "/scan", place(project_name, repo_name, reference), call)
  return true
end

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

function Client:replication_policies()
  return api.get("replication_policies", self, BASE .. "/replication/policies")
end

function Client:replication_executions(opts)
  return api.get("replication_executions", self, BASE .. "/replication/executions?policy_id", opts)
end

function Client:is_healthy()
  local components = self:health().components
  if not components then return false end
  for _, component in ipairs(components) do
    if component.status ~= "healthy" then return false end
  end
  return true
end

function Client:image_exists(project_name, repo_name, tag)
  return api:request("GET", "image_exists", self, ARTIFACT, place(project_name, repo_name, tag)).status == 200
end

function Client:latest_artifact(project_name, repo_name)
  return self:artifacts(project_name, repo_name, { page_size = 1 })[1]
end

local MARKS = { "page", "page_size" }

-- The items of all pages. The server gives 10 in a page unless it is asked for more, and 100 at most.
local function every(name, client, line, values, opts)
  local sized = with(with(values, opts), { page_size = 100 })
  return api:each_linked(name, client, line, sized, MARKS)
end

Client.each_project = function(self, opts)
  return every("each_project", self, PROJECTS, {}, opts)
end

Client.each_repository = function(self, project_name, opts)
  return every("each_repository", self, REPOSITORIES, { project_name = project_name }, opts)
end

Client.each_artifact = function(self, project_name, repo_name, opts)
  return every("each_artifact", self, ARTIFACTS, place(project_name, repo_name), opts)
end

Client.each_tag = function(self, project_name, repo_name, reference, opts)
  local line = ARTIFACT .. "/tags?page&page_size"
  return every("each_tag", self, line, place(project_name, repo_name, reference), opts)
end

Client.each_replication_policy = function(self, opts)
  return every("each_replication_policy", self, BASE .. "/replication/policies?page&page_size", {}, opts)
end

Client.each_replication_execution = function(self, opts)
  local line = BASE .. "/replication/executions?policy_id&page&page_size"
  return every("each_replication_execution", self, line, {}, opts)
end

return M
