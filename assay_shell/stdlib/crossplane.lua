--- @module assay.crossplane
--- @category infrastructure
--- @description Crossplane infrastructure management: providers, XRDs, compositions, managed resources
--- @keywords crossplane, providers, xrds, compositions, managed, kubernetes, infrastructure, configuration, function, composition, managed-resource, health, readiness, established, terraform
--- @quickref c:providers(opts?) -> {items} | Providers; opts of all lists: {label_selector, field_selector, limit, continue}
--- @quickref c:provider(name) -> object|nil | One Provider
--- @quickref c:is_provider_healthy(name) -> bool | Whether a Provider is healthy
--- @quickref c:is_provider_installed(name) -> bool | Whether a Provider is installed
--- @quickref c:provider_status(name) -> {installed, healthy, current_revision, conditions} | State of a Provider; an error when there is none
--- @quickref c:provider_revisions(opts?) -> {items} | ProviderRevisions
--- @quickref c:provider_revision(name) -> object|nil | One ProviderRevision
--- @quickref c:configurations(opts?) -> {items} | Configurations
--- @quickref c:configuration(name) -> object|nil | One Configuration
--- @quickref c:is_configuration_healthy(name) -> bool | Whether a Configuration is healthy
--- @quickref c:is_configuration_installed(name) -> bool | Whether a Configuration is installed
--- @quickref c:functions(opts?) -> {items} | Functions
--- @quickref c:xfunction(name) -> object|nil | One Function
--- @quickref c:is_function_healthy(name) -> bool | Whether a Function is healthy
--- @quickref c:xrds(opts?) -> {items} | CompositeResourceDefinitions
--- @quickref c:xrd(name) -> object|nil | One CompositeResourceDefinition
--- @quickref c:is_xrd_established(name) -> bool | Whether a CompositeResourceDefinition is established
--- @quickref c:compositions(opts?) -> {items} | Compositions
--- @quickref c:composition(name) -> object|nil | One Composition
--- @quickref c:managed_resource(api_group, version, kind, name, namespace?) -> object|nil | One managed resource; kind is the plural ("buckets")
--- @quickref c:is_managed_ready(api_group, version, kind, name, namespace?) -> bool | Whether a managed resource is ready
--- @quickref c:managed_resources(api_group, version, kind, opts?) -> {items} | Managed resources of a kind; opts also: {namespace}
--- @quickref c:all_providers_healthy() -> {healthy, unhealthy, total, unhealthy_names} | Count of healthy Providers
--- @quickref c:all_xrds_established() -> {established, not_established, total} | Count of established CompositeResourceDefinitions
--- @quickref c:each(what, opts?) -> iterator | Items of the list `what` ("providers", ...) from all pages
--- @quickref c:wait_managed_ready(api_group, version, kind, name, opts?) -> object | Wait until a managed resource is ready; opts: {timeout = 300, namespace}

local rest = require("assay.lib.rest")
local kube = require("assay.lib.kube")
local M, Client = {}, {}

local api = kube.service("crossplane", { list_verb = "LIST", empty_when_missing = true })

local PACKAGES, EXTENSIONS = "/apis/pkg.crossplane.io", "/apis/apiextensions.crossplane.io/v1"
local CLUSTER = { cluster_scoped = true }
local POLL = 5 -- seconds between looks at a managed resource

local providers = api.resource(PACKAGES .. "/v1", "providers", CLUSTER)
local provider_revisions = api.resource(PACKAGES .. "/v1", "providerrevisions", CLUSTER)
local configurations = api.resource(PACKAGES .. "/v1", "configurations", CLUSTER)
local functions = api.resource(PACKAGES .. "/v1beta1", "functions", CLUSTER) -- where there is no v1beta1, v1 is found
local xrds = api.resource(EXTENSIONS, "compositeresourcedefinitions", CLUSTER)
local compositions = api.resource(EXTENSIONS, "compositions", CLUSTER)

--- A client of the Kubernetes API server of a cluster with Crossplane: `client(url, token)`, `client(url, opts)`, or
--- `client(opts)` for a context of the kubeconfig or the pod's own cluster.
--- Options: `token`, `context`, `headers`, `timeout`, `ca_cert` and the like. Functions are looked for in v1beta1, then
--- in the version that the server has.
--- Errors: the address is no text; no kubeconfig has that context.
--- Example: `local c = require("assay.crossplane").client({ context = "kind-dev" })`
--- @effect read
function M.client(url, token)
  return kube.client(Client, url, token)
end

-- Packages -----------------------------------------------------------------------------------------------

--- Lists Providers: the list object with all `items`; without any where the cluster does not know them.
--- Options, here and for all lists: `label_selector` ("app=web" or { app = "web" }), `field_selector`, `limit` (then
--- `metadata.continue` leads on, as `continue`).
--- Errors: `crossplane: LIST PATH HTTP STATUS: BODY` for any status but 200 and 404.
--- Example: `for _, p in ipairs(c:providers().items) do print(p.metadata.name, p.spec.package) end`
--- @effect read
function Client:providers(opts)
  return providers:list("providers", self, nil, opts)
end

--- Reads a Provider; nil when there is none of that name.
--- Errors: `crossplane: GET PATH HTTP STATUS: BODY` for any status but 200 and 404.
--- Example: `print(c:provider("provider-aws").spec.package)`
--- @effect read
function Client:provider(name)
  return providers:find("provider", self, nil, name)
end

--- Says whether the Healthy condition of a Provider is True; false when there is none of that name.
--- Errors: as `provider`.
--- Example: `assert.eq(c:is_provider_healthy("provider-aws"), true)`
--- @effect read
function Client:is_provider_healthy(name)
  return kube.is_true(providers:find("is_provider_healthy", self, nil, name), "Healthy")
end

--- Says whether the Installed condition of a Provider is True; false when there is none of that name.
--- Errors: as `provider`.
--- Example: `assert.eq(c:is_provider_installed("provider-aws"), true)`
--- @effect read
function Client:is_provider_installed(name)
  return kube.is_true(providers:find("is_provider_installed", self, nil, name), "Installed")
end

--- Sums up a Provider: `installed`, `healthy`, `current_revision` (nil before there is one), `conditions`.
--- Errors: `crossplane: provider not found: NAME`; as `provider`.
--- Example: `print(c:provider_status("provider-aws").current_revision)`
--- @effect read
function Client:provider_status(name)
  local missing = ("crossplane: provider not found: %s"):format(name)
  local provider = providers:demand("provider_status", self, nil, name, missing)
  return {
    installed = kube.is_true(provider, "Installed"),
    healthy = kube.is_true(provider, "Healthy"),
    current_revision = kube.status(provider).currentRevision,
    conditions = kube.conditions(provider),
  }
end

--- Lists ProviderRevisions: the list object with all `items`.
--- Errors: as `providers`.
--- Example: `print(#c:provider_revisions().items)`
--- @effect read
function Client:provider_revisions(opts)
  return provider_revisions:list("provider_revisions", self, nil, opts)
end

--- Reads a ProviderRevision; nil when there is none of that name.
--- Errors: as `provider`.
--- Example: `print(c:provider_revision("provider-aws-1f2e3d").spec.desiredState)`
--- @effect read
function Client:provider_revision(name)
  return provider_revisions:find("provider_revision", self, nil, name)
end

--- Lists Configurations: the list object with all `items`.
--- Errors: as `providers`.
--- Example: `print(#c:configurations().items)`
--- @effect read
function Client:configurations(opts)
  return configurations:list("configurations", self, nil, opts)
end

--- Reads a Configuration; nil when there is none of that name.
--- Errors: as `provider`.
--- Example: `print(c:configuration("platform").spec.package)`
--- @effect read
function Client:configuration(name)
  return configurations:find("configuration", self, nil, name)
end

--- Says whether the Healthy condition of a Configuration is True; false when there is none of that name.
--- Errors: as `provider`.
--- Example: `assert.eq(c:is_configuration_healthy("platform"), true)`
--- @effect read
function Client:is_configuration_healthy(name)
  return kube.is_true(configurations:find("is_configuration_healthy", self, nil, name), "Healthy")
end

--- Says whether the Installed condition of a Configuration is True; false when there is none of that name.
--- Errors: as `provider`.
--- Example: `assert.eq(c:is_configuration_installed("platform"), true)`
--- @effect read
function Client:is_configuration_installed(name)
  return kube.is_true(configurations:find("is_configuration_installed", self, nil, name), "Installed")
end

--- Lists Functions: the list object with all `items`.
--- Errors: as `providers`.
--- Example: `for _, f in ipairs(c:functions().items) do print(f.metadata.name) end`
--- @effect read
function Client:functions(opts)
  return functions:list("functions", self, nil, opts)
end

--- Reads a Function; nil when there is none of that name.
--- Errors: as `provider`.
--- Example: `print(c:xfunction("function-auto-ready").spec.package)`
--- @effect read
function Client:xfunction(name)
  return functions:find("xfunction", self, nil, name)
end

--- Says whether the Healthy condition of a Function is True; false when there is none of that name.
--- Errors: as `provider`.
--- Example: `assert.eq(c:is_function_healthy("function-auto-ready"), true)`
--- @effect read
function Client:is_function_healthy(name)
  return kube.is_true(functions:find("is_function_healthy", self, nil, name), "Healthy")
end

-- Definitions and compositions ---------------------------------------------------------------------------

--- Lists CompositeResourceDefinitions: the list object with all `items`.
--- Errors: as `providers`.
--- Example: `for _, x in ipairs(c:xrds().items) do print(x.spec.group, x.spec.names.kind) end`
--- @effect read
function Client:xrds(opts)
  return xrds:list("xrds", self, nil, opts)
end

--- Reads a CompositeResourceDefinition; nil when there is none of that name.
--- Errors: as `provider`.
--- Example: `print(c:xrd("databases.platform.example").spec.names.kind)`
--- @effect read
function Client:xrd(name)
  return xrds:find("xrd", self, nil, name)
end

--- Says whether the Established condition of a CompositeResourceDefinition is True; false when there is none of that
--- name.
--- Errors: as `provider`.
--- Example: `assert.eq(c:is_xrd_established("databases.platform.example"), true)`
--- @effect read
function Client:is_xrd_established(name)
  return kube.is_true(xrds:find("is_xrd_established", self, nil, name), "Established")
end

--- Lists Compositions: the list object with all `items`.
--- Errors: as `providers`.
--- Example: `for _, comp in ipairs(c:compositions().items) do print(comp.metadata.name) end`
--- @effect read
function Client:compositions(opts)
  return compositions:list("compositions", self, nil, opts)
end

--- Reads a Composition; nil when there is none of that name.
--- Errors: as `provider`.
--- Example: `print(c:composition("databases-aws").spec.mode)`
--- @effect read
function Client:composition(name)
  return compositions:find("composition", self, nil, name)
end

-- Managed resources --------------------------------------------------------------------------------------

local PARTS = { "api_group", "version", "kind" }

-- The resource of these names, which are parts of a path.
local function managed(fn, names, namespace)
  local place = {}
  for index, part in ipairs(PARTS) do
    local text = rest.text("crossplane." .. fn, names[index], part)
    place[index] = text ~= "" and rest.segment(text) or nil
    if not place[index] then error(("crossplane.%s: %s must be a name, not '%s'"):format(fn, part, text)) end
  end
  return api.resource(("/apis/%s/%s"):format(place[1], place[2]), place[3], namespace == nil and CLUSTER or nil)
end

--- Reads a managed resource, a composite resource or a claim; nil when there is none of that name. `kind` is the plural
--- name of the resource. Without a namespace it is one of the cluster.
--- Errors: as `provider`.
--- Example: `local bucket = c:managed_resource("s3.aws.upbound.io", "v1beta1", "buckets", "logs")`
--- @effect read
function Client:managed_resource(api_group, version, kind, name, namespace)
  local resource = managed("managed_resource", { api_group, version, kind }, namespace)
  return resource:find("managed_resource", self, namespace, name)
end

--- Says whether the Ready condition of a managed resource is True; false when there is none of that name.
--- Errors: as `provider`.
--- Example: `assert.eq(c:is_managed_ready("s3.aws.upbound.io", "v1beta1", "buckets", "logs"), true)`
--- @effect read
function Client:is_managed_ready(api_group, version, kind, name, namespace)
  local resource = managed("is_managed_ready", { api_group, version, kind }, namespace)
  return kube.is_ready(resource:find("is_managed_ready", self, namespace, name))
end

--- Lists the managed resources of a kind: the list object with all `items`.
--- Options: as all lists, and `namespace` for kinds that have one.
--- Errors: as `providers`.
--- Example: `print(#c:managed_resources("s3.aws.upbound.io", "v1beta1", "buckets").items)`
--- @effect read
function Client:managed_resources(api_group, version, kind, opts)
  local namespace = opts and opts.namespace
  local resource = managed("managed_resources", { api_group, version, kind }, namespace)
  return resource:list("managed_resources", self, namespace, opts)
end

-- Summaries ----------------------------------------------------------------------------------------------

local function is_healthy(object) return kube.is_true(object, "Healthy") end

local function is_established(object) return kube.is_true(object, "Established") end

--- Counts Providers by health, with the names of those that are not healthy in the server's order.
--- Errors: as `providers`.
--- Example: `for _, name in ipairs(c:all_providers_healthy().unhealthy_names) do print(name) end`
--- @effect read
function Client:all_providers_healthy()
  return kube.tally(self:providers().items, is_healthy, "healthy", "unhealthy", "unknown")
end

--- Counts CompositeResourceDefinitions by whether they are established.
--- Errors: as `providers`.
--- Example: `assert.eq(c:all_xrds_established().not_established, 0)`
--- @effect read
function Client:all_xrds_established()
  local counts = kube.tally(self:xrds().items, is_established, "established", "not_established")
  counts.not_established_names = nil
  return counts
end

local each = kube.each_of("crossplane", {
  providers = providers, provider_revisions = provider_revisions, configurations = configurations,
  functions = functions, xrds = xrds, compositions = compositions,
})

--- Iterates over the items of a list, page by page. `what` is the name of a method that lists: "providers",
--- "provider_revisions", "configurations", "functions", "xrds", "compositions".
--- Options: as the lists; `limit` is the size of a page (500).
--- Errors: there is no such list; as `providers`.
--- Example: `for revision in c:each("provider_revisions") do print(revision.metadata.name) end`
--- @effect read
Client.each = function(self, what, opts)
  return each(self, what, nil, opts)
end

--- Waits until a managed resource is ready, looking every five seconds, and gives it; one that is not there yet is
--- waited for.
--- Options: `timeout` (seconds, 300; with 0 it looks once), `namespace`.
--- Errors: `crossplane: KIND NAME not ready after SECONDSs`, with the reason that its conditions give; as `provider`.
--- Example: `c:wait_managed_ready("s3.aws.upbound.io", "v1beta1", "buckets", "logs", { timeout = 600 })`
--- @effect read
Client.wait_managed_ready = function(self, api_group, version, kind, name, opts)
  opts = opts or {}
  local timeout = rest.seconds("crossplane.wait_managed_ready", opts.timeout or 300, "timeout")
  local found
  local done = rest.wait_until(function()
    found = self:managed_resource(api_group, version, kind, name, opts.namespace)
    return kube.is_ready(found) and found
  end, { timeout = timeout, interval = POLL })
  if done then return done end
  local synced, ready = kube.condition(found, "Synced"), kube.condition(found, "Ready")
  local culprit = synced and synced.status == "False" and synced or ready or {}
  local reason = culprit.message or culprit.reason
  local text = ("crossplane: %s %s not ready after %ss"):format(kind, name, opts.timeout or 300)
  error(reason and text .. ": " .. reason or text)
end

return M
