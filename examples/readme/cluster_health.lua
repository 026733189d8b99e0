#!/usr/bin/env assay
-- Are all replicas of a deployment ready? Runs in a pod with the account the cluster gives it.
-- Usage: assay cluster_health.lua [NAMESPACE [DEPLOYMENT]]

local account = env.get("ACCOUNT_DIR") or "/var/run/secrets/kubernetes.io/serviceaccount"
local server = env.get("API_SERVER") or "https://kubernetes.default.svc"
local cluster = http.client({
  bearer = fs.read(account .. "/token"),
  ca_cert_file = fs.exists(account .. "/ca.crt") and account .. "/ca.crt" or nil,
  timeout = 10,
})

local namespace, name = arg and arg[1] or "default", arg and arg[2] or "my-app"
local answer = cluster:get(("%s/apis/apps/v1/namespaces/%s/deployments/%s"):format(server, namespace, name))
assert.eq(answer.status, 200, "API server")

local deployment = answer:json()
assert.eq(deployment.status.readyReplicas, deployment.spec.replicas, name .. " has replicas that are not ready")
log.info(("%s: %d of %d replicas ready"):format(name, deployment.status.readyReplicas, deployment.spec.replicas))
