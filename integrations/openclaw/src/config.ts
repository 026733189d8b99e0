// The plugin's settings, with their defaults, and where the executable is.

import { accessSync, constants, statSync } from "node:fs";
import { delimiter, isAbsolute, join } from "node:path";

export interface Config {
  binaryPath: string | undefined;
  /** Seconds. */
  timeout: number;
  /** Bytes. */
  maxOutputSize: number;
  scriptsDir: string | undefined;
}

export type Environment = Record<string, string | undefined>;

export const DEFAULT_TIMEOUT = 20;
export const DEFAULT_OUTPUT_SIZE = 512 * 1024;

/** Return the settings; throws where one has the wrong type. */
export function readConfig(given: unknown, environment: Environment): Config {
  const values = (given ?? {}) as Record<string, unknown>;
  return {
    binaryPath: text(values, "binaryPath") ?? (environment["ASSAY_BINARY"] || undefined),
    timeout: count(values, "timeout") ?? DEFAULT_TIMEOUT,
    maxOutputSize: count(values, "maxOutputSize") ?? DEFAULT_OUTPUT_SIZE,
    scriptsDir: text(values, "scriptsDir"),
  };
}

/** Return the path of the executable: the configured one, else `assay` on PATH; throws when there is none. */
export function findBinary(config: Config, environment: Environment): string {
  if (config.binaryPath !== undefined) {
    if (!isExecutable(config.binaryPath)) throw new Error(`assay: ${config.binaryPath} is not an executable file`);
    return config.binaryPath;
  }
  for (const folder of (environment["PATH"] ?? "").split(delimiter)) {
    const candidate = join(folder, "assay");
    if (isAbsolute(folder) && isExecutable(candidate)) return candidate;
  }
  throw new Error("assay: no executable found; set binaryPath or ASSAY_BINARY, or put assay on PATH");
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function text(values: Record<string, unknown>, name: string): string | undefined {
  const value = values[name];
  if (value === undefined || value === "") return undefined;
  if (typeof value !== "string") throw new Error(`assay: ${name} has to be a text`);
  return value;
}

function count(values: Record<string, unknown>, name: string): number | undefined {
  const value = values[name];
  if (value === undefined) return undefined;
  if (!Number.isSafeInteger(value) || (value as number) < 1) throw new Error(`assay: ${name} has to be a whole number from 1 on`);
  return value as number;
}
