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

local api = rest.service("traefik", { headers = rest.authorization, objects = true })

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

--- Counts routers, services and middlewares, and says what is switched on.
--- Errors: `traefik: GET /api/overview HTTP STATUS: BODY` for any status but 200.
--- Example: `print(c:overview().http.routers.total)`
--- @effect read
function M.overview(url)
  return api.get("overview", url, "/api/overview")
end

--- Reads the version of the server.
--- Errors: `traefik: GET /api/version HTTP STATUS: BODY` for any status but 200.
--- Example: `print(c:version().Version)`
--- @effect read
function M.version(url)
  return api.get("version", url, "/api/version")
end

--- Lists all entry points, from all pages.
--- Errors: `traefik: GET /api/entrypoints HTTP STATUS: BODY` for any status but 200.
--- Example: `for _, entrypoint in ipairs(c:entrypoints()) do print(entrypoint.name) end`
--- @effect read
function M.entrypoints(url)
  return list("entrypoints", url, "/api/entrypoints")
end

--- Reads an entry point.
--- Errors: `traefik: GET /api/entrypoints/NAME HTTP STATUS: BODY` for any status but 200.
--- Example: `print(c:entrypoint("websecure").address)`
--- @effect read
function M.entrypoint(url, name)
  return api.get("entrypoint", url, "/api/entrypoints/{name}", { name = name })
end

--- Lists all HTTP routers, from all pages.
--- Errors: `traefik: GET /api/http/routers HTTP STATUS: BODY` for any status but 200.
--- Example: `for _, router in ipairs(c:http_routers()) do print(router.name) end`
--- @effect read
function M.http_routers(url)
  return list("http_routers", url, "/api/http/routers")
end

--- Reads an HTTP router.
--- Errors: `traefik: GET /api/http/routers/NAME HTTP STATUS: BODY` for any status but 200.
--- Example: `print(c:http_router("cart@docker").rule)`
--- @effect read
function M.http_router(url, name)
  return api.get("http_router", url, "/api/http/routers/{name}", { name = name })
end

--- Lists all HTTP services, from all pages.
--- Errors: `traefik: GET /api/http/services HTTP STATUS: BODY` for any status but 200.
--- Example: `for _, service in ipairs(c:http_services()) do print(service.name) end`
--- @effect read
function M.http_services(url)
  return list("http_services", url, "/api/http/services")
end

--- Reads an HTTP service.
--- Errors: `traefik: GET /api/http/services/NAME HTTP STATUS: BODY` for any status but 200.
--- Example: `print(c:http_service("cart@docker").serverStatus)`
--- @effect read
function M.http_service(url, name)
  return api.get("http_service", url, "/api/http/services/{name}", { name = name })
end

--- Lists all HTTP middlewares, from all pages.
--- Errors: `traefik: GET /api/http/middlewares HTTP STATUS: BODY` for any status but 200.
--- Example: `for _, middleware in ipairs(c:http_middlewares()) do print(middleware.name) end`
--- @effect read
function M.http_middlewares(url)
  return list("http_middlewares", url, "/api/http/middlewares")
end

--- Reads an HTTP middleware.
--- Errors: `traefik: GET /api/http/middlewares/NAME HTTP STATUS: BODY` for any status but 200.
--- Example: `print(c:http_middleware("auth@file").type)`
--- @effect read
function M.http_middleware(url, name)
  return api.get("http_middleware", url, "/api/http/middlewares/{name}", { name = name })
end

--- Lists all TCP routers, from all pages.
--- Errors: `traefik: GET /api/tcp/routers HTTP STATUS: BODY` for any status but 200.
--- Example: `for _, router in ipairs(c:tcp_routers()) do print(router.name) end`
--- @effect read
function M.tcp_routers(url)
  return list("tcp_routers", url, "/api/tcp/routers")
end

--- Lists all TCP services, from all pages.
--- Errors: `traefik: GET /api/tcp/services HTTP STATUS: BODY` for any status but 200.
--- Example: `for _, service in ipairs(c:tcp_services()) do print(service.name) end`
--- @effect read
function M.tcp_services(url)
  return list("tcp_services", url, "/api/tcp/services")
end

--- Reads the whole dynamic configuration, with the state of its parts.
--- Errors: `traefik: GET /api/rawdata HTTP STATUS: BODY` for any status but 200.
--- Example: `for name in pairs(c:rawdata().routers) do print(name) end`
--- @effect read
function M.rawdata(url)
  return api.get("rawdata", url, "/api/rawdata")
end

--- Says whether an HTTP router is in use.
--- Errors: as `http_router`.
--- Example: `assert.eq(c:is_router_enabled("cart@docker"), true)`
--- @effect read
function M.is_router_enabled(url, name)
  return rest.owner(url, M).http_router(url, name).status == "enabled"
end

--- Says whether an HTTP router terminates TLS.
--- Errors: as `http_router`.
--- Example: `assert.eq(c:router_has_tls("cart@docker"), true)`
--- @effect read
function M.router_has_tls(url, name)
  return rest.owner(url, M).http_router(url, name).tls ~= nil
end

--- Counts the servers behind an HTTP service; 0 for services without a load balancer.
--- Errors: as `http_service`.
--- Example: `assert.gt(c:service_server_count("cart@docker"), 1)`
--- @effect read
function M.service_server_count(url, name)
  local balancer = rest.owner(url, M).http_service(url, name).loadBalancer
  return balancer and balancer.servers and #balancer.servers or 0
end

--- Counts the HTTP routers that are enabled and, as a second result, those that are not.
--- Errors: as `http_routers`.
--- Example: `local enabled, others = c:healthy_routers()`
--- @effect read
function M.healthy_routers(url)
  local enabled, others = 0, 0
  for _, router in ipairs(rest.owner(url, M).http_routers(url)) do
    if router.status == "enabled" then enabled = enabled + 1 else others = others + 1 end
  end
  return enabled, others
end

--- Iterates over entry points, page by page.
--- Options: `search` (text), `status` ("enabled", "disabled", "warning"), `page_size` (100).
--- Errors: `traefik: GET /api/entrypoints HTTP STATUS: BODY` for any status but 200.
--- Example: `for entrypoint in c:each_entrypoint() do print(entrypoint.name) end`
--- @effect read
M.each_entrypoint = function(url, opts)
  return rest.each(pages("each_entrypoint", url, "/api/entrypoints", opts))
end

--- Iterates over HTTP routers, page by page.
--- Options: `search` (text), `status` ("enabled", "disabled", "warning"), `page_size` (100).
--- Errors: `traefik: GET /api/http/routers HTTP STATUS: BODY` for any status but 200.
--- Example: `for router in c:each_http_router() do print(router.name) end`
--- @effect read
M.each_http_router = function(url, opts)
  return rest.each(pages("each_http_router", url, "/api/http/routers", opts))
end

--- Iterates over HTTP services, page by page.
--- Options: `search` (text), `status` ("enabled", "disabled", "warning"), `page_size` (100).
--- Errors: `traefik: GET /api/http/services HTTP STATUS: BODY` for any status but 200.
--- Example: `for service in c:each_http_service() do print(service.name) end`
--- @effect read
M.each_http_service = function(url, opts)
  return rest.each(pages("each_http_service", url, "/api/http/services", opts))
end

--- Iterates over HTTP middlewares, page by page.
--- Options: `search` (text), `status` ("enabled", "disabled", "warning"), `page_size` (100).
--- Errors: `traefik: GET /api/http/middlewares HTTP STATUS: BODY` for any status but 200.
--- Example: `for middleware in c:each_http_middleware() do print(middleware.name) end`
--- @effect read
M.each_http_middleware = function(url, opts)
  return rest.each(pages("each_http_middleware", url, "/api/http/middlewares", opts))
end

--- Iterates over TCP routers, page by page.
--- Options: `search` (text), `status` ("enabled", "disabled", "warning"), `page_size` (100).
--- Errors: `traefik: GET /api/tcp/routers HTTP STATUS: BODY` for any status but 200.
--- Example: `for router in c:each_tcp_router() do print(router.name) end`
--- @effect read
M.each_tcp_router = function(url, opts)
  return rest.each(pages("each_tcp_router", url, "/api/tcp/routers", opts))
end

--- Iterates over TCP services, page by page.
--- Options: `search` (text), `status` ("enabled", "disabled", "warning"), `page_size` (100).
--- Errors: `traefik: GET /api/tcp/services HTTP STATUS: BODY` for any status but 200.
--- Example: `for service in c:each_tcp_service() do print(service.name) end`
--- @effect read
M.each_tcp_service = function(url, opts)
  return rest.each(pages("each_tcp_service", url, "/api/tcp/services", opts))
end

--- A client: it has all functions of the module as methods, without the address, which is that of the API's entry
--- point.
--- Options: `token` (bearer), or `username` and `password`; `headers`, `timeout`, `ca_cert` and the like.
--- Errors: the address is no text.
--- Example: `local c = require("assay.traefik").client("http://localhost:8080")`
--- @effect read
M.client = rest.constructor(M)

return M
