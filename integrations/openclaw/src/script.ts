// Which scripts may run, and with which variables.

import { realpathSync } from "node:fs";
import { isAbsolute, join, relative, sep, win32 } from "node:path";

import type { Config } from "./config.ts";

// Variables that change what the runtime or a program it starts loads or trusts.
const RESERVED_PREFIXES = ["ASSAY_", "OPENCLAW_", "CLAWD_", "LUA_", "LD_", "DYLD_", "PYTHON", "NODE_", "RUST_", "BASH_", "GIT_", "SSL_"];
const RESERVED = new Set(["PATH", "HOME", "SHELL", "ENV", "IFS", "TMPDIR", "USER", "LOGNAME", "PWD", "CDPATH"]);

/** Return the real path of a script inside the scripts folder; throws for anything else. */
export function resolveScript(script: unknown, config: Config): string {
  if (config.scriptsDir === undefined) throw new Error("assay: scriptsDir is not configured");
  if (typeof script !== "string" || script === "") throw new Error("assay: script has to be a relative path");
  if (script.includes("\0")) throw new Error("assay: script has a NUL byte in its path");
  if (isAbsolute(script) || win32.isAbsolute(script)) throw new Error("assay: absolute paths are refused");
  if (script.split(/[/\\]/).includes("..")) throw new Error("assay: paths with .. are refused");
  if (!script.endsWith(".lua")) throw new Error("assay: only .lua scripts run");
  const folder = real(config.scriptsDir, "the scripts folder");
  const path = real(join(folder, script), script);
  const inside = relative(folder, path);
  if (inside === "" || inside === ".." || inside.startsWith(`..${sep}`) || isAbsolute(inside)) {
    throw new Error("assay: links out of the scripts folder are refused");
  }
  return path;
}

/** Return the variables of `args`; throws for names that are reserved and values that are no texts. */
export function readArguments(args: unknown): Record<string, string> {
  if (args === undefined || args === null) return {};
  if (typeof args !== "object" || Array.isArray(args)) throw new Error("assay: args has to be a map of texts");
  for (const [name, value] of Object.entries(args)) {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) throw new Error(`assay: ${JSON.stringify(name)} is no name of a variable`);
    if (isReserved(name)) throw new Error(`assay: the variable ${name} is reserved`);
    if (typeof value !== "string" || value.includes("\0")) throw new Error(`assay: the value of ${name} has to be a text`);
  }
  return { ...(args as Record<string, string>) };
}

function isReserved(name: string): boolean {
  const upper = name.toUpperCase();
  return RESERVED.has(upper) || upper.endsWith("_PROXY") || RESERVED_PREFIXES.some((prefix) => upper.startsWith(prefix));
}

function real(path: string, shown: string): string {
  try {
    return realpathSync(path);
  } catch {
    throw new Error(`assay: ${shown} does not exist`);
  }
}
