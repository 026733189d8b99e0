-- Sort mail by rules; categorize_llm asks a language model through OpenClaw.
local inbox = require("assay.email_triage").categorize({
  { from = "ana@example.com", subject = "ACTION REQUIRED: sign" },
  { from = "ben@example.com", subject = "Lunch?" },
  { from = "no-reply@shop.example", subject = "Your parcel" },
})
print(#inbox.needs_action, #inbox.needs_reply, #inbox.fyi)
--> 1	1	1
