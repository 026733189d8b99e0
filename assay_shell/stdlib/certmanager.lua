--- @module assay.certmanager
--- @category security
--- @description cert-manager certificate lifecycle: certificates, issuers, ACME orders and challenges
--- @keywords certmanager, certificates, issuers, acme, tls, kubernetes, letsencrypt, order, challenge, request, approval, readiness, wait, ssl
--- @quickref c:certificates(namespace, opts?) -> {items} | Certificates; opts of all lists: {label_selector, field_selector, limit, continue}
--- @quickref c:certificate(namespace, name) -> object|nil | One Certificate
--- @quickref c:certificate_status(namespace, name) -> {ready, not_after, not_before, renewal_time, revision, conditions}|nil | State of a Certificate
--- @quickref c:is_certificate_ready(namespace, name) -> bool | Whether a Certificate is ready
--- @quickref c:wait_certificate_ready(namespace, name, timeout_secs?) -> true | Wait until a Certificate is ready; 300 seconds unless given
--- @quickref c:issuers(namespace, opts?) -> {items} | Issuers
--- @quickref c:issuer(namespace, name) -> object|nil | One Issuer
--- @quickref c:is_issuer_ready(namespace, name) -> bool | Whether an Issuer is ready
--- @quickref c:cluster_issuers(opts?) -> {items} | ClusterIssuers
--- @quickref c:cluster_issuer(name) -> object|nil | One ClusterIssuer
--- @quickref c:is_cluster_issuer_ready(name) -> bool | Whether a ClusterIssuer is ready
--- @quickref c:certificate_requests(namespace, opts?) -> {items} | CertificateRequests
--- @quickref c:certificate_request(namespace, name) -> object|nil | One CertificateRequest
--- @quickref c:is_request_approved(namespace, name) -> bool | Whether a CertificateRequest is approved
--- @quickref c:orders(namespace, opts?) -> {items} | ACME Orders
--- @quickref c:order(namespace, name) -> object|nil | One ACME Order
--- @quickref c:challenges(namespace, opts?) -> {items} | ACME Challenges
--- @quickref c:challenge(namespace, name) -> object|nil | One ACME Challenge
--- @quickref c:all_certificates_ready(namespace) -> {ready, not_ready, total, not_ready_names} | Count of ready Certificates
--- @quickref c:all_issuers_ready(namespace) -> {ready, not_ready, total, not_ready_names} | Count of ready Issuers
--- @quickref c:each(what, namespace?, opts?) -> iterator | Items of the list `what` ("certificates", ...) from all pages
--- @quickref c:renew(namespace, name) -> object | Have a certificate issued again now

local rest = require("assay.lib.rest")
local kube = require("assay.lib.kube")
local M, Client = {}, {}

local api = kube.service("certmanager", { list_verb = "LIST", empty_when_missing = true })

local CORE, ACME = "/apis/cert-manager.io/v1", "/apis/acme.cert-manager.io/v1"
local POLL = 5 -- seconds between looks at a certificate

local certificates = api.resource(CORE, "certificates")
local issuers = api.resource(CORE, "issuers")
local cluster_issuers = api.resource(CORE, "clusterissuers", { cluster_scoped = true })
local requests = api.resource(CORE, "certificaterequests")
local orders = api.resource(ACME, "orders")
local challenges = api.resource(ACME, "challenges")

--- A client of the Kubernetes API server of a cluster with cert-manager: `client(url, token)`, `client(url, opts)`, or
--- `client(opts)` for a context of the kubeconfig or the pod's own cluster.
--- Options: `token`, `context`, `namespace` (for calls with a nil namespace), `headers`, `timeout`, `ca_cert` and the
--- like.
--- Errors: the address is no text; no kubeconfig has that context.
--- Example: `local c = require("assay.certmanager").client({ context = "kind-dev", namespace = "shop" })`
--- @effect read
function M.client(url, token)
  return kube.client(Client, url, token)
end

-- Certificates -------------------------------------------------------------------------------------------

--- Lists Certificates: the list object with all `items`; without any where the cluster does not know them. The
--- namespace "*" stands for all of them.
--- Options, here and for all lists: `label_selector` ("app=web" or { app = "web" }), `field_selector`, `limit` (then
--- `metadata.continue` leads on, as `continue`).
--- Errors: `certmanager: LIST PATH HTTP STATUS: BODY` for any status but 200 and 404.
--- Example: `for _, c in ipairs(c:certificates("shop").items) do print(c.metadata.name, c.status.notAfter) end`
--- @effect read
function Client:certificates(namespace, opts)
  return certificates:list("certificates", self, namespace, opts)
end

--- Reads a Certificate; nil when there is none of that name.
--- Errors: `certmanager: GET PATH HTTP STATUS: BODY` for any status but 200 and 404.
--- Example: `print(c:certificate("shop", "web").spec.secretName)`
--- @effect read
function Client:certificate(namespace, name)
  return certificates:find("certificate", self, namespace, name)
end

--- Sums up a Certificate: `ready`, the times `not_after`, `not_before` and `renewal_time` (RFC 3339), `revision` (a
--- number), each nil where the server does not say, and `conditions`. nil when there is none of that name.
--- Errors: as `certificate`.
--- Example: `local s = c:certificate_status("shop", "web") print(s.ready, s.not_after)`
--- @effect read
function Client:certificate_status(namespace, name)
  local certificate = self:certificate(namespace, name)
  if not certificate then return nil end
  local status = kube.status(certificate)
  return {
    ready = kube.is_ready(certificate),
    not_after = status.notAfter,
    not_before = status.notBefore,
    renewal_time = status.renewalTime,
    revision = status.revision,
    conditions = kube.conditions(certificate),
  }
end

--- Says whether the Ready condition of a Certificate is True; false when there is none of that name.
--- Errors: as `certificate`.
--- Example: `assert.eq(c:is_certificate_ready("shop", "web"), true)`
--- @effect read
function Client:is_certificate_ready(namespace, name)
  return kube.is_ready(self:certificate(namespace, name))
end

--- Waits until a Certificate is ready, looking every five seconds; one that is not there yet is waited for.
--- `timeout_secs` is 300 unless given; with 0 it looks once.
--- Errors: `certmanager: timeout waiting for certificate NS/NAME to be ready`; as `certificate`.
--- Example: `c:wait_certificate_ready("shop", "web", 120)`
--- @effect read
function Client:wait_certificate_ready(namespace, name, timeout_secs)
  local timeout = rest.seconds("certmanager.wait_certificate_ready", timeout_secs or 300, "timeout_secs")
  local function check() return self:is_certificate_ready(namespace, name) end
  if rest.wait_until(check, { timeout = timeout, interval = POLL }) then return true end
  local place = kube.place(self, namespace, name)
  error(("certmanager: timeout waiting for certificate %s to be ready"):format(place))
end

-- Issuers ------------------------------------------------------------------------------------------------

--- Lists Issuers: the list object with all `items`.
--- Errors: as `certificates`.
--- Example: `print(#c:issuers("shop").items)`
--- @effect read
function Client:issuers(namespace, opts)
  return issuers:list("issuers", self, namespace, opts)
end

--- Reads an Issuer; nil when there is none of that name.
--- Errors: as `certificate`.
--- Example: `print(c:issuer("shop", "letsencrypt").spec.acme.server)`
--- @effect read
function Client:issuer(namespace, name)
  return issuers:find("issuer", self, namespace, name)
end

--- Says whether the Ready condition of an Issuer is True; false when there is none of that name.
--- Errors: as `certificate`.
--- Example: `assert.eq(c:is_issuer_ready("shop", "letsencrypt"), true)`
--- @effect read
function Client:is_issuer_ready(namespace, name)
  return kube.is_ready(self:issuer(namespace, name))
end

--- Lists ClusterIssuers: the list object with all `items`.
--- Errors: as `certificates`.
--- Example: `for _, i in ipairs(c:cluster_issuers().items) do print(i.metadata.name) end`
--- @effect read
function Client:cluster_issuers(opts)
  return cluster_issuers:list("cluster_issuers", self, nil, opts)
end

--- Reads a ClusterIssuer; nil when there is none of that name.
--- Errors: as `certificate`.
--- Example: `print(c:cluster_issuer("letsencrypt").spec.acme.email)`
--- @effect read
function Client:cluster_issuer(name)
  return cluster_issuers:find("cluster_issuer", self, nil, name)
end

--- Says whether the Ready condition of a ClusterIssuer is True; false when there is none of that name.
--- Errors: as `certificate`.
--- Example: `assert.eq(c:is_cluster_issuer_ready("letsencrypt"), true)`
--- @effect read
function Client:is_cluster_issuer_ready(name)
  return kube.is_ready(self:cluster_issuer(name))
end

-- How a certificate comes about --------------------------------------------------------------------------

--- Lists CertificateRequests: the list object with all `items`.
--- Errors: as `certificates`.
--- Example: `print(#c:certificate_requests("shop").items)`
--- @effect read
function Client:certificate_requests(namespace, opts)
  return requests:list("certificate_requests", self, namespace, opts)
end

--- Reads a CertificateRequest; nil when there is none of that name.
--- Errors: as `certificate`.
--- Example: `print(c:certificate_request("shop", "web-1").spec.issuerRef.name)`
--- @effect read
function Client:certificate_request(namespace, name)
  return requests:find("certificate_request", self, namespace, name)
end

--- Says whether the Approved condition of a CertificateRequest is True; false when there is none of that name.
--- Errors: as `certificate`.
--- Example: `assert.eq(c:is_request_approved("shop", "web-1"), true)`
--- @effect read
function Client:is_request_approved(namespace, name)
  return kube.is_true(self:certificate_request(namespace, name), "Approved")
end

--- Lists ACME Orders: the list object with all `items`.
--- Errors: as `certificates`.
--- Example: `for _, o in ipairs(c:orders("shop").items) do print(o.metadata.name, o.status.state) end`
--- @effect read
function Client:orders(namespace, opts)
  return orders:list("orders", self, namespace, opts)
end

--- Reads an ACME Order; nil when there is none of that name.
--- Errors: as `certificate`.
--- Example: `print(c:order("shop", "web-1-123").status.reason)`
--- @effect read
function Client:order(namespace, name)
  return orders:find("order", self, namespace, name)
end

--- Lists ACME Challenges: the list object with all `items`.
--- Errors: as `certificates`.
--- Example: `for _, ch in ipairs(c:challenges("shop").items) do print(ch.spec.dnsName, ch.status.reason) end`
--- @effect read
function Client:challenges(namespace, opts)
  return challenges:list("challenges", self, namespace, opts)
end

--- Reads an ACME Challenge; nil when there is none of that name.
--- Errors: as `certificate`.
--- Example: `print(c:challenge("shop", "web-1-123-456").status.state)`
--- @effect read
function Client:challenge(namespace, name)
  return challenges:find("challenge", self, namespace, name)
end

-- Summaries ----------------------------------------------------------------------------------------------

--- Counts Certificates by readiness, with the names of those that are not ready in the server's order.
--- Errors: as `certificates`.
--- Example: `for _, name in ipairs(c:all_certificates_ready("shop").not_ready_names) do print(name) end`
--- @effect read
function Client:all_certificates_ready(namespace)
  return kube.tally(self:certificates(namespace).items, kube.is_ready, "ready", "not_ready", "unknown")
end

--- Counts Issuers by readiness, with the names of those that are not ready. ClusterIssuers are not among them.
--- Errors: as `certificates`.
--- Example: `assert.eq(c:all_issuers_ready("shop").not_ready, 0)`
--- @effect read
function Client:all_issuers_ready(namespace)
  return kube.tally(self:issuers(namespace).items, kube.is_ready, "ready", "not_ready", "unknown")
end

--- Iterates over the items of a list, page by page. `what` is the name of a method that lists: "certificates",
--- "issuers", "cluster_issuers" (with a nil namespace), "certificate_requests", "orders", "challenges".
--- Options: as the lists; `limit` is the size of a page (500).
--- Errors: there is no such list; as `certificates`.
--- Example: `for cert in c:each("certificates", "*") do print(cert.metadata.namespace, cert.metadata.name) end`
--- @effect read
Client.each = kube.each_of("certmanager", {
  certificates = certificates, issuers = issuers, cluster_issuers = cluster_issuers,
  certificate_requests = requests, orders = orders, challenges = challenges,
})

--- Has a certificate issued again now, whatever its age, and gives it. cert-manager starts as soon as it sees the
--- condition Issuing; `wait_certificate_ready` does not wait for that, since the old one stays ready.
--- Errors: `certmanager: PATCH PATH HTTP STATUS: BODY` for any status of no success, so 409 when it was changed at the
---   same time; `certmanager: GET PATH HTTP 404: BODY` when there is none of that name.
--- Example: `c:renew("shop", "web")`
--- @effect write
Client.renew = function(self, namespace, name)
  local certificate = certificates:get("renew", self, namespace, name)
  local issuing = {
    type = "Issuing", status = "True", reason = "ManuallyTriggered", message = "Renewal was asked for",
    lastTransitionTime = os.date("!%Y-%m-%dT%H:%M:%SZ"), observedGeneration = certificate.metadata.generation,
  }
  local conditions = {}
  for _, condition in ipairs(kube.conditions(certificate)) do
    if condition.type ~= "Issuing" then conditions[#conditions + 1] = condition end
  end
  conditions[#conditions + 1] = issuing
  local change = {
    metadata = { resourceVersion = certificate.metadata.resourceVersion },
    status = { conditions = conditions },
  }
  return certificates:patch("renew", self, namespace, name, change, { subresource = "status" })
end

return M
