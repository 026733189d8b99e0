--- @module assay.gcal
--- @category calendar
--- @description Google Calendar REST API client: events CRUD, calendar list with OAuth2 token refresh
--- @keywords google, calendar, gcal, events, oauth2, schedule, meeting, create, update, delete
--- @quickref c:events(opts?) -> [event] | Events of the primary calendar, one page; opts: {timeMin, timeMax, maxResults, q}
--- @quickref c:event_get(event_id) -> event|nil | One event
--- @quickref c:event_create(event) -> event | Create an event {summary, start, end, attendees, ...}
--- @quickref c:event_update(event_id, event) -> event | Replace an event as a whole
--- @quickref c:event_delete(event_id) -> true | Delete an event; an error when it is gone already
--- @quickref c:calendars() -> [calendar] | Calendars of the user, one page
--- @quickref c:each_event(opts?) -> iterator | Events of the primary calendar from all pages; opts as events
--- @quickref c:each_calendar() -> iterator | Calendars of the user from all pages

local rest = require("assay.lib.rest")
local google = require("assay.lib.google")
local M, Client = {}, {}

local api = google.renewing(rest.service("gcal", {
  headers = google.headers,
  message = rest.by_target,
  address = "_api_base",
}))

local EVENTS = "/calendar/v3/calendars/primary/events"
local EVENT = EVENTS .. "/{event_id}"
local LISTING = EVENTS .. "?timeMin&timeMax&maxResults&q&pageToken"
local CALENDARS = "/calendar/v3/users/me/calendarList"

--- A client with the tokens of a file. A token that is refused is refreshed, and written to the file, by itself.
--- Options: `credentials_file` and `token_file` (both needed, as `assay.oauth2` reads them), `token_url`, `api_base`,
--- `timeout` and the like. The base address may also stand before the options.
--- Errors: `gcal: credentials_file is required`, `gcal: token_file is required`; a file is missing or no JSON object.
--- Example: `local c = require("assay.gcal").client({ credentials_file = "client.json", token_file = "token.json" })`
--- @effect read
function M.client(url, opts)
  local client = google.client("gcal", Client, "https://www.googleapis.com", url, opts)
  return client
end

local function items(name, client, line, values)
  local found = api.find(name, client, line, values)
  return found and found.items or {}, found and found.nextPageToken
end

-- The items of all pages; `opts` stays as it is.
local function every(name, client, line, opts)
  return rest.each(function(token)
    return items(name, client, line, rest.merged({ pageToken = token }, opts))
  end)
end

--- Lists events of the primary calendar; {} when there are none.
--- Options, as the API names them: `timeMin`, `timeMax` (RFC 3339, `2026-01-31T09:00:00Z`), `maxResults`, `q` (words to
--- look for). One page; `each_event` gives all.
--- Errors: any status but 200 and 404; the token cannot be refreshed.
--- Example: `local today = c:events({ timeMin = "2026-01-31T00:00:00Z", timeMax = "2026-02-01T00:00:00Z" })`
--- @effect read
function Client:events(opts)
  return (items("events", self, LISTING, opts))
end

--- Reads an event; nil when there is none of that id.
--- Errors: any status but 200 and 404; the token cannot be refreshed.
--- Example: `local event = c:event_get("abc123")`
--- @effect read
function Client:event_get(event_id)
  return api.find("event_get", self, EVENT, { event_id = event_id })
end

--- Creates an event in the primary calendar and gives it as the server made it.
--- Errors: any status but 200 and 201; the token cannot be refreshed.
--- Example: `c:event_create({ summary = "Review", start = { date = "2026-01-31" }, ["end"] = { date = "2026-02-01" } })`
--- @effect write
function Client:event_create(event)
  return api.post("event_create", self, EVENTS, nil, { body = event, ok = { 200, 201 } })
end

--- Replaces an event as a whole: what the new one leaves out is gone.
--- Errors: any status but 200; the token cannot be refreshed.
--- Example: `local event = c:event_get("abc123") event.summary = "Moved" c:event_update("abc123", event)`
--- @effect write
function Client:event_update(event_id, event)
  return api.put("event_update", self, EVENT, { event_id = event_id }, { body = event })
end

--- Deletes an event.
--- Errors: any status but 200 and 204, 404 and 410 too; the token cannot be refreshed.
--- Example: `c:event_delete("abc123")`
--- @effect write
function Client:event_delete(event_id)
  api:expect("DELETE", "event_delete", self, EVENT, { event_id = event_id }, { ok = { 200, 204 } })
  return true
end

--- Lists the calendars of the user; {} when there are none. One page; `each_calendar` gives all.
--- Errors: any status but 200 and 404; the token cannot be refreshed.
--- Example: `for _, calendar in ipairs(c:calendars()) do print(calendar.id, calendar.summary) end`
--- @effect read
function Client:calendars()
  return (items("calendars", self, CALENDARS))
end

--- Iterates over the events of the primary calendar, page by page.
--- Options: as `events`; `maxResults` is the size of a page.
--- Errors: as `events`.
--- Example: `for event in c:each_event({ timeMin = "2026-01-01T00:00:00Z" }) do print(event.summary) end`
--- @effect read
Client.each_event = function(self, opts)
  return every("each_event", self, LISTING, opts)
end

--- Iterates over the calendars of the user, page by page.
--- Errors: as `calendars`.
--- Example: `for calendar in c:each_calendar() do print(calendar.id) end`
--- @effect read
Client.each_calendar = function(self)
  return every("each_calendar", self, CALENDARS .. "?pageToken")
end

return M
