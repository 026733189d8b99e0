-- One sample is its value; several are a list.
local prom = require("assay.prometheus").client(env.get("PROMETHEUS_URL"))

print(prom:query("up"))
for _, alert in ipairs(prom:alerts()) do print(alert.state) end
--> 42
--> firing
