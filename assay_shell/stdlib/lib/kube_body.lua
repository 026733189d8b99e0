-- What is sent to an API server: objects from Lua tables, and objects from YAML texts.

local _, core = ...

local find, gmatch, match = string.find, string.gmatch, string.match
local error, ipairs, next, pairs, rawequal, type = error, ipairs, next, pairs, rawequal, type

local body = {}

-- Lua does not tell an empty list from an empty object. In objects of Kubernetes what is empty is an object
-- (`emptyDir: {}`), except in these fields; servers leave out empty lists.
local LISTS = {}
for name in gmatch([[
  items rules ingress egress from to ports subjects verbs apiGroups resourceNames nonResourceURLs finalizers
  ownerReferences managedFields containers initContainers ephemeralContainers volumes volumeMounts volumeDevices env
  envFrom args command tolerations imagePullSecrets hostAliases conditions addresses subsets notReadyAddresses
  matchExpressions matchFields nodeSelectorTerms secrets accessModes externalIPs loadBalancerSourceRanges
  clusterIPs ipFamilies policyTypes hosts tls paths metrics topologySpreadConstraints readinessGates webhooks
  versions endpoints categories shortNames
]], "%S+") do LISTS[name] = true end

local MOST_LEVELS = 200

-- A copy in which what is empty has its kind, unless it was marked by json.object or json.array.
local function prepared(value, key, level)
  if type(value) ~= "table" or rawequal(value, json.null) or level > MOST_LEVELS then return value end
  local mark = core.json_mark(value)
  if next(value) == nil then return (mark or LISTS[key]) and value or json.object() end
  local copy = {}
  for name, item in pairs(value) do copy[name] = prepared(item, type(name) == "string" and name or nil, level + 1) end
  return mark == "object" and json.object(copy) or mark == "array" and json.array(copy) or copy
end

--- What is sent for a body; text stays as it is.
function body.of(value)
  if type(value) == "table" then return prepared(value, nil, 1) end
  return value
end

-- The documents of a YAML text, each with the text it stands in.
local function documents(text)
  local found, lines = {}, {}
  local function finish()
    local part = table.concat(lines, "\n")
    local object = find(part, "%S") and yaml.parse(part)
    if object then found[#found + 1] = { object = object, text = part } end
    lines = {}
  end
  for line in gmatch(text .. "\n", "([^\n]*)\n") do
    if find(line, "^%-%-%-%s*$") or find(line, "^%-%-%- ") then
      finish()
      lines[1] = match(line, "^%-%-%- +([^#].*)$")
    elseif not find(line, "^%.%.%.%s*$") then
      lines[#lines + 1] = line
    end
  end
  finish()
  return found
end

-- What `apply` was given as a list of `{object, text}`; lists of objects are taken apart.
function body.manifests(given)
  local found = {}
  local function add(object, text)
    if type(object) ~= "table" then
      error("k8s.apply: an object must be a table, got " .. type(object), 0)
    elseif object.items and find(object.kind or "List", "List$") then
      for _, item in ipairs(object.items) do add(item) end
    elseif object.kind == nil and object[1] ~= nil then
      for _, item in ipairs(object) do add(item) end
    else
      found[#found + 1] = { object = object, text = text }
    end
  end
  if type(given) ~= "string" then
    add(given)
  else
    for _, document in ipairs(documents(given)) do add(document.object, document.text) end
  end
  return found
end

return body
