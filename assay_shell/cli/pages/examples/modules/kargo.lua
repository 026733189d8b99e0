-- Where is the freight?
local kargo = require("assay.kargo").client({ context = "staging" })

for _, stage in ipairs(kargo:pipeline_status("shop")) do print(stage.name, stage.phase, stage.healthy) end
--> dev	Steady	true
--> qa	Promoting	true
--> prod	nil	false
