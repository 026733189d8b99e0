--- @module assay.grafana
--- @category monitoring
--- @description Grafana monitoring and dashboards: health, data sources, annotations, alerts, folders
--- @keywords grafana, monitoring, dashboards, datasources, annotations, alerts, health, organization, folders, search, annotation
--- @quickref c:health() -> {database, version, commit} | State of the server, without credentials
--- @quickref c:datasources() -> [datasource] | All data sources
--- @quickref c:datasource(id_or_uid) -> datasource | One data source: by id when it is a number, else by uid
--- @quickref c:search(opts?) -> [hit] | Dashboards and folders, from all pages unless limited; opts: {query, type, tag, limit}
--- @quickref c:dashboard(uid) -> {dashboard, meta} | One dashboard with its model
--- @quickref c:annotations(opts?) -> [annotation] | Annotations; opts: {from, to (ms), dashboard_id, limit, tags = [tag]}
--- @quickref c:create_annotation(annotation) -> {id, message} | Annotation with Grafana's fields {text, time, timeEnd, tags, dashboardId, panelId}
--- @quickref c:org() -> {id, name} | The organisation of these credentials
--- @quickref c:alert_rules() -> [rule] | All provisioned alert rules
--- @quickref c:folders() -> [folder] | All folders, from all pages
--- @quickref c:each_hit(opts?) -> iterator | Dashboards and folders, page by page; opts: {query, type, tag, page_size = 1000}
--- @quickref c:each_folder(opts?) -> iterator | All folders, page by page; opts: {page_size = 1000}

local rest = require("assay.lib.rest")
local M, Client = {}, {}

local api = rest.service("grafana", { headers = rest.json_authorization, message = rest.by_target })

local PAGE = 1000 -- so many entries the server gives at most

function M.client(url, opts)
  return rest.authorized_client(Client, url, opts)
end

-- The pages of a list, for `rest.all` and `rest.each`.
local function pages(name, client, line, opts)
  local size = opts and opts.limit or PAGE
  return rest.full_pages(size, function(page)
    return api.get(name, client, line, rest.merged({ page = page }, opts))
  end, function(_, page) return (page or 1) + 1 end)
end

function Client:health()
  return api.get("health", self, "/api/health", nil, { public = true })
end

function Client:datasources()
  return api.get("datasources", self, "/api/datasources")
end

function Client:datasource(id_or_uid)
  local line = type(id_or_uid) == "number" and "/api/datasources/{id_or_uid}" or "/api/datasources/uid/{id_or_uid}"
  return api.get("datasource", self, line, { id_or_uid = id_or_uid })
end

local SEARCH = "/api/search?query&type&tag&limit&page"

function Client:search(opts)
  if opts and opts.limit then return api.get("search", self, SEARCH, opts) end
  return rest.all(pages("search", self, SEARCH, opts))
end

function Client:dashboard(uid)
  return api.get("dashboard", self, "/api/dashboards/uid/{uid}", { uid = uid })
end

function Client:annotations(opts)
  return api.get("annotations", self, "/api/annotations?from&to&dashboardId=dashboard_id&limit&tags", opts)
end

function Client:create_annotation(annotation)
  return api.post("create_annotation", self, "/api/annotations", nil, { body = annotation })
end

function Client:org()
  return api.get("org", self, "/api/org")
end

function Client:alert_rules()
  return api.get("alert_rules", self, "/api/v1/provisioning/alert-rules")
end

function Client:folders()
  return rest.all(pages("folders", self, "/api/folders?page"))
end

Client.each_hit = function(self, opts)
  opts = opts or {}
  local filters = { query = opts.query, type = opts.type, tag = opts.tag, limit = opts.page_size }
  return rest.each(pages("each_hit", self, SEARCH, filters))
end

Client.each_folder = function(self, opts)
  local size = { limit = opts and opts.page_size }
  return rest.each(pages("each_folder", self, "/api/folders?limit&page", size))
end

return M
