-- Milliseconds for 20,000 SHA-256 hashes of short texts.
crypto.hash("warm")
local started = time()
for i = 1, 20000 do crypto.hash("message " .. i, "sha256") end
print((time() - started) * 1000)
