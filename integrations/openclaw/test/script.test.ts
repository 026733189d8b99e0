import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

import { readConfig } from "../src/config.ts";
import { readArguments, resolveScript } from "../src/script.ts";
import { folder } from "./fake.ts";

function scripts() {
  const outside = folder();
  const inside = join(outside, "scripts");
  mkdirSync(join(inside, "deep"), { recursive: true });
  for (const path of ["secret.lua", "scripts/s.lua", "scripts/deep/d.lua"]) writeFileSync(join(outside, path), "");
  symlinkSync("../secret.lua", join(inside, "out.lua"));
  symlinkSync("..", join(inside, "up"));
  symlinkSync("deep/d.lua", join(inside, "alias.lua"));
  return { inside, config: readConfig({ scriptsDir: inside }, {}) };
}

test.each([["s.lua", "s.lua"], ["deep/d.lua", "deep/d.lua"], ["./s.lua", "s.lua"], ["alias.lua", "deep/d.lua"]])(
  "%s runs", (script, path) => {
    const { inside, config } = scripts();
    expect(resolveScript(script, config)).toBe(join(inside, path));
  },
);

test.each([
  ["/etc/x.lua", "absolute paths are refused"],
  ["C:\\x.lua", "absolute paths are refused"],
  ["\\\\host\\x.lua", "absolute paths are refused"],
  ["../secret.lua", "paths with .. are refused"],
  ["deep/../s.lua", "paths with .. are refused"],
  ["deep\\..\\s.lua", "paths with .. are refused"],
  ["out.lua", "links out of the scripts folder are refused"],
  ["up/secret.lua", "links out of the scripts folder are refused"],
  ["gone.lua", "gone.lua does not exist"],
  ["s.lua\0.txt", "NUL byte"],
  ["s.txt", "only .lua scripts run"],
  ["", "script has to be a relative path"],
  [5, "script has to be a relative path"],
  [undefined, "script has to be a relative path"],
])("%j is refused", (script, message) => {
  expect(() => resolveScript(script, scripts().config)).toThrow(message);
});

test("without a scripts folder nothing runs", () => {
  expect(() => resolveScript("s.lua", readConfig({}, {}))).toThrow("scriptsDir is not configured");
  expect(() => resolveScript("s.lua", readConfig({ scriptsDir: "/gone" }, {}))).toThrow("the scripts folder does not exist");
});

test("arguments are a map of texts", () => {
  expect(readArguments(undefined)).toEqual({});
  expect(readArguments({ NS: "shop", _a1: "é\n=" })).toEqual({ NS: "shop", _a1: "é\n=" });
});

test.each([
  [{ PATH: "x" }, "PATH is reserved"],
  [{ path: "x" }, "path is reserved"],
  [{ LD_PRELOAD: "x" }, "LD_PRELOAD is reserved"],
  [{ ASSAY_APPROVAL_RESULT: "yes" }, "ASSAY_APPROVAL_RESULT is reserved"],
  [{ LUA_PATH_5_5: "x" }, "LUA_PATH_5_5 is reserved"],
  [{ https_proxy: "x" }, "https_proxy is reserved"],
  [{ "A=B": "x" }, "is no name of a variable"],
  [{ "": "x" }, "is no name of a variable"],
  [{ A: 5 }, "the value of A has to be a text"],
  [{ A: "\0" }, "the value of A has to be a text"],
  [["A"], "args has to be a map of texts"],
  ["A=B", "args has to be a map of texts"],
])("arguments like %j are refused", (args, message) => {
  expect(() => readArguments(args)).toThrow(message);
});
