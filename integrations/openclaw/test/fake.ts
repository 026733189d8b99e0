// A stand-in for the executable, written as a shell script, and folders that go away after each test.

import { chmodSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach } from "vitest";

import { readConfig, type Config } from "../src/config.ts";

const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** Return a new empty folder. */
export function folder(): string {
  const made = realpathSync(mkdtempSync(join(tmpdir(), "assay-")));
  folders.push(made);
  return made;
}

/** Return the path of an executable with that shell code. */
export function executable(code: string, at: string = join(folder(), "assay")): string {
  writeFileSync(at, `#!/bin/sh\n${code}\n`);
  chmodSync(at, 0o755);
  return at;
}

/** Return settings whose executable has that shell code and whose scripts folder holds `s.lua`. */
export function configured(code: string, settings: object = {}): Config {
  const scripts = folder();
  writeFileSync(join(scripts, "s.lua"), "");
  return readConfig({ binaryPath: executable(code), scriptsDir: scripts, timeout: 1, ...settings }, {});
}
