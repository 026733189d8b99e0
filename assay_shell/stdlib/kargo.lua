--- @module assay.kargo
--- @category gitops
--- @description Kargo continuous promotion on Kubernetes: stages, freight, promotions, warehouses, pipeline status
--- @keywords kargo, promotions, stages, freight, warehouses, gitops, kubernetes, promotion, pipeline, health, wait, status, stage
--- @quickref c:stages(namespace, opts?) -> [stage] | Stages of a project; opts of all lists: {label_selector, field_selector, limit, continue}
--- @quickref c:stage(namespace, name) -> stage | One stage; an error when there is none
--- @quickref c:stage_status(namespace, name) -> {phase, current_freight_id, health, conditions} | State of a stage
--- @quickref c:is_stage_healthy(namespace, name) -> bool | Whether a stage is steady or healthy
--- @quickref c:wait_stage_healthy(namespace, name, timeout_secs?) -> true | Wait until a stage is healthy; 60 seconds unless given
--- @quickref c:freight_list(namespace, opts?) -> [freight] | Freight of a project; opts: {stage, warehouse}
--- @quickref c:freight(namespace, name) -> freight | One piece of freight
--- @quickref c:freight_status(namespace, name) -> status | What is known of a piece of freight
--- @quickref c:promotions(namespace, opts?) -> [promotion] | Promotions of a project; opts: {stage}
--- @quickref c:promotion(namespace, name) -> promotion | One promotion
--- @quickref c:promotion_status(namespace, name) -> {phase, message, freight_id} | State of a promotion
--- @quickref c:promote(namespace, stage, freight) -> promotion | Start promoting freight to a stage
--- @quickref c:warehouses(namespace, opts?) -> [warehouse] | Warehouses of a project
--- @quickref c:warehouse(namespace, name) -> warehouse | One warehouse
--- @quickref c:projects(opts?) -> [project] | All projects
--- @quickref c:project(name) -> project | One project
--- @quickref c:pipeline_status(namespace) -> [{name, phase, freight, healthy}] | State of all stages of a project
--- @quickref c:each(what, namespace?, opts?) -> iterator | Items of the list `what` ("stages", "freight_list", ...) from all pages
--- @quickref c:wait_promotion(namespace, name, timeout_secs?) -> {phase, message, freight_id} | Wait until a promotion has succeeded; an error when it failed

local rest = require("assay.lib.rest")
local kube = require("assay.lib.kube")
local M, Client = {}, {}

local api = kube.service("kargo")

local BASE = "/apis/kargo.akuity.io/v1alpha1"
local POLL = 5 -- seconds between looks at a stage

local stages = api.resource(BASE, "stages")
local freight = api.resource(BASE, "freight", { names = { "freights" } }) -- as the original has it, and as servers have
local promotions = api.resource(BASE, "promotions")
local warehouses = api.resource(BASE, "warehouses")
local projects = api.resource(BASE, "projects", { cluster_scoped = true })

--- A client of the Kubernetes API server of a cluster with Kargo: `client(url, token)`, `client(url, opts)`, or
--- `client(opts)` for a context of the kubeconfig or the pod's own cluster.
--- Options: `token`, `context`, `namespace` (for calls with a nil namespace), `headers`, `timeout`, `ca_cert` and the
--- like.
--- Errors: the address is no text; no kubeconfig has that context.
--- Example: `local c = require("assay.kargo").client({ context = "kind-dev", namespace = "shop" })`
--- @effect read
function M.client(url, token)
  return kube.client(Client, url, token)
end

local function items(resource, fn, client, namespace, opts)
  return resource:list(fn, client, namespace, opts).items or {}
end

-- The options of a list with a label for each of those in `labels` that is given. They are one selector: of several,
-- servers look at the first only.
local function labelled(fn, opts, labels)
  opts = opts or {}
  local parts = { kube.selector(opts.label_selector) }
  for _, label in ipairs(labels) do
    local value = opts[label] and rest.text("kargo." .. fn, opts[label], label)
    if value then parts[#parts + 1] = "kargo.akuity.io/" .. label .. "=" .. value end
  end
  return rest.merged({ label_selector = #parts > 0 and table.concat(parts, ",") or nil }, opts)
end

-- Stages -------------------------------------------------------------------------------------------------

-- Servers since 1.3 have no phase any more: it follows from what they say of the last promotion and its verification.
local function phase_of(stage)
  local status = kube.status(stage)
  local last = status.lastPromotion and status.lastPromotion.status or {}
  local verified = kube.condition(stage, "Verified")
  if status.phase then return status.phase end
  if status.currentPromotion then return "Promoting" end
  if last.phase == "Failed" or last.phase == "Errored" then return "Failed" end
  if verified and verified.status == "Unknown" then return "Verifying" end
  return last.phase and "Steady" or nil
end

-- Of servers since 1.0, which have a history of several pieces of freight, the first piece by its origin's name.
local function freight_of(stage)
  local status = kube.status(stage)
  local current = status.currentFreight and status.currentFreight.name or status.currentFreightId
  if current then return current end
  local newest = status.freightHistory and status.freightHistory[1]
  local first
  for origin in pairs(newest and newest.items or {}) do
    if not first or origin < first then first = origin end
  end
  return first and newest.items[first].name
end

local function is_healthy(stage)
  if kube.status(stage).phase == "Steady" then return true end
  local condition = kube.last_condition(stage, "Healthy")
  return condition ~= nil and condition.status == "True"
end

--- Lists the stages of a project, whose name is its namespace; "*" stands for all of them.
--- Options, here and for all lists: `label_selector` ("app=web" or { app = "web" }), `field_selector`, `limit`,
--- `continue`.
--- Errors: `kargo: GET PATH HTTP STATUS: BODY` for any status but 200.
--- Example: `for _, stage in ipairs(c:stages("shop")) do print(stage.metadata.name) end`
--- @effect read
function Client:stages(namespace, opts)
  return items(stages, "stages", self, namespace, opts)
end

--- Reads a stage.
--- Errors: `kargo: GET PATH HTTP STATUS: BODY` for any status but 200, so 404 when there is none of that name.
--- Example: `print(#c:stage("shop", "prod").spec.requestedFreight)`
--- @effect read
function Client:stage(namespace, name)
  return stages:get("stage", self, namespace, name)
end

--- Sums up a stage: `phase` ("Steady", "Promoting", "Verifying", "Failed", ...; nil where nothing was promoted yet),
--- `current_freight_id`, `health` as the server says it, `conditions` ({} when there are none).
--- Errors: as `stage`.
--- Example: `local s = c:stage_status("shop", "prod") print(s.phase, s.current_freight_id)`
--- @effect read
function Client:stage_status(namespace, name)
  local stage = self:stage(namespace, name)
  return {
    phase = phase_of(stage),
    current_freight_id = freight_of(stage),
    health = kube.status(stage).health,
    conditions = kube.conditions(stage),
  }
end

--- Says whether the phase of a stage is Steady, or else its Healthy condition True.
--- Errors: as `stage`.
--- Example: `assert.eq(c:is_stage_healthy("shop", "prod"), true)`
--- @effect read
function Client:is_stage_healthy(namespace, name)
  return is_healthy(self:stage(namespace, name))
end

--- Waits until a stage is healthy, looking every five seconds. What goes wrong while looking counts as not yet; with a
--- timeout of 0 it does not look at all. `timeout_secs` is 60 unless given.
--- Errors: `kargo: stage NS/NAME not healthy after SECONDSs`.
--- Example: `c:wait_stage_healthy("shop", "prod", 600)`
--- @effect read
function Client:wait_stage_healthy(namespace, name, timeout_secs)
  local timeout = rest.seconds("kargo.wait_stage_healthy", timeout_secs or 60, "timeout_secs")
  local function check() return self:is_stage_healthy(namespace, name) end
  if kube.poll(timeout, POLL, check, { quiet = true }) then return true end
  local place = kube.place(self, namespace, name)
  error(("kargo: stage %s not healthy after %ss"):format(place, timeout_secs or 60))
end

-- Freight ------------------------------------------------------------------------------------------------

--- Lists the freight of a project. Servers whose plural of it is `freights` are asked for that.
--- Options: `stage` and `warehouse`, by the labels `kargo.akuity.io/stage` and `kargo.akuity.io/warehouse`.
--- Errors: as `stages`.
--- Example: `for _, f in ipairs(c:freight_list("shop")) do print(f.metadata.name, f.alias) end`
--- @effect read
function Client:freight_list(namespace, opts)
  return items(freight, "freight_list", self, namespace, labelled("freight_list", opts, { "stage", "warehouse" }))
end

--- Reads a piece of freight.
--- Errors: as `stage`.
--- Example: `print(c:freight("shop", "5f1c0a").images[1].tag)`
--- @effect read
function Client:freight(namespace, name)
  return freight:get("freight", self, namespace, name)
end

--- Gives the status of a piece of freight: `verifiedIn`, `approvedFor`, `currentlyIn`; {} when there is none.
--- Errors: as `stage`.
--- Example: `for stage in pairs(c:freight_status("shop", "5f1c0a").verifiedIn or {}) do print(stage) end`
--- @effect read
function Client:freight_status(namespace, name)
  return kube.status(self:freight(namespace, name))
end

-- Promotions ---------------------------------------------------------------------------------------------

--- Lists the promotions of a project.
--- Options: `stage`, by the label `kargo.akuity.io/stage`.
--- Errors: as `stages`.
--- Example: `for _, p in ipairs(c:promotions("shop", { stage = "prod" })) do print(p.metadata.name) end`
--- @effect read
function Client:promotions(namespace, opts)
  return items(promotions, "promotions", self, namespace, labelled("promotions", opts, { "stage" }))
end

--- Reads a promotion.
--- Errors: as `stage`.
--- Example: `print(c:promotion("shop", "prod-x7k2p").spec.freight)`
--- @effect read
function Client:promotion(namespace, name)
  return promotions:get("promotion", self, namespace, name)
end

--- Sums up a promotion: `phase` ("Pending", "Running", "Succeeded", "Failed", "Errored", "Aborted"), `message`,
--- `freight_id`; what the server does not say is nil.
--- Errors: as `stage`.
--- Example: `print(c:promotion_status("shop", "prod-x7k2p").phase)`
--- @effect read
function Client:promotion_status(namespace, name)
  local status = kube.status(self:promotion(namespace, name))
  local id = status.freight and status.freight.name or status.freightId
  return { phase = status.phase, message = status.message, freight_id = id }
end

local function new_promotion(namespace, stage, freight_name, template)
  template = template or {}
  return {
    apiVersion = "kargo.akuity.io/v1alpha1",
    kind = "Promotion",
    metadata = { namespace = namespace, generateName = stage .. "-" },
    spec = { stage = stage, freight = freight_name, steps = template.steps, vars = template.vars },
  }
end

--- Starts promoting freight to a stage, and gives the promotion as the server made it. Servers that insist on being
--- told the steps are told those of the stage's template.
--- Errors: `kargo: POST PATH HTTP STATUS: BODY` for any status of no success.
--- Example: `local p = c:promote("shop", "prod", "5f1c0a") c:wait_promotion("shop", p.metadata.name, 600)`
--- @effect write
function Client:promote(namespace, stage, freight_name)
  namespace = namespace or self.namespace
  stage, freight_name = rest.text("kargo.promote", stage, "stage"), rest.text("kargo.promote", freight_name, "freight")
  local function create(template)
    return promotions:create("promote", self, namespace, new_promotion(namespace, stage, freight_name, template))
  end
  local made, found = pcall(create)
  if made then return found end
  local wants_steps = found.status == 422 and found:find("steps", 1, true)
  local template = wants_steps and (self:stage(namespace, stage).spec or {}).promotionTemplate
  if not template then error(found, 0) end
  return create(template.spec)
end

-- Warehouses and projects --------------------------------------------------------------------------------

--- Lists the warehouses of a project.
--- Errors: as `stages`.
--- Example: `for _, w in ipairs(c:warehouses("shop")) do print(w.metadata.name) end`
--- @effect read
function Client:warehouses(namespace, opts)
  return items(warehouses, "warehouses", self, namespace, opts)
end

--- Reads a warehouse.
--- Errors: as `stage`.
--- Example: `print(#c:warehouse("shop", "images").spec.subscriptions)`
--- @effect read
function Client:warehouse(namespace, name)
  return warehouses:get("warehouse", self, namespace, name)
end

--- Lists all projects.
--- Errors: as `stages`.
--- Example: `for _, project in ipairs(c:projects()) do print(project.metadata.name) end`
--- @effect read
function Client:projects(opts)
  return items(projects, "projects", self, nil, opts)
end

--- Reads a project.
--- Errors: as `stage`.
--- Example: `print(#c:project("shop").status.conditions)`
--- @effect read
function Client:project(name)
  return projects:get("project", self, nil, name)
end

--- Gives the state of all stages of a project, in the server's order.
--- Errors: as `stages`.
--- Example: `for _, s in ipairs(c:pipeline_status("shop")) do print(s.name, s.phase, s.freight, s.healthy) end`
--- @effect read
function Client:pipeline_status(namespace)
  local found = {}
  for _, stage in ipairs(self:stages(namespace)) do
    found[#found + 1] = {
      name = stage.metadata.name,
      phase = phase_of(stage),
      freight = freight_of(stage),
      healthy = is_healthy(stage),
    }
  end
  return found
end

--- Iterates over the items of a list, page by page. `what` is the name of a method that lists: "stages",
--- "freight_list", "promotions", "warehouses", "projects" (with a nil namespace).
--- Options: `label_selector`, `field_selector`, `limit` (items a page, 500).
--- Errors: there is no such list; as `stages`.
--- Example: `for p in c:each("promotions", "shop") do print(p.metadata.name) end`
--- @effect read
Client.each = kube.each_of("kargo", {
  stages = stages, freight_list = freight, promotions = promotions, warehouses = warehouses, projects = projects,
})

local FAILED = { Failed = true, Errored = true, Aborted = true }

--- Waits until a promotion has succeeded, looking every five seconds, and gives what `promotion_status` gives.
--- `timeout_secs` is 300 unless given; with 0 it looks once.
--- Errors: the promotion failed or was aborted, with the server's message;
---   `kargo: promotion NS/NAME not done after SECONDSs`; as `promotion`.
--- Example: `print(c:wait_promotion("shop", "prod-x7k2p", 600).phase)`
--- @effect read
Client.wait_promotion = function(self, namespace, name, timeout_secs)
  local timeout = rest.seconds("kargo.wait_promotion", timeout_secs or 300, "timeout_secs")
  local place = "promotion " .. kube.place(self, namespace, name)
  local done = rest.wait_until(function()
    local found = self:promotion_status(namespace, name)
    if FAILED[found.phase] then error(("kargo: %s %s: %s"):format(place, found.phase, found.message or "")) end
    return found.phase == "Succeeded" and found
  end, { timeout = timeout, interval = POLL })
  return done or error(("kargo: %s not done after %ss"):format(place, timeout_secs or 300))
end

return M
