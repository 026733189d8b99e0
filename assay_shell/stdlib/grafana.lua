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

--- A client.
--- Options: `api_key` or `token` (bearer), or `username` and `password`; `headers` (`X-Grafana-Org-Id`), `timeout`,
--- `ca_cert` and the like.
--- Errors: the address is no text.
--- Example: `local c = require("assay.grafana").client("http://localhost:3000", { api_key = env.get("GRAFANA_TOKEN") })`
--- @effect read
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

--- Says how the server is; no credentials are sent.
--- Errors: `grafana: GET /api/health HTTP STATUS: BODY` for any status but 200.
--- Example: `assert.eq(c:health().database, "ok")`
--- @effect read
function Client:health()
  return api.get("health", self, "/api/health", nil, { public = true })
end

--- Lists all data sources.
--- Errors: `grafana: GET /api/datasources HTTP STATUS: BODY` for any status but 200.
--- Example: `for _, source in ipairs(c:datasources()) do print(source.uid, source.type, source.url) end`
--- @effect read
function Client:datasources()
  return api.get("datasources", self, "/api/datasources")
end

--- Reads a data source: by its id when that is a number, else by its uid.
--- Errors: `grafana: GET PATH HTTP STATUS: BODY` for any status but 200.
--- Example: `print(c:datasource("prometheus-main").url)`
--- @effect read
function Client:datasource(id_or_uid)
  local line = type(id_or_uid) == "number" and "/api/datasources/{id_or_uid}" or "/api/datasources/uid/{id_or_uid}"
  return api.get("datasource", self, line, { id_or_uid = id_or_uid })
end

local SEARCH = "/api/search?query&type&tag&limit&page"

--- Finds dashboards and folders; those of all pages, unless `limit` is given.
--- Options: `query` (words), `type` ("dash-db", "dash-folder"), `tag`, `limit`.
--- Errors: `grafana: GET /api/search?QUERY HTTP STATUS: BODY` for any status but 200.
--- Example: `for _, hit in ipairs(c:search({ query = "node", type = "dash-db" })) do print(hit.uid, hit.title) end`
--- @effect read
function Client:search(opts)
  if opts and opts.limit then return api.get("search", self, SEARCH, opts) end
  return rest.all(pages("search", self, SEARCH, opts))
end

--- Reads a dashboard: its model is in `.dashboard`, where it lies in `.meta`.
--- Errors: `grafana: GET /api/dashboards/uid/UID HTTP STATUS: BODY` for any status but 200.
--- Example: `print(c:dashboard("rYdddlPWk").dashboard.title)`
--- @effect read
function Client:dashboard(uid)
  return api.get("dashboard", self, "/api/dashboards/uid/{uid}", { uid = uid })
end

--- Lists annotations, the latest first; the server gives 100 unless told otherwise.
--- Options: `from` and `to` (Unix milliseconds), `dashboard_id`, `limit`, `tags` (list; all of them).
--- Errors: `grafana: GET /api/annotations?QUERY HTTP STATUS: BODY` for any status but 200.
--- Example: `local deploys = c:annotations({ tags = { "deploy" }, limit = 10 })`
--- @effect read
function Client:annotations(opts)
  return api.get("annotations", self, "/api/annotations?from&to&dashboardId=dashboard_id&limit&tags", opts)
end

--- Creates an annotation from Grafana's own fields: `text`, `time` and `timeEnd` (Unix milliseconds), `tags`,
--- `dashboardId`, `panelId`.
--- Errors: `grafana: POST /api/annotations HTTP STATUS: BODY` for any status but 200.
--- Example: `c:create_annotation({ text = "cart 1.4.2", tags = { "deploy", "cart" } })`
--- @effect write
function Client:create_annotation(annotation)
  return api.post("create_annotation", self, "/api/annotations", nil, { body = annotation })
end

--- Reads the organisation that the credentials belong to.
--- Errors: `grafana: GET /api/org HTTP STATUS: BODY` for any status but 200.
--- Example: `print(c:org().name)`
--- @effect read
function Client:org()
  return api.get("org", self, "/api/org")
end

--- Lists all provisioned alert rules.
--- Errors: `grafana: GET /api/v1/provisioning/alert-rules HTTP STATUS: BODY` for any status but 200.
--- Example: `for _, rule in ipairs(c:alert_rules()) do print(rule.folderUID, rule.title) end`
--- @effect read
function Client:alert_rules()
  return api.get("alert_rules", self, "/api/v1/provisioning/alert-rules")
end

--- Lists all folders at the top.
--- Errors: `grafana: GET /api/folders?QUERY HTTP STATUS: BODY` for any status but 200.
--- Example: `for _, folder in ipairs(c:folders()) do print(folder.uid, folder.title) end`
--- @effect read
function Client:folders()
  return rest.all(pages("folders", self, "/api/folders?page"))
end

--- Iterates over dashboards and folders, page by page.
--- Options: `query` (words), `type` ("dash-db", "dash-folder"), `tag`, `page_size` (1000).
--- Errors: `grafana: GET /api/search?QUERY HTTP STATUS: BODY` for any status but 200.
--- Example: `for hit in c:each_hit({ tag = "prod" }) do print(hit.title) end`
--- @effect read
Client.each_hit = function(self, opts)
  opts = opts or {}
  local filters = { query = opts.query, type = opts.type, tag = opts.tag, limit = opts.page_size }
  return rest.each(pages("each_hit", self, SEARCH, filters))
end

--- Iterates over all folders at the top, page by page.
--- Options: `page_size` (1000).
--- Errors: `grafana: GET /api/folders?QUERY HTTP STATUS: BODY` for any status but 200.
--- Example: `for folder in c:each_folder() do print(folder.title) end`
--- @effect read
Client.each_folder = function(self, opts)
  local size = { limit = opts and opts.page_size }
  return rest.each(pages("each_folder", self, "/api/folders?limit&page", size))
end

return M
