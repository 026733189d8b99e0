--- @module assay.email_triage
--- @category email
--- @description Email triage helpers for deterministic and OpenClaw-assisted categorization, classification into action, reply or fyi buckets
--- @keywords email, triage, gmail, inbox, classify, categorize, openclaw, llm, workflow
--- @quickref M.categorize(emails?, opts?) -> {needs_reply, needs_action, fyi} | Sort emails {from, subject, automated} by fixed rules
--- @quickref M.categorize_llm(emails?, openclaw_client, opts?) -> {needs_reply, needs_action, fyi} | Sort emails by a language model; opts: {prompt, output_schema}

local M = {}

local BUCKETS = { "needs_reply", "needs_action", "fyi" }
local URGENT = { "action required", "urgent", "deadline" }
local AUTOMATED_SENDERS = { "noreply", "no-reply", "newsletter" }
local AUTOMATED_SUBJECTS = { "newsletter", "automated" }

local PROMPT = [[
Put each of these emails into one of three buckets and answer with the emails in their buckets, nothing else.
needs_reply: a person wrote it and waits for an answer.
needs_action: it is urgent, or asks for something to be done.
fyi: newsletters, automated mail and whatever is for information only.]]

local function mentions(text, words)
  for _, word in ipairs(words) do
    if text:find(word, 1, true) then return true end
  end
  return false
end

local function refuse(what, wanted, value)
  error(("email_triage.categorize: %s must be %s, not a %s"):format(what, wanted, type(value)), 0)
end

-- A field of the email with that number, in small letters.
local function lowered(email, number, name)
  local value = email[name] or ""
  if type(value) ~= "string" then refuse(("emails[%d].%s"):format(number, name), "text", value) end
  return value:lower()
end

local function bucket_of(email, number)
  if type(email) ~= "table" then refuse(("emails[%d]"):format(number), "a table", email) end
  local from, subject = lowered(email, number, "from"), lowered(email, number, "subject")
  if mentions(subject, URGENT) then return "needs_action" end
  if email.automated == true then return "fyi" end
  if mentions(from, AUTOMATED_SENDERS) or mentions(subject, AUTOMATED_SUBJECTS) then return "fyi" end
  return "needs_reply"
end

-- All buckets are there, also those with nothing in them.
local function with_buckets(found)
  for _, name in ipairs(BUCKETS) do found[name] = found[name] or {} end
  return found
end

--- Sorts emails by fixed rules, in their order. An email is a table with `from`, `subject` and `automated` (true), each
--- of which may be missing; Gmail's messages have none of these at the top, so they have to be mapped first.
--- The subject says "action required", "urgent" or "deadline": `needs_action`. Else a sender like noreply, no-reply or
--- newsletter, a subject with "newsletter" or "automated", or `automated`: `fyi`. All others: `needs_reply`.
--- Errors: an element of the list is no table; `from` or `subject` is no text.
--- Example: `local inbox = require("assay.email_triage").categorize({ { from = "ana@example.com", subject = "Lunch?" } })`
--- @effect pure
function M.categorize(emails, opts)
  if emails ~= nil and type(emails) ~= "table" then refuse("emails", "a list of tables", emails) end
  local found = with_buckets({})
  for number, email in ipairs(emails or {}) do
    local bucket = found[bucket_of(email, number)]
    bucket[#bucket + 1] = email
  end
  return found
end

local function list_schema() return { type = "array" } end

local function default_schema()
  local properties = {}
  for _, name in ipairs(BUCKETS) do properties[name] = list_schema() end
  return { type = "object", properties = properties, required = BUCKETS }
end

--- Sorts emails by a language model: one `llm_task` of an `assay.openclaw` client, or of anything that has this method.
--- The buckets hold what the model answers.
--- Options: `prompt` and `output_schema` (JSON schema as a table) instead of the usual ones.
--- Errors: `email_triage: openclaw_client with llm_task is required`, `email_triage: invalid LLM response`; those of
--- `llm_task`.
--- Example: `local inbox = require("assay.email_triage").categorize_llm(emails, require("assay.openclaw").client())`
--- @effect write
function M.categorize_llm(emails, openclaw_client, opts)
  opts = opts or {}
  if type(openclaw_client) ~= "table" or not openclaw_client.llm_task then
    error("email_triage: openclaw_client with llm_task is required")
  end
  local answer = openclaw_client:llm_task(opts.prompt or PROMPT, {
    artifacts = emails or {},
    output_schema = opts.output_schema or default_schema(),
  })
  if answer == nil then error("email_triage: invalid LLM response") end
  local found = type(answer) == "table" and (answer.categories or answer.result) or answer
  if type(found) ~= "table" then error("email_triage: invalid LLM response") end
  return with_buckets(found)
end

--- An `assay.openclaw` client that sorts emails, too: `c:categorize(emails)` and `c:categorize_llm(emails, opts?)`.
--- Options: as `assay.openclaw`'s.
--- Errors: there is no address.
--- Example: `local inbox = require("assay.email_triage").client("http://localhost:18789"):categorize_llm(emails)`
--- @effect read
M.client = function(url, opts)
  local client = require("assay.openclaw").client(url, opts)
  client.categorize = function(_, emails, options) return M.categorize(emails, options) end
  client.categorize_llm = function(self, emails, options) return M.categorize_llm(emails, self, options) end
  return client
end

return M
