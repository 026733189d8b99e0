--- @module assay.velero
--- @category backup
--- @description Velero backup and restore: backups, restores, schedules, storage locations
--- @keywords velero, backups, restores, schedules, disaster-recovery, kubernetes, backup, restore, schedule, storage-location, snapshot, repository, completion, status, failover
--- @quickref c:backups(opts?) -> [backup] | Backups; opts of all lists: {label_selector, field_selector, limit, continue}
--- @quickref c:backup(name) -> backup|nil | One backup
--- @quickref c:backup_status(name) -> {phase, started, completed, expiration, errors, warnings, items_backed_up, items_total} | State of a backup; an error when there is none
--- @quickref c:is_backup_completed(name) -> bool | Whether a backup is complete
--- @quickref c:is_backup_failed(name) -> bool | Whether a backup failed, in whole or in part
--- @quickref c:latest_backup(schedule_name) -> backup|nil | Newest backup of a schedule, in whatever phase
--- @quickref c:restores(opts?) -> [restore] | Restores
--- @quickref c:restore(name) -> restore|nil | One restore
--- @quickref c:restore_status(name) -> {phase, started, completed, errors, warnings} | State of a restore; an error when there is none
--- @quickref c:is_restore_completed(name) -> bool | Whether a restore is complete
--- @quickref c:schedules(opts?) -> [schedule] | Schedules
--- @quickref c:schedule(name) -> schedule|nil | One schedule
--- @quickref c:schedule_status(name) -> {phase, last_backup, validation_errors} | State of a schedule; an error when there is none
--- @quickref c:is_schedule_enabled(name) -> bool | Whether a schedule is enabled
--- @quickref c:backup_storage_locations(opts?) -> [location] | Backup storage locations
--- @quickref c:backup_storage_location(name) -> location|nil | One backup storage location
--- @quickref c:is_bsl_available(name) -> bool | Whether a backup storage location is available
--- @quickref c:volume_snapshot_locations(opts?) -> [location] | Volume snapshot locations
--- @quickref c:volume_snapshot_location(name) -> location|nil | One volume snapshot location
--- @quickref c:backup_repositories(opts?) -> [repository] | Backup repositories
--- @quickref c:backup_repository(name) -> repository|nil | One backup repository
--- @quickref c:all_schedules_enabled() -> {enabled, disabled, total, disabled_names} | Count of enabled schedules
--- @quickref c:all_bsl_available() -> {available, unavailable, total, unavailable_names} | Count of available backup storage locations
--- @quickref c:each(what, opts?) -> iterator | Items of the list `what` ("backups", ...) from all pages
--- @quickref c:create_backup(name, spec?) -> backup | Start a backup; spec: Velero's {includedNamespaces, ttl, ...}
--- @quickref c:wait_backup(name, timeout_secs?) -> {phase, started, completed, ...} | Wait until a backup is complete; an error when it failed
--- @quickref c:create_restore(name, spec) -> restore | Start a restore; spec: Velero's {backupName, includedNamespaces, ...}
--- @quickref c:wait_restore(name, timeout_secs?) -> {phase, started, completed, errors, warnings} | Wait until a restore is complete; an error when it failed

local rest = require("assay.lib.rest")
local kube = require("assay.lib.kube")
local M, Client = {}, {}

local api = kube.service("velero", { empty_when_missing = true })

local BASE = "/apis/velero.io/v1"
local POLL = 5 -- seconds between looks at what is going on

local backups = api.resource(BASE, "backups")
local restores = api.resource(BASE, "restores")
local schedules = api.resource(BASE, "schedules")
local storage_locations = api.resource(BASE, "backupstoragelocations")
local snapshot_locations = api.resource(BASE, "volumesnapshotlocations")
local repositories = api.resource(BASE, "backuprepositories")

--- A client of the Kubernetes API server of a cluster with Velero: `client(url, token, namespace)`,
--- `client(url, opts)`, or `client(opts)` for a context of the kubeconfig or the pod's own cluster. What Velero has is
--- looked for in the namespace "velero" unless told otherwise.
--- Options: `token`, `context`, `namespace`, `headers`, `timeout`, `ca_cert` and the like.
--- Errors: the address is no text; no kubeconfig has that context.
--- Example: `local c = require("assay.velero").client({ context = "kind-dev" })`
--- @effect read
function M.client(url, token, namespace)
  local client = kube.client(Client, url, token)
  local opts = type(url) == "table" and url or type(token) == "table" and token or {}
  client.namespace = namespace or opts.namespace or "velero"
  return client
end

-- All that Velero has is in the client's namespace, which is what a nil stands for.
local function items(resource, fn, client, opts)
  return resource:list(fn, client, nil, opts).items or {}
end

local function find(resource, fn, client, name)
  return resource:find(fn, client, nil, name)
end

local function status_of(resource, fn, client, kind, name)
  return kube.status(resource:demand(fn, client, nil, name, ("velero: %s %s not found"):format(kind, name)))
end

local function phase_of(object)
  return kube.status(object).phase
end

-- Backups ------------------------------------------------------------------------------------------------

--- Lists backups; {} where the cluster does not know them.
--- Options, here and for all lists: `label_selector` ("app=web" or { app = "web" }), `field_selector`, `limit`,
--- `continue`.
--- Errors: `velero: GET PATH HTTP STATUS: BODY` for any status but 200 and 404.
--- Example: `for _, b in ipairs(c:backups()) do print(b.metadata.name, b.status.phase) end`
--- @effect read
function Client:backups(opts)
  return items(backups, "backups", self, opts)
end

--- Reads a backup; nil when there is none of that name.
--- Errors: `velero: GET PATH HTTP STATUS: BODY` for any status but 200 and 404.
--- Example: `print(c:backup("nightly-20260131").spec.ttl)`
--- @effect read
function Client:backup(name)
  return find(backups, "backup", self, name)
end

--- Sums up a backup: `phase`, the times `started`, `completed` and `expiration` (RFC 3339; nil where there is none
--- yet), and counts of `errors`, `warnings`, `items_backed_up`, `items_total`. The last two are found in the progress
--- where the server keeps them there.
--- Errors: `velero: backup NAME not found`; as `backup`.
--- Example: `local s = c:backup_status("nightly-20260131") print(s.phase, s.items_backed_up .. "/" .. s.items_total)`
--- @effect read
function Client:backup_status(name)
  local status = status_of(backups, "backup_status", self, "backup", name)
  local progress = status.progress or {}
  return {
    phase = status.phase,
    started = status.startTimestamp,
    completed = status.completionTimestamp,
    expiration = status.expiration,
    errors = status.errors or 0,
    warnings = status.warnings or 0,
    items_backed_up = status.itemsBackedUp or progress.itemsBackedUp or 0,
    items_total = status.totalItems or progress.totalItems or 0,
  }
end

--- Says whether the phase of a backup is Completed; false when there is none of that name.
--- Errors: as `backup`.
--- Example: `assert.eq(c:is_backup_completed("nightly-20260131"), true)`
--- @effect read
function Client:is_backup_completed(name)
  return phase_of(find(backups, "is_backup_completed", self, name)) == "Completed"
end

--- Says whether the phase of a backup is Failed or PartiallyFailed; false when there is none of that name.
--- Errors: as `backup`.
--- Example: `if c:is_backup_failed("nightly-20260131") then print("look at its log") end`
--- @effect read
function Client:is_backup_failed(name)
  local phase = phase_of(find(backups, "is_backup_failed", self, name))
  return phase == "Failed" or phase == "PartiallyFailed"
end

--- Gives the newest backup of a schedule, in whatever phase it is; nil when there is none.
--- Errors: as `backups`.
--- Example: `local last = c:latest_backup("nightly") print(last and last.status.completionTimestamp)`
--- @effect read
function Client:latest_backup(schedule_name)
  local newest, its_time
  for _, backup in ipairs(self:backups()) do
    local metadata = backup.metadata or {}
    local created = metadata.creationTimestamp or ""
    local belongs = metadata.labels and metadata.labels["velero.io/schedule-name"] == schedule_name
    if belongs and (not newest or created > its_time) then newest, its_time = backup, created end
  end
  return newest
end

-- Restores -----------------------------------------------------------------------------------------------

--- Lists restores.
--- Errors: as `backups`.
--- Example: `print(#c:restores())`
--- @effect read
function Client:restores(opts)
  return items(restores, "restores", self, opts)
end

--- Reads a restore; nil when there is none of that name.
--- Errors: as `backup`.
--- Example: `print(c:restore("shop-again").spec.backupName)`
--- @effect read
function Client:restore(name)
  return find(restores, "restore", self, name)
end

--- Sums up a restore: `phase`, the times `started` and `completed` (RFC 3339; nil where there is none yet), counts of
--- `errors` and `warnings`.
--- Errors: `velero: restore NAME not found`; as `backup`.
--- Example: `print(c:restore_status("shop-again").warnings)`
--- @effect read
function Client:restore_status(name)
  local status = status_of(restores, "restore_status", self, "restore", name)
  return {
    phase = status.phase,
    started = status.startTimestamp,
    completed = status.completionTimestamp,
    errors = status.errors or 0,
    warnings = status.warnings or 0,
  }
end

--- Says whether the phase of a restore is Completed; false when there is none of that name.
--- Errors: as `backup`.
--- Example: `assert.eq(c:is_restore_completed("shop-again"), true)`
--- @effect read
function Client:is_restore_completed(name)
  return phase_of(find(restores, "is_restore_completed", self, name)) == "Completed"
end

-- Schedules ----------------------------------------------------------------------------------------------

--- Lists schedules.
--- Errors: as `backups`.
--- Example: `for _, s in ipairs(c:schedules()) do print(s.metadata.name, s.spec.schedule) end`
--- @effect read
function Client:schedules(opts)
  return items(schedules, "schedules", self, opts)
end

--- Reads a schedule; nil when there is none of that name.
--- Errors: as `backup`.
--- Example: `print(c:schedule("nightly").spec.schedule)`
--- @effect read
function Client:schedule(name)
  return find(schedules, "schedule", self, name)
end

--- Sums up a schedule: `phase`, `last_backup` (RFC 3339; nil before the first), `validation_errors`.
--- Errors: `velero: schedule NAME not found`; as `backup`.
--- Example: `print(c:schedule_status("nightly").last_backup)`
--- @effect read
function Client:schedule_status(name)
  local status = status_of(schedules, "schedule_status", self, "schedule", name)
  return {
    phase = status.phase,
    last_backup = status.lastBackup,
    validation_errors = status.validationErrors or {},
  }
end

--- Says whether the phase of a schedule is Enabled, paused or not; false when there is none of that name.
--- Errors: as `backup`.
--- Example: `assert.eq(c:is_schedule_enabled("nightly"), true)`
--- @effect read
function Client:is_schedule_enabled(name)
  return phase_of(find(schedules, "is_schedule_enabled", self, name)) == "Enabled"
end

-- Locations and repositories -----------------------------------------------------------------------------

--- Lists backup storage locations.
--- Errors: as `backups`.
--- Example: `for _, l in ipairs(c:backup_storage_locations()) do print(l.metadata.name, l.status.phase) end`
--- @effect read
function Client:backup_storage_locations(opts)
  return items(storage_locations, "backup_storage_locations", self, opts)
end

--- Reads a backup storage location; nil when there is none of that name.
--- Errors: as `backup`.
--- Example: `print(c:backup_storage_location("default").spec.objectStorage.bucket)`
--- @effect read
function Client:backup_storage_location(name)
  return find(storage_locations, "backup_storage_location", self, name)
end

--- Says whether the phase of a backup storage location is Available; false when there is none of that name.
--- Errors: as `backup`.
--- Example: `assert.eq(c:is_bsl_available("default"), true)`
--- @effect read
function Client:is_bsl_available(name)
  return phase_of(find(storage_locations, "is_bsl_available", self, name)) == "Available"
end

--- Lists volume snapshot locations.
--- Errors: as `backups`.
--- Example: `print(#c:volume_snapshot_locations())`
--- @effect read
function Client:volume_snapshot_locations(opts)
  return items(snapshot_locations, "volume_snapshot_locations", self, opts)
end

--- Reads a volume snapshot location; nil when there is none of that name.
--- Errors: as `backup`.
--- Example: `print(c:volume_snapshot_location("default").spec.provider)`
--- @effect read
function Client:volume_snapshot_location(name)
  return find(snapshot_locations, "volume_snapshot_location", self, name)
end

--- Lists backup repositories.
--- Errors: as `backups`.
--- Example: `for _, r in ipairs(c:backup_repositories()) do print(r.spec.volumeNamespace, r.status.phase) end`
--- @effect read
function Client:backup_repositories(opts)
  return items(repositories, "backup_repositories", self, opts)
end

--- Reads a backup repository; nil when there is none of that name.
--- Errors: as `backup`.
--- Example: `print(c:backup_repository("shop-default-kopia").status.phase)`
--- @effect read
function Client:backup_repository(name)
  return find(repositories, "backup_repository", self, name)
end

-- Summaries ----------------------------------------------------------------------------------------------

--- Counts schedules by whether they are enabled, with the names of those that are not in the server's order.
--- Errors: as `backups`.
--- Example: `for _, name in ipairs(c:all_schedules_enabled().disabled_names) do print(name) end`
--- @effect read
function Client:all_schedules_enabled()
  local function enabled(schedule) return phase_of(schedule) == "Enabled" end
  return kube.tally(self:schedules(), enabled, "enabled", "disabled", "unknown")
end

--- Counts backup storage locations by whether they are available, with the names of those that are not.
--- Errors: as `backups`.
--- Example: `assert.eq(c:all_bsl_available().unavailable, 0)`
--- @effect read
function Client:all_bsl_available()
  local function available(location) return phase_of(location) == "Available" end
  return kube.tally(self:backup_storage_locations(), available, "available", "unavailable", "unknown")
end

local each = kube.each_of("velero", {
  backups = backups, restores = restores, schedules = schedules, backup_storage_locations = storage_locations,
  volume_snapshot_locations = snapshot_locations, backup_repositories = repositories,
})

--- Iterates over the items of a list, page by page. `what` is the name of a method that lists: "backups", "restores",
--- "schedules", ...
--- Options: as the lists; `limit` is the size of a page (500).
--- Errors: there is no such list; as `backups`.
--- Example: `for backup in c:each("backups") do print(backup.metadata.name) end`
--- @effect read
Client.each = function(self, what, opts)
  return each(self, what, nil, opts)
end

-- Backing up and restoring -------------------------------------------------------------------------------

local function create(resource, fn, client, kind, name, spec)
  local metadata = { name = rest.text("velero." .. fn, name, "name"), namespace = client.namespace }
  local body = { apiVersion = "velero.io/v1", kind = kind, metadata = metadata, spec = rest.object(spec) }
  return resource:create(fn, client, nil, body)
end

local FAILED = { Failed = true, PartiallyFailed = true, FailedValidation = true }

-- Waits until what `read()` gives is complete. What failed is explained by the object itself.
local function wait(client, fn, kind, name, timeout_secs, read)
  local timeout = rest.seconds("velero." .. fn, timeout_secs or 3600, "timeout_secs")
  local done = rest.wait_until(function()
    local found = read()
    if FAILED[found.phase] then
      local status = kube.status(client[kind](client, name))
      local reason = status.failureReason or table.concat(status.validationErrors or {}, "; ")
      if reason == "" then reason = ("%d errors, %d warnings"):format(found.errors, found.warnings) end
      error(("velero: %s %s %s: %s"):format(kind, name, found.phase, reason))
    end
    return found.phase == "Completed" and found
  end, { timeout = timeout, interval = POLL })
  return done or error(("velero: %s %s not complete after %ss"):format(kind, name, timeout_secs or 3600))
end

--- Starts a backup and gives it; `wait_backup` waits for the end. What `spec` holds are Velero's fields; nothing means
--- everything in all namespaces.
--- Errors: `velero: POST PATH HTTP STATUS: BODY` for any status of no success, so 409 when the name is taken.
--- Example: `c:create_backup("before-upgrade", { includedNamespaces = { "shop" }, ttl = "72h0m0s" })`
--- @effect write
Client.create_backup = function(self, name, spec)
  return create(backups, "create_backup", self, "Backup", name, spec)
end

--- Waits until a backup is complete, looking every five seconds, and gives what `backup_status` gives.
--- `timeout_secs` is 3600 unless given; with 0 it looks once.
--- Errors: the backup failed, in whole or in part, with the reason; `velero: backup NAME not complete after SECONDSs`;
---   as `backup_status`.
--- Example: `print(c:wait_backup("before-upgrade", 600).items_backed_up)`
--- @effect read
Client.wait_backup = function(self, name, timeout_secs)
  return wait(self, "wait_backup", "backup", name, timeout_secs, function() return self:backup_status(name) end)
end

--- Starts a restore and gives it; `wait_restore` waits for the end. What `spec` holds are Velero's fields.
--- Errors: `velero: POST PATH HTTP STATUS: BODY` for any status of no success, so 409 when the name is taken.
--- Example: `c:create_restore("shop-again", { backupName = "before-upgrade", includedNamespaces = { "shop" } })`
--- @effect write
Client.create_restore = function(self, name, spec)
  return create(restores, "create_restore", self, "Restore", name, spec)
end

--- Waits until a restore is complete, looking every five seconds, and gives what `restore_status` gives.
--- `timeout_secs` is 3600 unless given; with 0 it looks once.
--- Errors: the restore failed, in whole or in part, with the reason;
---   `velero: restore NAME not complete after SECONDSs`; as `restore_status`.
--- Example: `c:wait_restore("shop-again", 600)`
--- @effect read
Client.wait_restore = function(self, name, timeout_secs)
  return wait(self, "wait_restore", "restore", name, timeout_secs, function() return self:restore_status(name) end)
end

return M
