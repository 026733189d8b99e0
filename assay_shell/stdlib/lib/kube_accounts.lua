-- Who a client is to a Kubernetes API server: the account of a context of the kubeconfig or the one of a pod, looked up
-- again for each request.
--
-- An account is `server`, `namespace`, `token`, `transport` (options of http) and `headers`; any may be missing.

local _, core = ...
local rest = require("assay.lib.rest")

local find, format, match = string.find, string.format, string.match
local error, ipairs, pcall, setmetatable, type = error, ipairs, pcall, setmetatable, type

local own = {}

local ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount/"

local accounts = setmetatable({}, { __mode = "k" }) -- client -> function that gives its account as it is now
local anonymous = setmetatable({}, { __mode = "k" }) -- clients that need no token
local transports = setmetatable({}, { __mode = "k" }) -- client -> options of http that it was made with

local function bracketed(host)
  return find(host, ":", 1, true) and not find(host, "^%[") and "[" .. host .. "]" or host
end

--- The API server as pods know it; nil outside of a pod.
function own.pod_server()
  local host = env.get("KUBERNETES_SERVICE_HOST")
  return host and format("https://%s:%s", bracketed(host), env.get("KUBERNETES_SERVICE_PORT") or "443")
end

--- The token of the pod's service account. An error of `fs.read` where there is none.
function own.pod_token()
  local token = match(fs.read(ACCOUNT .. "token"), "^%s*(.-)%s*$")
  rest.hide(token)
  return token
end

local pod_transport

--- Options of http that trust the pod's authority; empty where its certificate is missing or broken.
function own.pod_transport()
  if not pod_transport then
    local usable = pcall(http.client, { ca_cert_file = ACCOUNT .. "ca.crt" })
    pod_transport = usable and { ca_cert_file = ACCOUNT .. "ca.crt" } or {}
  end
  return pod_transport
end

local function pod_account()
  local namespace = ACCOUNT .. "namespace"
  return {
    server = own.pod_server(),
    token = own.pod_token(),
    transport = own.pod_transport(),
    namespace = fs.exists(namespace) and match(fs.read(namespace), "%S+") or nil,
  }
end

--- The account of a context of the kubeconfig (`$KUBECONFIG`, `~/.kube/config`); of the current one for nil.
--- nil when there is no kubeconfig; an error when it lacks the context or the context is unusable.
function own.config_account(context)
  return core.kube_account(context, env.get("KUBECONFIG"), env.get("HOME"))
end

--- The contexts of the kubeconfig, as `{name, cluster, user, namespace, current}`; {} when there is none.
function own.contexts()
  return core.kube_contexts(env.get("KUBECONFIG"), env.get("HOME"))
end

-- How the account of a client is found at each call. A context is looked up by its name from then on: which one is the
-- current one may change, and what it leads to as well; credentials go to no other server than that of the client.
local function account_finder(account)
  local name, server = account.context, account.server
  if not name then return pod_account end
  return function()
    local found = own.config_account(name)
    if found and found.server == server then return found end
    error(format("kubeconfig: the context '%s' leads to another server by now: make a new client", name), 0)
  end
end

--- The context that is meant where `context` was given: without one it is what `.context NAME` has chosen in the shell,
--- else nil.
function own.chosen_context(context)
  local chosen = env.get("ASSAY_KUBE_CONTEXT")
  if context == nil and chosen ~= "" then return chosen end
  return context
end

local function first_account(context)
  context = own.chosen_context(context)
  if context == nil and own.pod_server() then return pod_account() end
  local account = own.config_account(context)
  if account then return account end
  error("no Kubernetes cluster: there is no kubeconfig, and KUBERNETES_SERVICE_HOST is not set", 0)
end

-- Clients ------------------------------------------------------------------------------------------------

--- Headers for a client of `own.client`.
function own.headers(client)
  local account = accounts[client] and accounts[client]() or {}
  if account.transport then client.transport = rest.merged(transports[client], account.transport) end
  local headers = rest.merged(account.headers)
  local token = client.token or account.token
  if token then
    headers.Authorization = "Bearer " .. token
  elseif not anonymous[client] then
    headers.Authorization = "Bearer " .. client.token -- scripts know the words of this error
  end
  return headers
end

local function signed_client(methods, opts)
  local account = first_account(opts.context)
  local context = account.context
  local fields = { token = opts.token, context = context, namespace = opts.namespace or account.namespace }
  local client = rest.client(methods, account.server, fields, opts)
  accounts[client], anonymous[client], transports[client] = account_finder(account), true, client.transport
  return client
end

--- A client with `methods`. `url` is the address of an API server, and `token` a bearer token or options: `token`,
--- `namespace`, `headers`, `timeout`, `ca_cert`, `cert`, `key`, `verify` and the like. Instead of an address there may
--- be options alone: `context` names a context of the kubeconfig; without one it is the pod's own server or the current
--- context. A namespace that comes with the context is in the field `namespace`.
function own.client(methods, url, token)
  if type(url) == "table" then return signed_client(methods, url) end
  local opts = type(token) == "table" and token or { token = token }
  local client = rest.client(methods, url, { token = opts.token, namespace = opts.namespace }, opts)
  anonymous[client] = type(token) == "table" or nil
  return client
end

--- The `client` function of a module: `client(url, token)`, `client(url, opts)`, `client(opts)`.
function own.constructor(methods)
  return function(url, token) return own.client(methods, url, token) end
end

-- Renewing -----------------------------------------------------------------------------------------------

-- Whether the credentials of a client, which were refused for a request that began at that time, are others by now:
-- programs that sign in do not always say how long it lasts.
local function is_renewed(client, began)
  local context = type(client) == "table" and not client.token and accounts[client] and client.context
  return context and core.kube_renew(context, env.get("KUBECONFIG"), env.get("HOME"), began)
end

--- Has requests of a service that were refused for their credentials sent again with other ones, where there are any.
function own.renew_credentials(api)
  local request = api.request
  function api.request(self, method, fn, client, line, values, call)
    local began = time()
    local response, sent = request(self, method, fn, client, line, values, call)
    if response.status ~= 401 or not is_renewed(client, began) then return response, sent end
    return request(self, method, fn, client, line, values, sent)
  end
  for _, name in ipairs({ "stream", "websocket" }) do
    local open = api[name]
    api[name] = function(self, fn, client, ...)
      local began = time()
      local opened, found, sent = pcall(open, self, fn, client, ...)
      if opened then return found, sent end
      local refused = type(found) == "table" and found.status == 401
      if refused and is_renewed(client, began) then return open(self, fn, client, ...) end
      error(found, 0)
    end
  end
end

return own
