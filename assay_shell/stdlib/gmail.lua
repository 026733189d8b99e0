--- @module assay.gmail
--- @category email
--- @description Gmail REST API client: search, read, reply, send emails, manage labels with OAuth2 token refresh
--- @keywords gmail, email, oauth2, google, search, send, reply, labels, message, thread
--- @quickref c:search(query, opts?) -> [message] | Messages that match, whole; opts: {max = 10}
--- @quickref c:get(message_id, opts?) -> message|nil | One message; opts: {format = "full", "metadata", "minimal" or "raw"}
--- @quickref c:reply(message_id, opts?) -> {id, threadId} | Answer the sender in the same thread; opts: {body}
--- @quickref c:send(to, subject, body) -> {id, threadId} | Send a plain text message
--- @quickref c:labels() -> [label] | All labels
--- @quickref c:each_message(query, opts?) -> iterator | Messages that match, from all pages, one at a time; opts: {format, page_size = 100}

local rest = require("assay.lib.rest")
local google = require("assay.lib.google")
local M, Client = {}, {}

local api = google.renewing(rest.service("gmail", {
  headers = google.headers,
  message = rest.by_target,
  address = "_api_base",
}))

local MAILBOX = "/gmail/v1/users/me"
local MESSAGES = MAILBOX .. "/messages?q=query!&maxResults=max&pageToken=token"

--- A client with the tokens of a file. A token that is refused is refreshed, and written to the file, by itself.
--- Options: `credentials_file` and `token_file` (both needed, as `assay.oauth2` reads them), `token_url`, `api_base`,
--- `timeout` and the like. The base address may also stand before the options.
--- Errors: `gmail: credentials_file is required`, `gmail: token_file is required`; a file is missing or no JSON object.
--- Example: `local c = require("assay.gmail").client({ credentials_file = "client.json", token_file = "token.json" })`
--- @effect read
function M.client(url, opts)
  local client = google.client("gmail", Client, "https://gmail.googleapis.com", url, opts)
  return client
end

--- Finds messages as Gmail's search box does and gives them whole, in the order found; {} when there are none.
--- Options: `max` (messages at most, 10). `each_message` goes on to further pages.
--- Errors: any status but 200 and 404; the token cannot be refreshed.
--- Example: `for _, message in ipairs(c:search("is:unread newer_than:1d", { max = 5 })) do print(message.snippet) end`
--- @effect read
function Client:search(query, opts)
  local values = { query = query, max = opts and opts.max or 10 }
  local found, messages = api.find("search", self, MESSAGES, values), {}
  for _, hit in ipairs(found and found.messages or {}) do
    messages[#messages + 1] = self:get(hit.id)
  end
  return messages
end

--- Reads a message; nil when there is none of that id.
--- Options: `format` ("full").
--- Errors: any status but 200 and 404; the token cannot be refreshed.
--- Example: `local message = c:get("18c2f0a1b2c3d4e5", { format = "metadata" })`
--- @effect read
function Client:get(message_id, opts)
  local values = { message_id = message_id, format = opts and opts.format or "full" }
  return api.find("get", self, MAILBOX .. "/messages/{message_id}?format", values)
end

-- A header ends with its line: a line end in a value would start another header.
local function header(name, value)
  return name .. ": " .. value:gsub("[\r\n]+%s*", " ")
end

-- Headers of a message by name; the last one of a name counts.
local function headers_of(message)
  local found = {}
  for _, item in ipairs(message.payload and message.payload.headers or {}) do found[item.name] = item.value end
  return found
end

local function encoded(headers, body)
  headers[#headers + 1] = "Content-Type: text/plain; charset=utf-8"
  return base64.encode_url(table.concat(headers, "\r\n") .. "\r\n\r\n" .. body)
end

local function post(name, client, message)
  return api.post(name, client, MAILBOX .. "/messages/send", nil, { body = message, ok = { 200, 201 } })
end

--- Answers a message: to its sender, in its thread, with `Re: ` before the subject unless it begins so.
--- Options: `body` (text, "").
--- Errors: `gmail: message not found: ID`; any status but 200 and 201; the token cannot be refreshed.
--- Example: `c:reply("18c2f0a1b2c3d4e5", { body = "Thank you, it is fixed." })`
--- @effect write
function Client:reply(message_id, opts)
  local original = self:get(message_id)
  if not original then error("gmail: message not found: " .. message_id) end
  local found = headers_of(original)
  local subject, id = found.Subject or "", found["Message-Id"] or found["Message-ID"] or ""
  if subject:sub(1, 3) ~= "Re:" then subject = "Re: " .. subject end
  local references = found.References and found.References .. " " .. id or id
  local raw = encoded({
    header("To", found.From or ""),
    header("Subject", subject),
    header("In-Reply-To", id),
    header("References", references),
  }, opts and opts.body or "")
  return post("reply", self, { raw = raw, threadId = original.threadId })
end

--- Sends a plain text message. A line end in the address or the subject becomes a blank.
--- Errors: an argument is missing; any status but 200 and 201; the token cannot be refreshed.
--- Example: `c:send("ops@example.com", "Backup finished", "All 12 volumes are saved.")`
--- @effect write
function Client:send(to, subject, body)
  to, subject = rest.text("gmail.send", to, "to"), rest.text("gmail.send", subject, "subject")
  local raw = encoded({ header("To", to), header("Subject", subject) }, rest.text("gmail.send", body, "body"))
  return post("send", self, { raw = raw })
end

--- Lists all labels, the system's and one's own; {} when the server names none.
--- Errors: any status but 200 and 404; the token cannot be refreshed.
--- Example: `for _, label in ipairs(c:labels()) do print(label.id, label.name) end`
--- @effect read
function Client:labels()
  local found = api.find("labels", self, MAILBOX .. "/labels")
  return found and found.labels or {}
end

--- Iterates over all messages that match, page by page, each fetched when it is its turn.
--- Options: `format` ("full"), `page_size` (hits in one page, 100; the server gives 500 at most).
--- Errors: as `search`.
--- Example: `for message in c:each_message("from:billing@example.com") do print(message.id) end`
--- @effect read
Client.each_message = function(self, query, opts)
  opts = opts or {}
  local hits = rest.each(function(token)
    local values = { query = query, max = opts.page_size or 100, token = token }
    local found = api.find("each_message", self, MESSAGES, values) or {}
    return found.messages or {}, found.nextPageToken
  end)
  return function()
    for hit in hits do
      local message = self:get(hit.id, { format = opts.format })
      if message then return message end
    end
  end
end

return M
