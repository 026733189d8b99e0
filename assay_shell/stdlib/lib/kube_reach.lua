-- Where a call of `assay.k8s` goes: to which server, as whom, and to which path there.

local rest = require("assay.lib.rest")
local kube = require("assay.lib.kube")
local kinds = require("assay.lib.kube_kinds")

local find, format, gsub = string.find, string.format, string.gsub
local type = type

local reach = {}

reach.service = kube.service("k8s", {
  message = function(_, call, response)
    return format("k8s.%s: HTTP %d %s%s: ", call.name, response.status, call.path, call.query)
  end,
})

reach.service.position = "assay/k8s.lua:1: " -- where no frame of the module is left

-- Servers -----------------------------------------------------------------------------------------------

local NOWHERE = "k8s: not running in a Kubernetes pod (KUBERNETES_SERVICE_HOST not set)"

local contexts = {} -- name -> client

-- The client of a context, the chosen or the current one unless `opts.context` says otherwise.
local function client_of_context(opts)
  local account = kube.config_account(kube.chosen_context(opts.context))
  if not account then reach.service:raise({}, nil, NOWHERE) end
  local name = account.context
  if opts.token then return kube.client({}, { context = name, token = opts.token }) end
  if not contexts[name] or contexts[name].url ~= account.server then
    contexts[name] = kube.client({}, { context = name })
  end
  contexts[name].namespace = account.namespace -- another one may be chosen at any time
  return contexts[name]
end

local function has_authority(opts)
  return opts.ca_cert or opts.ca_cert_file or opts.verify == false
end

-- The client that a call of a module's function means; without `base_url` and `context` that is the context that the
-- shell has chosen, else the pod's own cluster, else the current context.
local function client_of_options(opts)
  local url = opts.base_url
  if url == nil and kube.chosen_context(opts.context) == nil then url = kube.pod_server() end
  if not url then return client_of_context(opts) end
  local client = rest.client({}, url, { token = opts.token or kube.pod_token() }, opts)
  if not has_authority(opts) then client.transport = rest.merged(client.transport, kube.pod_transport()) end
  return client
end

--- The client of a call: methods are called on a client, which has a `url`, or on the module.
function reach.client_for(self, opts)
  if self.url then return self end
  return client_of_options(opts or {})
end

-- Whether a server that answers so may well have what it was asked for.
local function is_evasive(status)
  return status == 401 or status == 429 or status >= 500
end

--- A function that gives the decoded answer for a path, nil when there is none, on behalf of the function `fn`. With
--- `accept`, what is accepted as the answer, it raises where the server does not say whether there is one.
function reach.fetcher(client, fn)
  return function(path, accept)
    local call = { target = path, headers = accept and { Accept = accept } }
    local response
    response, call = reach.service:request("GET", fn, client, nil, nil, call)
    if accept and is_evasive(response.status) then reach.service:fail(call, response) end
    return response.status == 200 and reach.service:decode(call, response) or nil
  end
end

-- Paths ---------------------------------------------------------------------------------------------------

local UNKNOWN = "k8s: unknown resource kind '%s'. "
  .. "Use k8s.register_crd() for custom resources or k8s.get() with a raw path."

--- Raises that there is no such kind.
function reach.unknown(kind)
  reach.service:raise({}, nil, format(UNKNOWN, kind))
end

--- The kind called `name`: what every server has and what is registered, else what this server has. A kind stays.
function reach.kind_for(self, fn, name, opts)
  if type(name) == "table" and name.plural and name.base then return name end
  name = rest.text("k8s." .. fn, name, "kind")
  local found = kinds.known(name)
  if found then return found end
  local client = reach.client_for(self, opts)
  return kinds.discovered(client.url, reach.fetcher(client, fn), name) or reach.unknown(name)
end

--- The request line for objects of a kind.
function reach.line_of(kind, namespace, tail)
  local scope = (kind.cluster_scoped or namespace == kube.ALL) and "/" or "/namespaces/{namespace}/"
  return kind.base .. scope .. kind.plural .. tail
end

-- The namespace of a call that names none: the client's, or the one of the context.
local function namespace_for(self, kind, namespace, opts)
  if namespace ~= nil or kind.cluster_scoped then return namespace end
  if self.url then return self.default_namespace end
  if opts and (opts.base_url or not opts.context) then return nil end
  return opts and (client_of_context(opts).namespace or "default")
end

--- The path of a kind (or the name of one) in a namespace, with `tail`, a part of a request line, behind it.
function reach.path_for(self, fn, kind, namespace, tail, values, opts)
  kind = reach.kind_for(self, fn, kind, opts)
  namespace = namespace_for(self, kind, namespace, opts)
  values.namespace = namespace
  return rest.target("k8s." .. fn, reach.line_of(kind, namespace, tail), values)
end

--- The same for a kind that is known without asking a server.
function reach.static_path(fn, namespace, kind, tail, values)
  local found = kinds.known(rest.text("k8s." .. fn, kind, "kind")) or reach.unknown(kind)
  values.namespace = namespace
  return rest.target("k8s." .. fn, reach.line_of(found, namespace, tail), values)
end

--- The path of one object.
function reach.resource_path(self, fn, namespace, kind, name, opts, tail)
  return reach.path_for(self, fn, kind, namespace, "/{name}" .. (tail or ""), { name = name }, opts)
end

--- The path of all objects of a kind, with the parameters in `values`.
function reach.list_path(self, fn, namespace, kind, values, opts)
  return reach.path_for(self, fn, kind, namespace, kube.LIST, values, opts)
end

--- A path that begins where the address ends.
function reach.rooted(fn, path)
  path = rest.text("k8s." .. fn, path, "path")
  return find(path, "^/") and path or "/" .. path
end

local WRITE = "?dryRun=dry_run&fieldManager=field_manager&force?&propagationPolicy=propagation"
  .. "&gracePeriodSeconds=grace_period"

--- A path with the parameters that writes may have.
function reach.for_writing(fn, path, opts)
  path = reach.rooted(fn, path)
  local values = rest.merged(opts, nil, "k8s." .. fn)
  values.dry_run = values.dry_run and "All" or nil
  local query = rest.target("k8s", WRITE, values)
  if query == "" then return path end
  return path .. (find(path, "?", 1, true) and gsub(query, "^%?", "&") or query)
end

return reach
