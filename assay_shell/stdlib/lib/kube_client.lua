-- Clients of `assay.k8s`: all its functions as methods, and every kind of object by its name.

local kube = require("assay.lib.kube")
local kinds = require("assay.lib.kube_kinds")
local Api = require("assay.lib.kube_api")

local ipairs, lower, type = ipairs, string.lower, type

local function is_options(value) return type(value) == "table" end

-- `c:pods(namespace?, opts?)`
local function lister(kind)
  if kind.cluster_scoped then
    return function(self, opts) return self:list(nil, kind.plural, opts) end
  end
  return function(self, namespace, opts)
    if is_options(namespace) then namespace, opts = nil, namespace end
    return self:list(namespace, kind.plural, opts)
  end
end

-- `c:pod(namespace?, name)`
local function getter(kind)
  if kind.cluster_scoped then
    return function(self, name, opts) return self:get_resource(nil, kind.plural, name, opts) end
  end
  return function(self, namespace, name, opts)
    if name == nil or is_options(name) then namespace, name, opts = nil, namespace, name end
    return self:get_resource(namespace, kind.plural, name, opts)
  end
end

-- A kind whose plural is its singular: with two names it is the one object.
local function either(kind)
  local list, get = lister(kind), getter(kind)
  return function(self, namespace, name, opts)
    if type(name) == "string" then return get(self, namespace, name, opts) end
    return list(self, namespace, name)
  end
end

local function add_kind(client, kind)
  local singular, plural = lower(kind.kind), kind.plural
  if singular == plural then
    client[plural] = client[plural] or either(kind)
  else
    client[singular], client[plural] = client[singular] or getter(kind), client[plural] or lister(kind)
  end
end

-- Adds methods for all kinds that the server has: `c:certificates(namespace)`, `c:certificate(namespace, name)`.
local function discover(self)
  for _, kind in ipairs(self:kinds()) do add_kind(self, kind) end
  return self
end

local function bare_client(url, opts)
  if url == nil or type(url) == "table" then return kube.client(Api, url or {}) end
  return kube.client(Api, url, opts or {})
end

--- A client: of `client(url, token)`, `client(url, opts)` or `client(opts)`. What is in `namespace` elsewhere is in
--- `default_namespace`, since `namespace` is a kind.
return function(url, opts)
  local made = bare_client(url, opts)
  made.default_namespace, made.namespace = made.namespace or "default", nil
  made.discover = discover
  for _, kind in ipairs(kinds.everywhere) do add_kind(made, kind) end
  return made
end
