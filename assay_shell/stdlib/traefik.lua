--- @module assay.traefik
--- @category networking
--- @description Traefik reverse proxy API: routers, services, middlewares, entry points and TLS status
--- @keywords traefik, proxy, routers, services, middlewares, entrypoints, loadbalancer, http, tcp, tls, configuration, dashboard, ingress
--- @quickref M.overview(url) -> {http, tcp, udp, features, providers} | Counts of routers, services and middlewares
--- @quickref M.version(url) -> {Version, Codename, startDate} | Version of the server
--- @quickref M.entrypoints(url) -> [entrypoint] | All entry points, from all pages
--- @quickref M.entrypoint(url, name) -> entrypoint | One entry point; an error when there is none
--- @quickref M.http_routers(url) -> [router] | All HTTP routers, from all pages
--- @quickref M.http_router(url, name) -> router | One HTTP router, named like "app@docker"
--- @quickref M.http_services(url) -> [service] | All HTTP services, from all pages
--- @quickref M.http_service(url, name) -> service | One HTTP service
--- @quickref M.http_middlewares(url) -> [middleware] | All HTTP middlewares, from all pages
--- @quickref M.http_middleware(url, name) -> middleware | One HTTP middleware
--- @quickref M.tcp_routers(url) -> [router] | All TCP routers, from all pages
--- @quickref M.tcp_services(url) -> [service] | All TCP services, from all pages
--- @quickref M.rawdata(url) -> {routers, services, middlewares} | The whole dynamic configuration
--- @quickref M.is_router_enabled(url, name) -> bool | Whether an HTTP router is in use
--- @quickref M.router_has_tls(url, name) -> bool | Whether an HTTP router terminates TLS
--- @quickref M.service_server_count(url, name) -> int | Number of servers behind an HTTP service
--- @quickref M.healthy_routers(url) -> int, int | How many HTTP routers are enabled, and how many are not
--- @quickref M.each_entrypoint(url, opts?) -> iterator | Entry points page by page; opts: {search, status, page_size = 100}
--- @quickref M.each_http_router(url, opts?) -> iterator | HTTP routers page by page; opts: {search, status, page_size = 100}
--- @quickref M.each_http_service(url, opts?) -> iterator | HTTP services page by page; opts: {search, status, page_size = 100}
--- @quickref M.each_http_middleware(url, opts?) -> iterator | HTTP middlewares page by page; opts: {search, status, page_size = 100}
--- @quickref M.each_tcp_router(url, opts?) -> iterator | TCP routers page by page; opts: {search, status, page_size = 100}
--- @quickref M.each_tcp_service(url, opts?) -> iterator | TCP services page by page; opts: {search, status, page_size = 100}

local rest = require("assay.lib.rest")
local M = {}

local api = rest.service("traefik", { headers = rest.authorization })

-- The server cuts lists at 100 and names the next page in a header; after the last page it names page 1.
local function pages(name, url, path, opts)
  local values = { per_page = opts and opts.page_size, search = opts and opts.search, status = opts and opts.status }
  return function(page)
    local asked = rest.merged({ page = page }, values)
    local response, call = api:expect("GET", name, url, path .. "?page&per_page&search&status", asked)
    local following = tonumber(response.headers["x-next-page"])
    return api:decode(call, response), following and following > (page or 1) and following or nil
  end
end

local function list(name, url, path)
  return rest.all(pages(name, url, path))
end

function M.overview(url)
  return api.get("overview", url, "/api/overview")
end

function M.version(url)
  return api.get("version", url, "/api/version")
end

function M.entrypoints(url)
  return list("entrypoints", url, "/api/entrypoints")
end

function M.entrypoint(url, name)
  return api.get("entrypoint", url, "/api/entrypoints/{name}", { name = name })
end

function M.http_routers(url)
  return list("http_routers", url, "/api/http/routers")
end

function M.http_router(url, name)
  return api.get("http_router", url, "/api/http/routers/{name}", { name = name })
end

function M.http_services(url)
  return list("http_services", url, "/api/http/services")
end

function M.http_service(url, name)
  return api.get("http_service", url, "/api/http/services/{name}", { name = name })
end

function M.http_middlewares(url)
  return list("http_middlewares", url, "/api/http/middlewares")
end

function M.http_middleware(url, name)
  return api.get("http_middleware", url, "/api/http/middlewares/{name}", { name = name })
end

function M.tcp_routers(url)
  return list("tcp_routers", url, "/api/tcp/routers")
end

function M.tcp_services(url)
  return list("tcp_services", url, "/api/tcp/services")
end

function M.rawdata(url)
  return api.get("rawdata", url, "/api/rawdata")
end

function M.is_router_enabled(url, name)
  return rest.owner(url, M).http_router(url, name).status == "enabled"
end

function M.router_has_tls(url, name)
  return rest.owner(url, M).http_router(url, name).tls ~= nil
end

function M.service_server_count(url, name)
  local balancer = rest.owner(url, M).http_service(url, name).loadBalancer
  return balancer and balancer.servers and #balancer.servers or 0
end

function M.healthy_routers(url)
  local enabled, others = 0, 0
  for _, router in ipairs(rest.owner(url, M).http_routers(url)) do
    if router.status == "enabled" then enabled = enabled + 1 else others = others + 1 end
  end
  return enabled, others
end

M.each_entrypoint = function(url, opts)
  return rest.each(pages("each_entrypoint", url, "/api/entrypoints", opts))
end

M.each_http_router = function(url, opts)
  return rest.each(pages("each_http_router", url, "/api/http/routers", opts))
end

M.each_http_service = function(url, opts)
  return rest.each(pages("each_http_service", url, "/api/http/services", opts))
end

M.each_http_middleware = function(url, opts)
  return rest.each(pages("each_http_middleware", url, "/api/http/middlewares", opts))
end

M.each_tcp_router = function(url, opts)
  return rest.each(pages("each_tcp_router", url, "/api/tcp/routers", opts))
end

M.each_tcp_service = function(url, opts)
  return rest.each(pages("each_tcp_service", url, "/api/tcp/services", opts))
end

M.client = rest.constructor(M)

return M
