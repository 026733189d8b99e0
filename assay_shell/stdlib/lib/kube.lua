-- What modules that speak to a Kubernetes API server share: clients, kinds of objects, conditions, counting, waiting.
--
--   local kube = require("assay.lib.kube")
--   local api = kube.service("flux", { list_verb = "LIST" })    -- a service of lib/rest.lua, with `resource` besides
--   local buckets = api.resource("/apis/source.toolkit.fluxcd.io/v1", "buckets")
--   M.client = kube.constructor(Client)                         -- client(url, token), client(url, opts), client(opts)
--
--   function Client:buckets(namespace, opts) return buckets:list("buckets", self, namespace, opts) end
--   function Client:bucket(namespace, name) return buckets:find("bucket", self, namespace, name) end
--   function Client:is_bucket_ready(namespace, name) return kube.is_true(self:bucket(namespace, name), "Ready") end
--   function Client:all_buckets_ready(namespace) return kube.tally(self:buckets(namespace).items, ready) end
--
-- Methods of a resource take the name of the public function (for errors), the client and the namespace ("*": all):
--
--   list(fn, client, namespace, opts)           the list object; opts: label_selector, field_selector, limit, continue
--   each(fn, client, namespace, opts)           iterator over the items of all pages (500 a page unless opts.limit)
--   get(fn, client, namespace, name)            the object; an error for all but 200
--   find(fn, client, namespace, name)           the object, nil for 404
--   demand(fn, client, namespace, name, text)   the object, an error with that text for 404
--   create(fn, client, namespace, body)         the object as the server made it
--   patch(fn, client, namespace, name, body, opts)    opts: type ("merge", "json", "strategic", "apply"), subresource
--   delete(fn, client, namespace, name, opts)   nothing; opts: propagation, grace_period
--
-- Resources with `cluster_scoped = true` are called with a nil namespace. Where a server does not know the version of
-- a path (`404 page not found`, which no missing object says), the versions it serves are looked up and used from then
-- on; `names` are other plurals to look for then (api.resource(base, "freight", { names = { "freights" } })). A nil
-- namespace is the client's own, if it has one.

local rest = require("assay.lib.rest")

local find, format, match = string.find, string.format, string.match
local concat, sort = table.concat, table.sort
local error, ipairs, pairs, pcall, setmetatable, tostring, type =
  error, ipairs, pairs, pcall, setmetatable, tostring, type

local kube = rest.merged(require("assay.lib.kube_accounts")) -- its functions are here too

kube.ALL = "*" -- a namespace that stands for all of them; no namespace can be called so

local PAGE = 500 -- objects that iterators ask for at once

-- Paths and parameters -----------------------------------------------------------------------------------

--- A selector as text: `app=web,tier=front` for { app = "web", tier = "front" }; text stays.
function kube.selector(selector)
  if type(selector) ~= "table" then return selector end
  local parts = {}
  for key, value in pairs(selector) do
    parts[#parts + 1] = type(key) == "number" and tostring(value) or key .. "=" .. tostring(value)
  end
  sort(parts)
  return concat(parts, ",")
end

--- The parameters of a list, for the end of a request line.
kube.LIST = "?labelSelector=label_selector&fieldSelector=field_selector&limit&continue"
  .. "&resourceVersion=resource_version"

--- Options of a list as values for its request line; `where` is the name of the function for errors.
function kube.list_values(namespace, opts, where)
  local values = rest.merged(opts, nil, where)
  values.namespace = namespace
  values.label_selector = kube.selector(values.label_selector)
  values.field_selector = kube.selector(values.field_selector)
  return values
end

-- Versions that a server has -----------------------------------------------------------------------------

-- How a server answers for a path it has nothing behind; a missing object is a JSON document. Whoever may see only
-- some things hears of a plural that there is not that it is forbidden.
local function is_unserved(self, response)
  if response.status == 403 then return #self.names > 1 end
  return response.status == 404 and find(response.body, "^404 page not found") ~= nil
end

local function document(api, fn, client, path)
  local response, call = api:request("GET", fn, client, nil, nil, { target = path })
  return response.status == 200 and api:decode(call, response) or nil
end

local function served_versions(group)
  local first = group.preferredVersion and group.preferredVersion.version
  local versions = { first }
  for _, entry in ipairs(group.versions or {}) do
    if entry.version ~= first then versions[#versions + 1] = entry.version end
  end
  return versions
end

local function plural_among(listing, names)
  local listed = {}
  for _, resource in ipairs(listing and listing.resources or {}) do listed[resource.name] = true end
  for _, name in ipairs(names) do
    if listed[name] then return name end
  end
end

-- Where the server has this resource: the base path and the plural; nil when it has not.
local function look_up(self, fn, client)
  local group = match(self.base, "^(/apis/[^/]+)/")
  local found = group and document(self.api, fn, client, group)
  for _, version in ipairs(found and served_versions(found) or {}) do
    local base = group .. "/" .. version
    local plural = plural_among(document(self.api, fn, client, base), self.names)
    if plural then return { base = base, plural = plural } end
  end
end

-- Kinds of objects ---------------------------------------------------------------------------------------

local Resource = {}
Resource.__index = Resource

local function path_of(self, place, namespace, tail)
  if self.cluster_scoped or namespace == kube.ALL then return place.base .. "/" .. place.plural .. tail end
  return place.base .. "/namespaces/{namespace}/" .. place.plural .. tail
end

-- Sends a request to where the server has the resource.
local function request(self, method, fn, client, tail, values, call)
  local place = self.places[client] or self
  if values.namespace == nil and type(client) == "table" then values.namespace = client.namespace end
  local function send()
    return self.api:request(method, fn, client, path_of(self, place, values.namespace, tail), values, call)
  end
  local response, sent = send()
  if is_unserved(self, response) then
    local other = look_up(self, fn, client)
    if other and (other.base ~= place.base or other.plural ~= place.plural) then
      self.places[client], place = other, other
      response, sent = send()
    end
  end
  return response, sent
end

local function fetch(self, method, fn, client, tail, values, call)
  local response, sent = request(self, method, fn, client, tail, values, call)
  if response.status == 404 and sent.empty_when_missing then return { items = {} } end
  if response.status ~= 200 and (method == "GET" or response.status < 200 or response.status > 299) then
    self.api:fail(sent, response)
  end
  return self.api:decode(sent, response)
end

local function list_call(self)
  return { verb = self.api.list_verb, empty_when_missing = self.api.empty_when_missing }
end

--- The list object, with all its items unless `opts.limit` asks for a part: then `metadata.continue` leads on.
function Resource:list(fn, client, namespace, opts)
  local values = kube.list_values(namespace, opts, self.api.name .. "." .. fn)
  local function page()
    return fetch(self, "GET", fn, client, kube.LIST, values, list_call(self))
  end
  return kube.whole_list(page, values, opts)
end

--- Follows `metadata.continue` of what `page()` gives with `values.continue` set, unless `opts.limit` is given.
function kube.whole_list(page, values, opts)
  local list = page()
  if opts and opts.limit then return list end
  local mark = list.metadata and list.metadata.continue
  while mark and mark ~= "" do
    values.continue = mark
    local more = page()
    for _, item in ipairs(more.items or {}) do list.items[#list.items + 1] = item end
    local following = more.metadata and more.metadata.continue
    mark = following ~= mark and following or nil -- one that comes twice leads nowhere
    list.metadata.continue = mark
  end
  return list
end

--- Iterates over the items that `page(values)` gives, with `values.continue` set from page to page.
function kube.each_page(page, values)
  values.limit = values.limit or PAGE
  return rest.each(function(mark)
    values.continue = mark or values.continue
    local list = page(values)
    local following = list.metadata and list.metadata.continue
    return list.items or {}, following ~= "" and following or nil
  end)
end

function Resource:each(fn, client, namespace, opts)
  return kube.each_page(function(values)
    return fetch(self, "GET", fn, client, kube.LIST, values, list_call(self))
  end, kube.list_values(namespace, opts))
end

function Resource:get(fn, client, namespace, name)
  return fetch(self, "GET", fn, client, "/{name}", { namespace = namespace, name = name })
end

-- The object, or nil and the call that found none.
local function look(self, fn, client, namespace, name)
  local response, call = request(self, "GET", fn, client, "/{name}", { namespace = namespace, name = name })
  if response.status == 404 then return nil, call end
  if response.status ~= 200 then self.api:fail(call, response) end
  return self.api:decode(call, response)
end

function Resource:find(fn, client, namespace, name)
  return (look(self, fn, client, namespace, name))
end

function Resource:demand(fn, client, namespace, name, missing)
  local found, call = look(self, fn, client, namespace, name)
  return found or self.api:raise(call, 404, missing)
end

--- "NAMESPACE/NAME", with the client's own namespace for nil.
function kube.place(client, namespace, name)
  return format("%s/%s", namespace or client.namespace, name)
end

function Resource:create(fn, client, namespace, body)
  return fetch(self, "POST", fn, client, "", { namespace = namespace }, { body = body })
end

local PATCHES = {
  merge = "application/merge-patch+json",
  json = "application/json-patch+json",
  strategic = "application/strategic-merge-patch+json",
  apply = "application/apply-patch+yaml",
}

--- The content type of a patch: `kind` is one of merge, json, strategic, apply, or a content type itself.
function kube.patch_type(kind)
  return PATCHES[kind or "merge"] or kind
end

function Resource:patch(fn, client, namespace, name, body, opts)
  opts = opts or {}
  local tail = "/{name}" .. (opts.subresource and "/{subresource}" or "")
  local values = { namespace = namespace, name = name, subresource = opts.subresource }
  local headers = { ["Content-Type"] = kube.patch_type(opts.type) }
  local text = type(body) == "table" and json.encode(body) or body
  return fetch(self, "PATCH", fn, client, tail, values, { body = text, headers = headers })
end

function Resource:delete(fn, client, namespace, name, opts)
  local values = rest.merged({ namespace = namespace, name = name }, opts)
  local tail = "/{name}?propagationPolicy=propagation&gracePeriodSeconds=grace_period"
  local response, call = request(self, "DELETE", fn, client, tail, values)
  if response.status < 200 or response.status > 299 then self.api:fail(call, response) end
end

--- A service of lib/rest.lua for modules whose clients come from `kube.client`. `opts`: `list_verb` (the word for
--- lists in errors, instead of GET), `message` (`rest.by_target`), `empty_when_missing` (a list that is not there is an
--- empty one, not an error).
function kube.service(name, opts)
  opts = opts or {}
  local api = rest.service(name, {
    headers = kube.headers, message = opts.message or rest.by_target, level = 5, objects = true,
  })
  kube.renew_credentials(api)
  api.list_verb, api.empty_when_missing = opts.list_verb, opts.empty_when_missing
  --- Objects of one kind, at `base` (`/api/v1`, `/apis/GROUP/VERSION`) under their plural name.
  function api.resource(base, plural, details)
    local names = { plural }
    for _, other in ipairs(details and details.names or {}) do names[#names + 1] = other end
    return setmetatable({
      api = api, base = base, plural = plural, names = names,
      cluster_scoped = details and details.cluster_scoped,
      places = setmetatable({}, { __mode = "k" }),
    }, Resource)
  end
  return api
end

--- The method `each(what, namespace, opts)` of a module that has these resources: an iterator over all pages of a list.
--- `resources` has them by the name of the method that lists them.
function kube.each_of(service, resources)
  return function(client, what, namespace, opts)
    local resource = resources[what]
    if resource then return resource:each("each", client, namespace, opts) end
    local names = {}
    for name in pairs(resources) do names[#names + 1] = name end
    sort(names)
    error(format("%s.each: there is no list '%s', only %s", service, tostring(what), concat(names, ", ")), 2)
  end
end

-- What objects say of themselves -------------------------------------------------------------------------

--- An object's status, {} when there is none, or no object.
function kube.status(object)
  return object and object.status or {}
end

--- The conditions in an object's status, {} when there are none.
function kube.conditions(object)
  return kube.status(object).conditions or {}
end

--- The first condition of a type; nil when there is none.
function kube.condition(object, kind)
  for _, condition in ipairs(kube.conditions(object)) do
    if condition.type == kind then return condition end
  end
end

--- The last condition of a type; nil when there is none.
function kube.last_condition(object, kind)
  local found
  for _, condition in ipairs(kube.conditions(object)) do
    if condition.type == kind then found = condition end
  end
  return found
end

--- Whether the first condition of a type has the status `True`; false for nil.
function kube.is_true(object, kind)
  local condition = kube.condition(object, kind)
  return condition ~= nil and condition.status == "True"
end

--- Counts `items` by `is_good(item)`: `{ready, not_ready, total, not_ready_names}`. Other words for the two may be
--- given (`synced`, `failed` gives `failed_names`), and `unnamed`, which stands for a name that is missing.
function kube.tally(items, is_good, good, bad, unnamed)
  good, bad = good or "ready", bad or "not_ready"
  local names = {}
  local counts = { [good] = 0, [bad] = 0, total = 0, [bad .. "_names"] = names }
  for _, item in ipairs(items or {}) do
    local word = is_good(item) and good or bad
    counts[word], counts.total = counts[word] + 1, counts.total + 1
    if word == bad then names[#names + 1] = item.metadata and item.metadata.name or unnamed end
  end
  return counts
end

--- Whether the first condition of type Ready is True.
function kube.is_ready(object)
  return kube.is_true(object, "Ready")
end

--- The time now as `2026-01-31T09:30:00.123456Z`: what annotations that ask for something carry, no two alike.
function kube.stamp()
  local now = time()
  return os.date("!%Y-%m-%dT%H:%M:%S", math.floor(now)) .. format(".%06dZ", math.floor(now % 1 * 1e6))
end

local function quietly(check)
  local ok, found = pcall(check)
  return ok and found
end

--- Calls `check` every `interval` seconds, at 0, `interval`, ... below `timeout`: true once it is, false at the end. The
--- time that `check` takes counts too. With `opts.quiet`, an error of `check` counts as no.
function kube.poll(timeout, interval, check, opts)
  local quiet, waited = opts and opts.quiet, 0
  while waited < timeout do
    local began = time()
    local found
    if quiet then found = quietly(check) else found = check() end
    if found then return true end
    waited = waited + (time() - began) + interval
    sleep(interval)
  end
  return false
end

return kube
