--- @module assay.flux
--- @category gitops
--- @description Flux CD GitOps toolkit: GitRepositories, Kustomizations, HelmReleases, notifications
--- @keywords flux, gitops, kustomizations, helmreleases, gitrepositories, kubernetes, helm, oci, image-automation, notification, readiness, sources
--- @quickref c:git_repositories(namespace, opts?) -> {items} | GitRepositories; opts of all lists: {label_selector, field_selector, limit, continue}
--- @quickref c:git_repository(namespace, name) -> object|nil | One GitRepository
--- @quickref c:is_git_repo_ready(namespace, name) -> bool | Whether a GitRepository is ready
--- @quickref c:helm_repositories(namespace, opts?) -> {items} | HelmRepositories
--- @quickref c:helm_repository(namespace, name) -> object|nil | One HelmRepository
--- @quickref c:is_helm_repo_ready(namespace, name) -> bool | Whether a HelmRepository is ready
--- @quickref c:helm_charts(namespace, opts?) -> {items} | HelmCharts
--- @quickref c:oci_repositories(namespace, opts?) -> {items} | OCIRepositories
--- @quickref c:kustomizations(namespace, opts?) -> {items} | Kustomizations
--- @quickref c:kustomization(namespace, name) -> object|nil | One Kustomization
--- @quickref c:is_kustomization_ready(namespace, name) -> bool | Whether a Kustomization is ready
--- @quickref c:kustomization_status(namespace, name) -> {ready, revision, last_applied_revision, conditions}|nil | State of a Kustomization
--- @quickref c:helm_releases(namespace, opts?) -> {items} | HelmReleases
--- @quickref c:helm_release(namespace, name) -> object|nil | One HelmRelease
--- @quickref c:is_helm_release_ready(namespace, name) -> bool | Whether a HelmRelease is ready
--- @quickref c:helm_release_status(namespace, name) -> {ready, revision, last_applied_revision, conditions}|nil | State of a HelmRelease
--- @quickref c:alerts(namespace, opts?) -> {items} | Alerts
--- @quickref c:providers_list(namespace, opts?) -> {items} | Providers of notifications
--- @quickref c:receivers(namespace, opts?) -> {items} | Receivers of webhooks
--- @quickref c:image_policies(namespace, opts?) -> {items} | ImagePolicies
--- @quickref c:all_sources_ready(namespace) -> {ready, not_ready, total, not_ready_names} | Count of ready Git and Helm repositories
--- @quickref c:all_kustomizations_ready(namespace) -> {ready, not_ready, total, not_ready_names} | Count of ready Kustomizations
--- @quickref c:all_helm_releases_ready(namespace) -> {ready, not_ready, total, not_ready_names} | Count of ready HelmReleases
--- @quickref c:each(what, namespace?, opts?) -> iterator | Items of the list `what` ("kustomizations", ...) from all pages
--- @quickref c:reconcile(what, namespace, name, timeout_secs?) -> object | Have an object reconciled now; waits for it when given a timeout
--- @quickref c:suspend(what, namespace, name) -> object | Stop reconciling an object
--- @quickref c:resume(what, namespace, name) -> object | Go on reconciling an object

local rest = require("assay.lib.rest")
local kube = require("assay.lib.kube")
local M, Client = {}, {}

local api = kube.service("flux", { list_verb = "LIST" })

local SOURCE, NOTIFICATION = "/apis/source.toolkit.fluxcd.io", "/apis/notification.toolkit.fluxcd.io"

-- In the versions that the original speaks; servers without them are asked for those that they have.
local resources = {
  git_repositories = api.resource(SOURCE .. "/v1", "gitrepositories"),
  helm_repositories = api.resource(SOURCE .. "/v1", "helmrepositories"),
  helm_charts = api.resource(SOURCE .. "/v1", "helmcharts"),
  oci_repositories = api.resource(SOURCE .. "/v1beta2", "ocirepositories"),
  kustomizations = api.resource("/apis/kustomize.toolkit.fluxcd.io/v1", "kustomizations"),
  helm_releases = api.resource("/apis/helm.toolkit.fluxcd.io/v2", "helmreleases"),
  alerts = api.resource(NOTIFICATION .. "/v1beta3", "alerts"),
  providers_list = api.resource(NOTIFICATION .. "/v1beta3", "providers"),
  receivers = api.resource(NOTIFICATION .. "/v1", "receivers"),
  image_policies = api.resource("/apis/image.toolkit.fluxcd.io/v1beta2", "imagepolicies"),
}

--- A client of the Kubernetes API server of a cluster with Flux: `client(url, token)`, `client(url, opts)`, or
--- `client(opts)` for a context of the kubeconfig or the pod's own cluster.
--- Options: `token`, `context`, `namespace` (for calls with a nil namespace), `headers`, `timeout`, `ca_cert` and the
--- like. Where the server has other versions of a kind than v1, v2, v1beta2 and v1beta3, those are looked up and used.
--- Errors: the address is no text; no kubeconfig has that context.
--- Example: `local c = require("assay.flux").client({ context = "kind-dev", namespace = "flux-system" })`
--- @effect read
function M.client(url, token)
  return kube.client(Client, url, token)
end

-- What Kustomizations and HelmReleases say of themselves.
local function applied(object)
  if not object then return nil end
  local status = kube.status(object)
  return {
    ready = kube.is_ready(object),
    revision = status.lastAttemptedRevision or "",
    last_applied_revision = status.lastAppliedRevision or "",
    conditions = kube.conditions(object),
  }
end

-- Sources ------------------------------------------------------------------------------------------------

--- Lists GitRepositories: the list object with all `items`. The namespace "*" stands for all of them.
--- Options, here and for all lists: `label_selector` ("app=web" or { app = "web" }), `field_selector`, `limit` (then
--- `metadata.continue` leads on, as `continue`).
--- Errors: `flux: LIST PATH HTTP STATUS: BODY` for any status but 200.
--- Example: `for _, repo in ipairs(c:git_repositories("flux-system").items) do print(repo.spec.url) end`
--- @effect read
function Client:git_repositories(namespace, opts)
  return resources.git_repositories:list("git_repositories", self, namespace, opts)
end

--- Reads a GitRepository; nil when there is none of that name.
--- Errors: `flux: GET PATH HTTP STATUS: BODY` for any status but 200 and 404.
--- Example: `print(c:git_repository("flux-system", "fleet").status.artifact.revision)`
--- @effect read
function Client:git_repository(namespace, name)
  return resources.git_repositories:find("git_repository", self, namespace, name)
end

--- Says whether the Ready condition of a GitRepository is True; false when there is none of that name.
--- Errors: as `git_repository`.
--- Example: `assert.eq(c:is_git_repo_ready("flux-system", "fleet"), true)`
--- @effect read
function Client:is_git_repo_ready(namespace, name)
  return kube.is_ready(self:git_repository(namespace, name))
end

--- Lists HelmRepositories: the list object with all `items`.
--- Errors: as `git_repositories`.
--- Example: `print(#c:helm_repositories("*").items)`
--- @effect read
function Client:helm_repositories(namespace, opts)
  return resources.helm_repositories:list("helm_repositories", self, namespace, opts)
end

--- Reads a HelmRepository; nil when there is none of that name.
--- Errors: as `git_repository`.
--- Example: `print(c:helm_repository("flux-system", "bitnami").spec.url)`
--- @effect read
function Client:helm_repository(namespace, name)
  return resources.helm_repositories:find("helm_repository", self, namespace, name)
end

--- Says whether the Ready condition of a HelmRepository is True; false when there is none of that name.
--- Errors: as `git_repository`.
--- Example: `assert.eq(c:is_helm_repo_ready("flux-system", "bitnami"), true)`
--- @effect read
function Client:is_helm_repo_ready(namespace, name)
  return kube.is_ready(self:helm_repository(namespace, name))
end

--- Lists HelmCharts: the list object with all `items`.
--- Errors: as `git_repositories`.
--- Example: `print(#c:helm_charts("flux-system").items)`
--- @effect read
function Client:helm_charts(namespace, opts)
  return resources.helm_charts:list("helm_charts", self, namespace, opts)
end

--- Lists OCIRepositories: the list object with all `items`.
--- Errors: as `git_repositories`.
--- Example: `print(#c:oci_repositories("flux-system").items)`
--- @effect read
function Client:oci_repositories(namespace, opts)
  return resources.oci_repositories:list("oci_repositories", self, namespace, opts)
end

-- What is applied ----------------------------------------------------------------------------------------

--- Lists Kustomizations: the list object with all `items`.
--- Errors: as `git_repositories`.
--- Example: `for _, k in ipairs(c:kustomizations("flux-system").items) do print(k.metadata.name) end`
--- @effect read
function Client:kustomizations(namespace, opts)
  return resources.kustomizations:list("kustomizations", self, namespace, opts)
end

--- Reads a Kustomization; nil when there is none of that name.
--- Errors: as `git_repository`.
--- Example: `print(c:kustomization("flux-system", "apps").spec.path)`
--- @effect read
function Client:kustomization(namespace, name)
  return resources.kustomizations:find("kustomization", self, namespace, name)
end

--- Says whether the Ready condition of a Kustomization is True; false when there is none of that name.
--- Errors: as `git_repository`.
--- Example: `assert.eq(c:is_kustomization_ready("flux-system", "apps"), true)`
--- @effect read
function Client:is_kustomization_ready(namespace, name)
  return kube.is_ready(self:kustomization(namespace, name))
end

--- Sums up a Kustomization: whether it is ready, the revision that was tried last and the one that is applied ("" where
--- there is none), and its conditions. nil when there is none of that name.
--- Errors: as `git_repository`.
--- Example: `local s = c:kustomization_status("flux-system", "apps") print(s.ready, s.last_applied_revision)`
--- @effect read
function Client:kustomization_status(namespace, name)
  return applied(self:kustomization(namespace, name))
end

--- Lists HelmReleases: the list object with all `items`.
--- Errors: as `git_repositories`.
--- Example: `for _, r in ipairs(c:helm_releases("shop").items) do print(r.metadata.name) end`
--- @effect read
function Client:helm_releases(namespace, opts)
  return resources.helm_releases:list("helm_releases", self, namespace, opts)
end

--- Reads a HelmRelease; nil when there is none of that name.
--- Errors: as `git_repository`.
--- Example: `print(c:helm_release("shop", "cart").status.history[1].chartVersion)`
--- @effect read
function Client:helm_release(namespace, name)
  return resources.helm_releases:find("helm_release", self, namespace, name)
end

--- Says whether the Ready condition of a HelmRelease is True; false when there is none of that name.
--- Errors: as `git_repository`.
--- Example: `assert.eq(c:is_helm_release_ready("shop", "cart"), true)`
--- @effect read
function Client:is_helm_release_ready(namespace, name)
  return kube.is_ready(self:helm_release(namespace, name))
end

--- Sums up a HelmRelease as `kustomization_status` does. Current servers do not say which revision is applied: then
--- `last_applied_revision` is the chart's version of the last release that was deployed.
--- Errors: as `git_repository`.
--- Example: `print(c:helm_release_status("shop", "cart").revision)`
--- @effect read
function Client:helm_release_status(namespace, name)
  local release = self:helm_release(namespace, name)
  local found = applied(release)
  for _, entry in ipairs(kube.status(release).history or {}) do
    if entry.status == "deployed" and found.last_applied_revision == "" then
      found.last_applied_revision = entry.chartVersion or ""
    end
  end
  return found
end

-- Notifications and images -------------------------------------------------------------------------------

--- Lists Alerts: the list object with all `items`.
--- Errors: as `git_repositories`.
--- Example: `print(#c:alerts("flux-system").items)`
--- @effect read
function Client:alerts(namespace, opts)
  return resources.alerts:list("alerts", self, namespace, opts)
end

--- Lists Providers of notifications: the list object with all `items`.
--- Errors: as `git_repositories`.
--- Example: `for _, p in ipairs(c:providers_list("flux-system").items) do print(p.spec.type) end`
--- @effect read
function Client:providers_list(namespace, opts)
  return resources.providers_list:list("providers_list", self, namespace, opts)
end

--- Lists Receivers of webhooks: the list object with all `items`.
--- Errors: as `git_repositories`.
--- Example: `for _, r in ipairs(c:receivers("flux-system").items) do print(r.status.webhookPath) end`
--- @effect read
function Client:receivers(namespace, opts)
  return resources.receivers:list("receivers", self, namespace, opts)
end

--- Lists ImagePolicies: the list object with all `items`.
--- Errors: as `git_repositories`.
--- Example: `for _, p in ipairs(c:image_policies("flux-system").items) do print(p.metadata.name) end`
--- @effect read
function Client:image_policies(namespace, opts)
  return resources.image_policies:list("image_policies", self, namespace, opts)
end

-- Summaries ----------------------------------------------------------------------------------------------

--- Counts GitRepositories and HelmRepositories by readiness; the names of those that are not ready are in order, Git
--- repositories first.
--- Errors: as `git_repositories`.
--- Example: `local all = c:all_sources_ready("flux-system") print(all.ready .. "/" .. all.total)`
--- @effect read
function Client:all_sources_ready(namespace)
  local sources = {}
  for _, item in ipairs(self:git_repositories(namespace).items or {}) do sources[#sources + 1] = item end
  for _, item in ipairs(self:helm_repositories(namespace).items or {}) do sources[#sources + 1] = item end
  return kube.tally(sources, kube.is_ready)
end

--- Counts Kustomizations by readiness, with the names of those that are not ready.
--- Errors: as `git_repositories`.
--- Example: `for _, name in ipairs(c:all_kustomizations_ready("*").not_ready_names) do print(name) end`
--- @effect read
function Client:all_kustomizations_ready(namespace)
  return kube.tally(self:kustomizations(namespace).items, kube.is_ready)
end

--- Counts HelmReleases by readiness, with the names of those that are not ready.
--- Errors: as `git_repositories`.
--- Example: `assert.eq(c:all_helm_releases_ready("*").not_ready, 0)`
--- @effect read
function Client:all_helm_releases_ready(namespace)
  return kube.tally(self:helm_releases(namespace).items, kube.is_ready)
end

--- Iterates over the items of a list, page by page. `what` is the name of a method that lists: "git_repositories",
--- "kustomizations", "helm_releases", ...
--- Options: as the lists; `limit` is the size of a page (500).
--- Errors: there is no such list; as `git_repositories`.
--- Example: `for k in c:each("kustomizations", "*") do print(k.metadata.namespace, k.metadata.name) end`
--- @effect read
Client.each = kube.each_of("flux", resources)

-- Changes ------------------------------------------------------------------------------------------------

local REQUESTED = "reconcile.fluxcd.io/requestedAt"

local function change(fn, client, what, namespace, name, body)
  local resource = resources[what]
  if not resource then error(("flux.%s: there is no list '%s'"):format(fn, tostring(what))) end
  return resource:patch(fn, client, namespace, name, body)
end

--- Asks for an object to be reconciled now, and gives it. With a timeout it waits until that was done, looking every
--- second, and gives the object as it is then. `what` is the name of a method that lists: "kustomizations", ...
--- Errors: there is no such list; no such object; `flux: WHAT NS/NAME not reconciled after SECONDSs`; what was done
---   failed, with Flux's message.
--- Example: `c:reconcile("git_repositories", "flux-system", "fleet", 60)`
--- @effect write
Client.reconcile = function(self, what, namespace, name, timeout_secs)
  local mark = kube.stamp()
  local request = { metadata = { annotations = { [REQUESTED] = mark } } }
  local object = change("reconcile", self, what, namespace, name, request)
  if not timeout_secs then return object end
  local timeout = rest.seconds("flux.reconcile", timeout_secs, "timeout_secs")
  local done = rest.wait_until(function()
    local found = resources[what]:get("reconcile", self, namespace, name)
    return kube.status(found).lastHandledReconcileAt == mark and found
  end, { timeout = timeout, interval = 1 })
  local place = what .. " " .. kube.place(self, namespace, name)
  if not done then error(("flux: %s not reconciled after %ss"):format(place, timeout_secs)) end
  local ready = kube.condition(done, "Ready")
  if ready and ready.status == "False" then error(("flux: %s: %s"):format(place, ready.message or ready.reason)) end
  return done
end

--- Stops Flux from reconciling an object, and gives it.
--- Errors: there is no such list; no such object; any status of no success.
--- Example: `c:suspend("helm_releases", "shop", "cart")`
--- @effect write
Client.suspend = function(self, what, namespace, name)
  return change("suspend", self, what, namespace, name, { spec = { suspend = true } })
end

--- Lets Flux reconcile an object again, and gives it.
--- Errors: there is no such list; no such object; any status of no success.
--- Example: `c:resume("helm_releases", "shop", "cart")`
--- @effect write
Client.resume = function(self, what, namespace, name)
  return change("resume", self, what, namespace, name, { spec = { suspend = false } })
end

return M
