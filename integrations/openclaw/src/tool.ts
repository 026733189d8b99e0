// The tool: run a script, or answer the approval that one waits for.

import { findBinary, type Config, type Environment } from "./config.ts";
import { run } from "./child.ts";
import { envelopeOf, resultOf } from "./envelope.ts";
import { readArguments, resolveScript } from "./script.ts";
import type { Tool, ToolResult } from "./host.ts";

export const TOOL_NAME = "assay";

/** Seconds that assay gets beyond its own time limit, to clean up and to answer. */
const GRACE = 5;

const PARAMETERS = {
  type: "object",
  additionalProperties: false,
  required: ["action"],
  properties: {
    action: { type: "string", enum: ["run", "resume"], description: "run a script, or resume one that waits for an approval" },
    script: { type: "string", description: "run: path of the script, relative to the scripts folder" },
    args: { type: "object", additionalProperties: { type: "string" }, description: "variables for the script" },
    token: { type: "string", pattern: "^[0-9a-f]{32}$", description: "resume: the token that the run returned" },
    approve: { type: "string", enum: ["yes", "no"], description: "resume: what the user decided" },
  },
};

/** Return the tool for these settings. */
export function makeTool(config: Config, grace: number = GRACE): Tool {
  return {
    name: TOOL_NAME,
    label: "assay",
    description:
      "Run a Lua script for operations work (Kubernetes, HTTP, databases, files). The result is JSON. " +
      "A script may stop and ask for an approval: ask the user, then resume it with their answer.",
    parameters: PARAMETERS,
    execute: (_id, params, signal) => execute((params ?? {}) as Record<string, unknown>, config, grace, signal),
  };
}

async function execute(
  params: Record<string, unknown>,
  config: Config,
  grace: number,
  signal: AbortSignal | undefined,
): Promise<ToolResult> {
  const binary = findBinary(config, process.env);
  const variables = readArguments(params["args"]);
  const limits = { milliseconds: (config.timeout + grace) * 1000, bytes: config.maxOutputSize };
  const outcome = await run(
    binary, command(params, config), childEnvironment(process.env, variables), config.scriptsDir, limits, signal,
  );
  return resultOf(envelopeOf(outcome, config.timeout, config.maxOutputSize));
}

function command(params: Record<string, unknown>, config: Config): string[] {
  if (params["action"] === "run") {
    return ["run", "--mode", "tool", "--timeout", String(config.timeout), "--", resolveScript(params["script"], config)];
  }
  if (params["action"] !== "resume") throw new Error("assay: action has to be run or resume");
  const { token, approve } = params;
  if (!isToken(token)) throw new Error("assay: token has to be 32 hex digits");
  if (approve !== "yes" && approve !== "no") throw new Error("assay: approve has to be yes or no");
  return ["resume", "--token", token, "--approve", approve, "--approver", "openclaw"];
}

/** Tell a token. */
export function isToken(value: unknown): value is string {
  return typeof value === "string" && /^[0-9a-f]{32}$/.test(value);
}

/** Return the variables of the child: ours, without those that steer a run, and the arguments. */
export function childEnvironment(ours: Environment, args: Record<string, string>): Environment {
  const environment: Environment = { ...ours, ...args };
  for (const name of ["ASSAY_MODE", "ASSAY_APPROVAL_RESULT", "ASSAY_ARGUMENTS"]) delete environment[name];
  const names = Object.keys(args);
  return names.length > 0 ? { ...environment, ASSAY_ARGUMENTS: names.join(",") } : environment;
}
