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

local rest = require("assay.lib.rest")
local M, Client = {}, {}

local api = rest.service("grafana", { headers = rest.json_authorization, message = rest.by_target })

local PAGE = 1000 -- so many entries the server gives at most

function M.client(url, opts)
  return rest.authorized_client(Client, url, opts)
end

-- All pages of a list. Old servers know no pages and give the same list again: then the first page was all.
local function every_page(name, client, line, opts)
  local first
  return rest.all(function(page)
    local items = api.get(name, client, line, rest.merged(opts, { page = page }))
    local head = items[1] and (items[1].uid or items[1].id)
    if page and head == first then return {} end
    first = first or head
    return items, #items >= PAGE and (page or 1) + 1 or nil
  end)
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

function Client:search(opts)
  local line = "/api/search?query&type&tag&limit&page"
  if opts and opts.limit then return api.get("search", self, line, opts) end
  return every_page("search", self, line, opts)
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
  return every_page("folders", self, "/api/folders?page")
end

return M
