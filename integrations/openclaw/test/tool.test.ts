import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";

import { makeTool } from "../src/tool.ts";
import { configured, folder } from "./fake.ts";

const OK = `printf '{"ok":true,"status":"ok","output":{"a":[1,"é"]},"requiresApproval":null}'`;
const TOKEN = "0123456789abcdef0123456789abcdef";

function call(code: string, params: object = { action: "run", script: "s.lua" }, settings: object = {}, signal?: AbortSignal) {
  return makeTool(configured(code, settings), 0.2).execute("call", params, signal);
}

test("a result is told as JSON, with the envelope as details", async () => {
  const result = await call(OK);
  expect(result.content).toEqual([{ type: "text", text: '{"a":[1,"é"]}' }]);
  expect(result.details).toMatchObject({ ok: true, status: "ok" });
});

test("a text is told as it is, and that it was cut", async () => {
  const result = await call(`printf '{"ok":true,"status":"ok","output":"cut...","requiresApproval":null,"truncated":true}'`);
  expect(result.content[0]?.text).toBe("cut...\n(cut: the result was too large)");
});

test("a request for an approval tells prompt, context and token", async () => {
  const wanted = `{"context":{"pods":3},"prompt":"Restart?","resumeToken":"${TOKEN}"}`;
  const result = await call(`printf '{"ok":true,"status":"needs_approval","output":null,"requiresApproval":${wanted}}'`);
  expect(result.content[0]?.text).toContain('Approval needed: Restart?\nContext: {"pods":3}\n');
  expect(result.content[0]?.text).toContain(TOKEN);
});

test.each([
  [`printf '{"ok":false,"status":"error","error":"s.lua:1: boom"}'`, "assay: error: s.lua:1: boom"],
  [`printf '{"ok":false,"status":"timeout","error":"execution timed out after 1s"}'`, "assay: timeout: execution timed out"],
  ["echo nonsense; echo why >&2; exit 7", "no envelope from assay (exit code 7): why"],
  [`printf '{"ok":true,"status":"error","error":"x"}'`, "no envelope from assay"],
  [`printf '{"ok":true,"status":"needs_approval","requiresApproval":{}}'`, "no envelope from assay"],
  [`printf '[1]'`, "no envelope from assay"],
  ["true", "no envelope from assay"],
])("a failure is an error: %s", async (code, message) => {
  await expect(call(code)).rejects.toThrow(message);
});

test("the script gets its path, its time limit and its arguments", async () => {
  const seen = join(folder(), "seen");
  await call(`echo "$@" > ${seen}; echo "$NS,$ASSAY_ARGUMENTS,$ASSAY_MODE" >> ${seen}; pwd >> ${seen}; ${OK}`, {
    action: "run", script: "s.lua", args: { NS: "shop", LEVEL: "2" },
  }, { timeout: 7 });
  const [command, variables, cwd] = readFileSync(seen, "utf8").split("\n");
  expect(command).toMatch(/^run --mode tool --timeout 7 -- \/.*\/s\.lua$/);
  expect(variables).toBe("shop,NS,LEVEL,");
  expect(command).toContain(`${cwd}/s.lua`);
});

test("an answer goes to assay resume", async () => {
  const seen = join(folder(), "seen");
  await call(`echo "$@" > ${seen}; ${OK}`, { action: "resume", token: TOKEN, approve: "no" });
  expect(readFileSync(seen, "utf8")).toBe(`resume --token ${TOKEN} --approve no --approver openclaw\n`);
});

test.each([
  [{}, "action has to be run or resume"],
  [{ action: "exec" }, "action has to be run or resume"],
  [{ action: "run", script: "../s.lua" }, "paths with .. are refused"],
  [{ action: "run", script: "s.lua", args: { HOME: "/" } }, "HOME is reserved"],
  [{ action: "resume", token: "x", approve: "yes" }, "token has to be 32 hex digits"],
  [{ action: "resume", token: `--${TOKEN.slice(2)}`, approve: "yes" }, "token has to be 32 hex digits"],
  [{ action: "resume", token: TOKEN, approve: "maybe" }, "approve has to be yes or no"],
])("a wrong call is refused: %j", async (params, message) => {
  await expect(call("touch called", params)).rejects.toThrow(message);
});

test("a child that takes too long is killed with all that it started", async () => {
  const mark = join(folder(), "mark");
  const started = Date.now();
  await expect(call(`(sleep 2; touch ${mark}) & sleep 30`)).rejects.toThrow("assay: timeout: execution timed out after 1s");
  expect(Date.now() - started).toBeLessThan(3000);
  await sleep(1500);
  expect(existsSync(mark)).toBe(false);
});

test("a child that prints too much is killed", async () => {
  const started = Date.now();
  await expect(call("yes", undefined, { maxOutputSize: 2048, timeout: 20 })).rejects.toThrow("the output has more than 2048 bytes");
  expect(Date.now() - started).toBeLessThan(3000);
});

test("what is printed to standard error does not count, however much", async () => {
  const result = await call(`yes | head -c 3000000 >&2; ${OK}`, undefined, { maxOutputSize: 2048, timeout: 10 });
  expect(result.details).toMatchObject({ status: "ok" });
});

test("an abort kills the child", async () => {
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 100);
  await expect(call("sleep 30", undefined, { timeout: 20 }, controller.signal)).rejects.toThrow("aborted");
  await expect(call("sleep 30", undefined, { timeout: 20 }, AbortSignal.abort())).rejects.toThrow("aborted");
});

test("an executable that cannot be started is an error", async () => {
  const config = configured("true");
  writeFileSync(config.binaryPath ?? "", "#!/gone/interpreter\n");
  await expect(makeTool(config).execute("call", { action: "run", script: "s.lua" })).rejects.toThrow("ENOENT");
});
