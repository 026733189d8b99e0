// The plugin: one optional tool, `assay`, and the question to a human before an approval is given through it.

import { readConfig } from "./src/config.ts";
import { approvalFor } from "./src/approval.ts";
import { makeTool, TOOL_NAME } from "./src/tool.ts";
import type { PluginApi } from "./src/host.ts";

export default {
  id: "assay",
  name: "assay",
  description: "Run assay scripts as a tool: one JSON result each, a time limit, and approval gates",

  register(api: PluginApi): void {
    const config = readConfig(api.pluginConfig, process.env);
    // A sandboxed session must not reach programs of the host.
    api.registerTool((context) => (context.sandboxed ? null : makeTool(config)), { name: TOOL_NAME, optional: true });
    api.on?.("before_tool_call", (event) => approvalFor(event, config));
  },
};
