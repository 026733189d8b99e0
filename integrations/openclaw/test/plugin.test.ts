import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

import plugin from "../index.ts";
import manifest from "../openclaw.plugin.json" with { type: "json" };
import { approvalFor } from "../src/approval.ts";
import type { Tool, ToolCallDecision, ToolCallEvent, ToolContext } from "../src/host.ts";
import { configured, folder } from "./fake.ts";

const TOKEN = "0123456789abcdef0123456789abcdef";

function registered(pluginConfig: unknown = {}) {
  let tool: ((context: ToolContext) => Tool | null) | undefined;
  let options: object | undefined;
  let ask: ((event: ToolCallEvent) => Promise<ToolCallDecision | undefined>) | undefined;
  plugin.register({
    pluginConfig,
    registerTool: (factory, given) => {
      tool = factory;
      options = given;
    },
    on: (_event, handler) => {
      ask = handler;
    },
  });
  if (tool === undefined || ask === undefined) throw new Error("not registered");
  return { tool, options, ask };
}

test("one optional tool is registered, as the manifest says", () => {
  const { tool, options } = registered();
  expect(options).toEqual({ name: "assay", optional: true });
  expect([manifest.id, manifest.contracts.tools, plugin.id]).toEqual(["assay", [tool({})?.name], "assay"]);
  expect(Object.keys(manifest.configSchema.properties)).toEqual(["binaryPath", "timeout", "maxOutputSize", "scriptsDir"]);
});

test("sandboxed sessions do not get it", () => {
  expect(registered().tool({ sandboxed: true })).toBeNull();
});

test("a host without hooks is fine", () => {
  plugin.register({ registerTool: () => undefined });
});

const SHOW = (status: string) =>
  `[ "$*" = "approvals show ${TOKEN} --json" ] && printf '{"status":"${status}","prompt":"Restart?","context":{"a":1},"script":"/s.lua"}'`;

test("a human is asked before a yes goes through, and sees what is recorded", async () => {
  const event = { toolName: "assay", params: { action: "resume", token: TOKEN, approve: "yes" } };
  const decision = await approvalFor(event, configured(SHOW("waiting")));
  expect(decision?.requireApproval).toMatchObject({
    description: 'Restart?\nScript: /s.lua\nContext: {"a":1}', allowedDecisions: ["allow-once", "deny"],
  });
});

test.each([
  [{ action: "run", script: "s.lua" }, "assay"],
  [{ action: "resume", token: TOKEN, approve: "no" }, "assay"],
  [{ action: "resume", token: TOKEN, approve: "yes" }, "another"],
])("nobody is asked for %j of %s", async (params, toolName) => {
  expect(await approvalFor({ toolName, params }, configured("exit 1"))).toBeUndefined();
});

test.each([
  ["x", SHOW("waiting"), "token has to be 32 hex digits"],
  [TOKEN, SHOW("expired"), "nothing waits"],
  [TOKEN, "echo 'error: invalid resume token' >&2; exit 1", "nothing waits"],
])("a yes to nothing is blocked: %s", async (token, code, reason) => {
  const params = { action: "resume", token, approve: "yes" };
  const decision = await approvalFor({ toolName: "assay", params }, configured(code));
  expect(decision?.block).toBe(true);
  expect(decision?.blockReason).toContain(reason);
});

// With the executable of this project, where the environment names it.
test.runIf(process.env["ASSAY_BINARY"])("a real script asks, and goes on after the answer", async () => {
  const scripts = folder();
  writeFileSync(join(scripts, "s.lua"), "return { approved = approval.request('Go?'), ns = env.get('NS') }");
  process.env["ASSAY_STATE_DIR"] = folder();
  const { tool, ask } = registered({ scriptsDir: scripts });
  const found = tool({});
  const asked = await found?.execute("1", { action: "run", script: "s.lua", args: { NS: "shop" } });
  const { resumeToken: token } = (asked?.details as { requiresApproval: { resumeToken: string } }).requiresApproval;
  const answer = { action: "resume", token, approve: "yes" };
  expect((await ask({ toolName: "assay", params: answer }))?.requireApproval?.description).toContain("Go?");
  const done = await found?.execute("2", answer);
  expect(done?.content[0]?.text).toBe('{"approved":true,"ns":"shop"}');
});
