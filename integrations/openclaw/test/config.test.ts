import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

import { findBinary, readConfig } from "../src/config.ts";
import { executable, folder } from "./fake.ts";

test("the defaults are those of the manifest", async () => {
  const manifest = await import("../openclaw.plugin.json", { with: { type: "json" } });
  const { timeout, maxOutputSize } = manifest.default.configSchema.properties;
  expect(readConfig(undefined, {})).toEqual({
    binaryPath: undefined, scriptsDir: undefined, timeout: timeout.default, maxOutputSize: maxOutputSize.default,
  });
  expect([timeout.default, maxOutputSize.default]).toEqual([20, 524288]);
});

test("the executable comes from the settings, then from ASSAY_BINARY, then from PATH", () => {
  const [configured, named, found] = [executable("true"), executable("true"), executable("true")];
  const environment = { ASSAY_BINARY: named, PATH: `relative:${folder()}:${join(found, "..")}` };
  expect(findBinary(readConfig({ binaryPath: configured }, environment), environment)).toBe(configured);
  expect(findBinary(readConfig({}, environment), environment)).toBe(named);
  expect(findBinary(readConfig({}, {}), environment)).toBe(found);
});

test("an executable that is none is named", () => {
  const path = join(folder(), "assay");
  mkdirSync(path);
  expect(() => findBinary(readConfig({ binaryPath: path }, {}), {})).toThrow(`${path} is not an executable file`);
  expect(() => findBinary(readConfig({ binaryPath: "/gone" }, {}), {})).toThrow("/gone is not an executable file");
  expect(() => findBinary(readConfig({}, {}), { PATH: folder() })).toThrow("no executable found");
});

test.each([
  [{ timeout: "20" }, "timeout has to be a whole number"],
  [{ timeout: 0 }, "timeout has to be a whole number"],
  [{ maxOutputSize: 1.5 }, "maxOutputSize has to be a whole number"],
  [{ scriptsDir: 5 }, "scriptsDir has to be a text"],
])("wrong settings are refused: %j", (settings, message) => {
  expect(() => readConfig(settings, {})).toThrow(message);
});
