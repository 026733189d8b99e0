#!/usr/bin/env assay
-- Give a configuration file a fresh token and tell who has to know: the file is replaced whole, or not at all.
-- Usage: assay rotate_token.lua CONFIG.yaml WEBHOOK

local path, webhook = arg[1], arg[2]
local config = yaml.parse(fs.read(path))
local token = crypto.random(32)

config.auth = { token = token, rotated = os.date("!%Y-%m-%d") }
fs.write(path .. ".new", yaml.encode(config))
fs.chmod(path .. ".new", tonumber("600", 8))
fs.rename(path .. ".new", path)

local answer = http.post(webhook, { file = path, fingerprint = crypto.hash(token, "sha256"):sub(1, 12) })
assert.eq(answer.status, 202, "webhook")
log.info("rotated the token in " .. path .. ", token=" .. token)
