local deployment = { replicas = 3, ready = 3, image = "registry.example/cart:1.4.2" }
assert.eq(deployment.ready, deployment.replicas, "replicas that are not ready")
assert.matches(deployment.image, ":[0-9.]+$", "an image without a version")

local ok, reason = pcall(assert.gt, 0, 1, "free disks")
print(ok, reason)
