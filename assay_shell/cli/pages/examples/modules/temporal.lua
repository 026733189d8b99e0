local temporal = require("assay.temporal").client(env.get("TEMPORAL_URL"), { namespace = "team" })

print(temporal:health())
print(temporal:workflow("w").workflowExecutionInfo.status)
--> true
--> WORKFLOW_EXECUTION_STATUS_RUNNING
