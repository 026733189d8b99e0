// An agent does not approve itself: before a "yes" goes through, the host asks a human, and shows what is recorded.

import { run } from "./child.ts";
import { findBinary, type Config } from "./config.ts";
import { childEnvironment, isToken, TOOL_NAME } from "./tool.ts";
import type { ToolCallDecision, ToolCallEvent } from "./host.ts";

const LIMITS = { milliseconds: 10_000, bytes: 4 << 20 };
const LONGEST = 500;

/** Return what has to happen before a tool call goes on; undefined where nothing has to. */
export async function approvalFor(event: ToolCallEvent, config: Config): Promise<ToolCallDecision | undefined> {
  const { action, token, approve } = event.params;
  if (event.toolName !== TOOL_NAME || action !== "resume" || approve !== "yes") return undefined;
  if (!isToken(token)) return { block: true, blockReason: "assay: token has to be 32 hex digits" };
  const request = await recorded(token, config);
  if (request === undefined) return { block: true, blockReason: "assay: nothing waits for an approval under this token" };
  return {
    requireApproval: {
      title: "Approve what a script asks for",
      description: shown(request),
      severity: "warning",
      allowedDecisions: ["allow-once", "deny"],
    },
  };
}

interface Request {
  status: string;
  prompt: string;
  context: unknown;
  script: string;
}

async function recorded(token: string, config: Config): Promise<Request | undefined> {
  const binary = findBinary(config, process.env);
  const outcome = await run(
    binary, ["approvals", "show", token, "--json"], childEnvironment(process.env, {}), config.scriptsDir, LIMITS,
  );
  try {
    const found = JSON.parse(outcome.stdout) as Request;
    return found.status === "waiting" && typeof found.prompt === "string" ? found : undefined;
  } catch {
    return undefined;
  }
}

function shown(request: Request): string {
  const context = request.context === null ? "" : `\nContext: ${JSON.stringify(request.context)}`;
  const text = `${request.prompt}\nScript: ${request.script}${context}`;
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST - 1)}…`;
}
