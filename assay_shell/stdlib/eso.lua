--- @module assay.eso
--- @category secrets
--- @description External Secrets Operator: sync status of ExternalSecrets, SecretStores, ClusterSecretStores
--- @keywords eso, external-secrets, secretstores, kubernetes, secrets, sync, store, readiness, wait, cluster, external-secret
--- @quickref c:external_secrets(namespace, opts?) -> {items} | ExternalSecrets; opts of all lists: {label_selector, field_selector, limit, continue}
--- @quickref c:external_secret(namespace, name) -> object|nil | One ExternalSecret
--- @quickref c:external_secret_status(namespace, name) -> {ready, status, sync_hash, conditions} | State of an ExternalSecret; an error when there is none
--- @quickref c:is_secret_synced(namespace, name) -> bool | Whether an ExternalSecret is synced
--- @quickref c:wait_secret_synced(namespace, name, timeout_secs?) -> true | Wait until an ExternalSecret is synced; 60 seconds unless given
--- @quickref c:secret_stores(namespace, opts?) -> {items} | SecretStores
--- @quickref c:secret_store(namespace, name) -> object|nil | One SecretStore
--- @quickref c:secret_store_status(namespace, name) -> {ready, conditions} | State of a SecretStore; an error when there is none
--- @quickref c:is_store_ready(namespace, name) -> bool | Whether a SecretStore is ready
--- @quickref c:cluster_secret_stores(opts?) -> {items} | ClusterSecretStores
--- @quickref c:cluster_secret_store(name) -> object|nil | One ClusterSecretStore
--- @quickref c:is_cluster_store_ready(name) -> bool | Whether a ClusterSecretStore is ready
--- @quickref c:cluster_external_secrets(opts?) -> {items} | ClusterExternalSecrets
--- @quickref c:cluster_external_secret(name) -> object|nil | One ClusterExternalSecret
--- @quickref c:all_secrets_synced(namespace) -> {synced, failed, total, failed_names} | Count of synced ExternalSecrets
--- @quickref c:all_stores_ready(namespace) -> {ready, not_ready, total, not_ready_names} | Count of ready SecretStores
--- @quickref c:each(what, namespace?, opts?) -> iterator | Items of the list `what` ("external_secrets", ...) from all pages
--- @quickref c:refresh(namespace, name, timeout_secs?) -> object | Have a secret fetched again now; waits for it when given a timeout

local rest = require("assay.lib.rest")
local kube = require("assay.lib.kube")
local M, Client = {}, {}

local api = kube.service("eso", { list_verb = "LIST" })

local BASE = "/apis/external-secrets.io/v1beta1" -- servers since 0.17 have v1 only, which is looked up
local POLL = 5 -- seconds between looks at a secret

local secrets = api.resource(BASE, "externalsecrets")
local stores = api.resource(BASE, "secretstores")
local cluster_stores = api.resource(BASE, "clustersecretstores", { cluster_scoped = true })
local cluster_secrets = api.resource(BASE, "clusterexternalsecrets", { cluster_scoped = true })

--- A client of the Kubernetes API server of a cluster with the operator: `client(url, token)`, `client(url, opts)`, or
--- `client(opts)` for a context of the kubeconfig or the pod's own cluster.
--- Options: `token`, `context`, `namespace` (for calls with a nil namespace), `headers`, `timeout`, `ca_cert` and the
--- like. Where the server has no v1beta1 (since 0.17), the version that it has is used.
--- Errors: the address is no text; no kubeconfig has that context.
--- Example: `local c = require("assay.eso").client({ context = "kind-dev", namespace = "shop" })`
--- @effect read
function M.client(url, token)
  return kube.client(Client, url, token)
end

-- Secrets ------------------------------------------------------------------------------------------------

--- Lists ExternalSecrets: the list object with all `items`. The namespace "*" stands for all of them.
--- Options, here and for all lists: `label_selector` ("app=web" or { app = "web" }), `field_selector`, `limit` (then
--- `metadata.continue` leads on, as `continue`).
--- Errors: `eso: LIST PATH HTTP STATUS: BODY` for any status but 200.
--- Example: `for _, s in ipairs(c:external_secrets("shop").items) do print(s.metadata.name, s.status.refreshTime) end`
--- @effect read
function Client:external_secrets(namespace, opts)
  return secrets:list("external_secrets", self, namespace, opts)
end

--- Reads an ExternalSecret; nil when there is none of that name.
--- Errors: `eso: GET PATH HTTP STATUS: BODY` for any status but 200 and 404.
--- Example: `print(c:external_secret("shop", "db").spec.secretStoreRef.name)`
--- @effect read
function Client:external_secret(namespace, name)
  return secrets:find("external_secret", self, namespace, name)
end

--- Sums up an ExternalSecret: `ready`, `status` (the reason of its Ready condition, "Unknown" without one), `sync_hash`
--- ("" when it was never synced), `conditions`.
--- Errors: `eso: ExternalSecret NS/NAME not found`; as `external_secret`.
--- Example: `print(c:external_secret_status("shop", "db").status)`
--- @effect read
function Client:external_secret_status(namespace, name)
  local missing = ("eso: ExternalSecret %s not found"):format(kube.place(self, namespace, name))
  local secret = secrets:demand("external_secret_status", self, namespace, name, missing)
  local condition = kube.condition(secret, "Ready")
  return {
    ready = kube.is_ready(secret),
    status = condition and condition.reason or "Unknown",
    sync_hash = kube.status(secret).syncedResourceVersion or "",
    conditions = kube.conditions(secret),
  }
end

--- Says whether the Ready condition of an ExternalSecret is True; false when there is none of that name.
--- Errors: as `external_secret`.
--- Example: `assert.eq(c:is_secret_synced("shop", "db"), true)`
--- @effect read
function Client:is_secret_synced(namespace, name)
  return kube.is_ready(secrets:find("is_secret_synced", self, namespace, name))
end

--- Waits until an ExternalSecret is synced, looking every five seconds; one that is not there yet is waited for.
--- `timeout_secs` is 60 unless given; with 0 it does not look at all.
--- Errors: `eso: ExternalSecret NS/NAME not synced after SECONDSs`; as `external_secret`.
--- Example: `c:wait_secret_synced("shop", "db", 120)`
--- @effect read
function Client:wait_secret_synced(namespace, name, timeout_secs)
  local timeout = rest.seconds("eso.wait_secret_synced", timeout_secs or 60, "timeout_secs")
  if kube.poll(timeout, POLL, function() return self:is_secret_synced(namespace, name) end) then return true end
  local place = kube.place(self, namespace, name)
  error(("eso: ExternalSecret %s not synced after %ss"):format(place, timeout_secs or 60))
end

-- Stores -------------------------------------------------------------------------------------------------

--- Lists SecretStores: the list object with all `items`.
--- Errors: as `external_secrets`.
--- Example: `print(#c:secret_stores("shop").items)`
--- @effect read
function Client:secret_stores(namespace, opts)
  return stores:list("secret_stores", self, namespace, opts)
end

--- Reads a SecretStore; nil when there is none of that name.
--- Errors: as `external_secret`.
--- Example: `print(c:secret_store("shop", "vault").spec.provider.vault.server)`
--- @effect read
function Client:secret_store(namespace, name)
  return stores:find("secret_store", self, namespace, name)
end

--- Sums up a SecretStore: `ready`, `conditions`.
--- Errors: `eso: SecretStore NS/NAME not found`; as `external_secret`.
--- Example: `print(c:secret_store_status("shop", "vault").ready)`
--- @effect read
function Client:secret_store_status(namespace, name)
  local missing = ("eso: SecretStore %s not found"):format(kube.place(self, namespace, name))
  local store = stores:demand("secret_store_status", self, namespace, name, missing)
  return { ready = kube.is_ready(store), conditions = kube.conditions(store) }
end

--- Says whether the Ready condition of a SecretStore is True; false when there is none of that name.
--- Errors: as `external_secret`.
--- Example: `assert.eq(c:is_store_ready("shop", "vault"), true)`
--- @effect read
function Client:is_store_ready(namespace, name)
  return kube.is_ready(stores:find("is_store_ready", self, namespace, name))
end

--- Lists ClusterSecretStores: the list object with all `items`.
--- Errors: as `external_secrets`.
--- Example: `for _, s in ipairs(c:cluster_secret_stores().items) do print(s.metadata.name) end`
--- @effect read
function Client:cluster_secret_stores(opts)
  return cluster_stores:list("cluster_secret_stores", self, nil, opts)
end

--- Reads a ClusterSecretStore; nil when there is none of that name.
--- Errors: as `external_secret`.
--- Example: `print(c:cluster_secret_store("vault").status.capabilities)`
--- @effect read
function Client:cluster_secret_store(name)
  return cluster_stores:find("cluster_secret_store", self, nil, name)
end

--- Says whether the Ready condition of a ClusterSecretStore is True; false when there is none of that name.
--- Errors: as `external_secret`.
--- Example: `assert.eq(c:is_cluster_store_ready("vault"), true)`
--- @effect read
function Client:is_cluster_store_ready(name)
  return kube.is_ready(cluster_stores:find("is_cluster_store_ready", self, nil, name))
end

-- Secrets of many namespaces -----------------------------------------------------------------------------

--- Lists ClusterExternalSecrets: the list object with all `items`.
--- Errors: as `external_secrets`.
--- Example: `print(#c:cluster_external_secrets().items)`
--- @effect read
function Client:cluster_external_secrets(opts)
  return cluster_secrets:list("cluster_external_secrets", self, nil, opts)
end

--- Reads a ClusterExternalSecret; nil when there is none of that name.
--- Errors: as `external_secret`.
--- Example: `print(#c:cluster_external_secret("registry").status.provisionedNamespaces)`
--- @effect read
function Client:cluster_external_secret(name)
  return cluster_secrets:find("cluster_external_secret", self, nil, name)
end

-- Summaries ----------------------------------------------------------------------------------------------

--- Counts ExternalSecrets by whether they are synced, with the names of those that are not in the server's order.
--- Errors: as `external_secrets`.
--- Example: `for _, name in ipairs(c:all_secrets_synced("shop").failed_names) do print(name) end`
--- @effect read
function Client:all_secrets_synced(namespace)
  return kube.tally(self:external_secrets(namespace).items, kube.is_ready, "synced", "failed")
end

--- Counts SecretStores by readiness, with the names of those that are not ready. ClusterSecretStores do not count.
--- Errors: as `external_secrets`.
--- Example: `assert.eq(c:all_stores_ready("shop").not_ready, 0)`
--- @effect read
function Client:all_stores_ready(namespace)
  return kube.tally(self:secret_stores(namespace).items, kube.is_ready)
end

--- Iterates over the items of a list, page by page. `what` is the name of a method that lists: "external_secrets",
--- "secret_stores", "cluster_secret_stores" and "cluster_external_secrets" (both with a nil namespace).
--- Options: as the lists; `limit` is the size of a page (500).
--- Errors: there is no such list; as `external_secrets`.
--- Example: `for secret in c:each("external_secrets", "*") do print(secret.metadata.name) end`
--- @effect read
Client.each = kube.each_of("eso", {
  external_secrets = secrets, secret_stores = stores,
  cluster_secret_stores = cluster_stores, cluster_external_secrets = cluster_secrets,
})

--- Has an ExternalSecret fetched again now, and gives it. With a timeout it waits until that was done, looking every
--- second, and gives the object as it is then, whether or not it is synced.
--- Errors: any status of no success, so 404 when there is none of that name;
---   `eso: ExternalSecret NS/NAME not refreshed after SECONDSs`.
--- Example: `c:refresh("shop", "db", 60) assert.eq(c:is_secret_synced("shop", "db"), true)`
--- @effect write
Client.refresh = function(self, namespace, name, timeout_secs)
  local mark = { metadata = { annotations = { ["force-sync"] = kube.stamp() } } }
  local before = secrets:patch("refresh", self, namespace, name, mark)
  if not timeout_secs then return before end
  local timeout = rest.seconds("eso.refresh", timeout_secs, "timeout_secs")
  local done = rest.wait_until(function()
    local found = secrets:get("refresh", self, namespace, name)
    local status, old = kube.status(found), kube.status(before)
    local changed = status.refreshTime ~= old.refreshTime or status.syncedResourceVersion ~= old.syncedResourceVersion
    return changed and found
  end, { timeout = timeout, interval = 1 })
  local place = kube.place(self, namespace, name)
  return done or error(("eso: ExternalSecret %s not refreshed after %ss"):format(place, timeout_secs))
end

return M
