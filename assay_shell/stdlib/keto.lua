--- @module assay.keto
--- @category identity
--- @description Ory Keto authorization: relation-tuple CRUD, permission checks, role membership queries, relationship-based access control (ReBAC, Google Zanzibar-style)
--- @keywords keto, ory, authorization, authz, rbac, rebac, permissions, roles, relation-tuples, zanzibar, access-control, members, groups
--- @quickref keto.client(read_url, opts?) -> client | Client; opts: {write_url, token}
--- @quickref c:list(filters?) -> {relation_tuples, next_page_token} | Relation tuples, one page; filters: {namespace, object, relation, subject_id, subject_set, page_size, page_token}
--- @quickref c:check(namespace, object, relation, subject) -> bool | Whether a subject has a relation; subject: id or {namespace, object, relation}
--- @quickref c:expand(namespace, object, relation, depth?) -> {type, tuple, children} | Tree of subjects, 3 levels deep unless given
--- @quickref c:get_user_roles(user_id, namespace?) -> [{object, relation}] | Roles that a user is a member of; namespace "Role" unless given
--- @quickref c:user_has_any_role(user_id, role_objects, namespace?) -> bool | Whether a user is a member of any of the roles
--- @quickref c:create(tuple) -> nil | Write a tuple {namespace, object, relation, subject_id or subject_set}
--- @quickref c:delete(tuple) -> nil | Delete a tuple; without a subject all of that namespace, object and relation
--- @quickref c:delete_all(filters) -> nil | Delete all tuples that match; {} deletes every tuple
--- @quickref c:each_tuple(filters?) -> iterator | Relation tuples from all pages; filters as list

local ory = require("assay.lib.ory")
local rest = require("assay.lib.rest")
local M, Client = {}, {}

local HINT = " — pass opts.write_url to keto.client()"
local options = { headers = ory.headers, message = rest.by_target, objects = true, address = "read_url" }
local reading = ory.checked(rest.service("keto", options))
local writing = ory.checked(rest.service("keto", rest.merged({ address = "write_url" }, options)), HINT)

local TUPLES = "/admin/relation-tuples"
local PARTS = { "namespace", "object", "relation" }

--- A client. Without `write_url` it can only read.
--- Options: `write_url`, `token` (sent as bearer token, where something in front of the service wants one), `headers`,
--- `timeout` and the like. `read_url` may also stand among the options.
--- Errors: the address is no text; later `keto: write_url not configured`.
--- Example: `local c = require("assay.keto").client("http://keto:4466", { write_url = "http://keto:4467" })`
--- @effect read
function M.client(read_url, opts)
  local given = type(read_url) == "table" and read_url or rest.merged({ read_url = rest.base(read_url) }, opts)
  rest.base(given.read_url)
  return ory.client(Client, { "read_url", "write_url" }, given)
end

-- The subject of a tuple as parameters: an id, or a set of subjects.
local function subject_of(subject)
  if type(subject) == "string" then return { subject_id = subject } end
  local found = {}
  if type(subject) ~= "table" then return found end
  for _, part in ipairs(PARTS) do found["subject_set_" .. part] = subject[part] end
  return found
end

-- Servers know the parts of a set as `subject_set.object`; the names of old go along. What is nil or empty is left out.
local function query(where, filters)
  local all = rest.merged(subject_of(filters.subject_set), filters)
  all.subject_set = nil
  for _, part in ipairs(PARTS) do
    local dotted = "subject_set." .. part
    if all[dotted] == nil then all[dotted] = all["subject_set_" .. part] end
  end
  local names, items = {}, {}
  for name, value in pairs(all) do
    if value ~= "" then names[#names + 1] = name end
  end
  table.sort(names)
  for index, name in ipairs(names) do
    items[index] = rest.encode(name) .. "=" .. rest.encode(rest.text("keto." .. where, all[name], name))
  end
  return items[1] and "?" .. table.concat(items, "&") or ""
end

local function get(name, client, path, filters)
  return reading.get(name, client, nil, nil, { target = path .. query(name, filters) })
end

--- Lists relation tuples: one page (`each_tuple` reads them all).
--- Filters: `namespace`, `object`, `relation`, `subject_id`, `subject_set` (`{namespace, object, relation}`), `page_size`,
--- `page_token`. What is nil or empty does not filter.
--- Errors: any status but 200, so 404 for an unknown namespace.
--- Example: `for _, tuple in ipairs(c:list({ namespace = "Role", object = "admin" }).relation_tuples) do print(tuple.subject_id) end`
--- @effect read
function Client:list(filters)
  return get("list", self, "/relation-tuples", filters or {})
end

--- Tells whether a subject has a relation to an object, directly or through sets. The subject is an id, or a set of
--- subjects `{namespace, object, relation}`.
--- Errors: any status but 200 and 403, so 404 for an unknown namespace.
--- Example: `if not c:check("File", "report", "view", "user:ada") then error("no access") end`
--- @effect read
function Client:check(namespace, object, relation, subject)
  local asked = rest.merged({ namespace = namespace, object = object, relation = relation }, subject_of(subject))
  local call = { target = "/relation-tuples/check" .. query("check", asked), message = ory.words("check failed") }
  local response
  response, call = reading:request("GET", "check", self, nil, nil, call)
  if response.status == 403 then return false end
  if response.status ~= 200 then reading:fail(call, response) end
  return reading:decode(call, response).allowed == true
end

--- Reads who has a relation to an object, as a tree of sets and subjects. The depth is 3 unless given.
--- Errors: any status but 200, so 404 where there is nothing.
--- Example: `local tree = c:expand("File", "report", "view", 5)`
--- @effect read
function Client:expand(namespace, object, relation, depth)
  local asked = { namespace = namespace, object = object, relation = relation, ["max-depth"] = depth or 3 }
  return get("expand", self, "/relation-tuples/expand", asked)
end

--- Lists the roles that a user is a member of, from all pages. The id is prefixed with "user:" unless it is already; the
--- namespace is "Role" unless given.
--- Errors: as `list`.
--- Example: `for _, role in ipairs(c:get_user_roles("ada")) do print(role.object) end`
--- @effect read
function Client:get_user_roles(user_id, namespace)
  local id = rest.text("keto.get_user_roles", user_id, "user_id")
  local subject = id:find("^user:") and id or "user:" .. id
  local filters = { subject_id = subject, relation = "members", namespace = namespace or "Role" }
  local roles = {}
  for tuple in self:each_tuple(filters) do
    roles[#roles + 1] = { object = tuple.object, relation = tuple.relation }
  end
  return roles
end

--- Tells whether a user is a member of any of the roles, which are a list of names.
--- Errors: as `list`.
--- Example: `if c:user_has_any_role("ada", { "admin", "operator" }) then print("may restart") end`
--- @effect read
function Client:user_has_any_role(user_id, role_objects, namespace)
  local wanted = {}
  for _, object in ipairs(role_objects) do wanted[object] = true end
  for _, role in ipairs(self:get_user_roles(user_id, namespace)) do
    if wanted[role.object] then return true end
  end
  return false
end

--- Writes a relation tuple; one that is there stays.
--- Errors: `keto: write_url not configured`; any status but 200 and 201, so 404 for an unknown namespace.
--- Example: `c:create({ namespace = "Role", object = "admin", relation = "members", subject_id = "user:ada" })`
--- @effect write
function Client:create(tuple)
  writing.demand(self, "PUT")
  local call = { body = rest.object(tuple), ok = { 200, 201 }, message = ory.words("create tuple") }
  writing:expect("PUT", "create", self, TUPLES, nil, call)
end

local function delete(name, words, client, filters)
  local call = { target = TUPLES .. query(name, filters), ok = { 200, 204 }, message = ory.words(words) }
  writing:expect("DELETE", name, client, nil, nil, call)
end

--- Deletes a relation tuple. Without a subject all tuples of that namespace, object and relation go.
--- Errors: `keto: write_url not configured`; the namespace, the object or the relation is missing; any status but 200
--- and 204.
--- Example: `c:delete({ namespace = "Role", object = "admin", relation = "members", subject_id = "user:ada" })`
--- @effect write
function Client:delete(tuple)
  writing.demand(self, "DELETE")
  local filters = { subject_id = tuple.subject_id, subject_set = tuple.subject_set }
  for _, part in ipairs(PARTS) do
    filters[part] = rest.text("keto.delete", tuple[part], part)
    if filters[part] == "" then error("keto.delete: " .. part .. " must not be empty") end
  end
  delete("delete", "delete tuple", self, filters)
end

local FILTERS = { namespace = true, object = true, relation = true, subject_id = true, subject_set = true }

-- Servers do not look at a filter that they do not know: misspelt, it would have everything deleted.
local function refuse_unknown(filters)
  for name in pairs(filters) do
    local part = tostring(name):match("^subject_set[._](.*)$")
    if not FILTERS[name] and not (part and FILTERS[part]) then
      error(("keto.delete_all: there is no filter '%s'"):format(name))
    end
  end
end

--- Deletes all relation tuples that match; `{}` matches every tuple.
--- Filters: as `list`. What is nil or empty does not filter.
--- Errors: `keto: write_url not configured`; the filters are no table, or have one that does not exist; any status but
--- 200 and 204.
--- Example: `c:delete_all({ namespace = "File", object = "report" })`
--- @effect write
function Client:delete_all(filters)
  writing.demand(self, "DELETE")
  if type(filters) ~= "table" then error(("keto.delete_all: filters must be a table, not %s"):format(type(filters))) end
  refuse_unknown(filters)
  delete("delete_all", "delete_all", self, filters)
end

--- Iterates over relation tuples, page by page.
--- Filters: as `list`.
--- Errors: as `list`.
--- Example: `for tuple in c:each_tuple({ namespace = "Role" }) do print(tuple.object, tuple.subject_id) end`
--- @effect read
Client.each_tuple = function(self, filters)
  local asked = rest.merged(filters)
  return rest.each(function(mark)
    asked.page_token = mark or filters and filters.page_token
    local answer = self:list(asked)
    local following = answer.next_page_token
    return answer.relation_tuples or {}, following ~= "" and following or nil
  end)
end

return M
