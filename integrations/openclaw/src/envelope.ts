// What assay answers, and what the agent is told of it.

import type { Outcome } from "./child.ts";
import type { ToolResult } from "./host.ts";

export interface Approval {
  prompt: string;
  context: unknown;
  resumeToken: string;
}

export type Envelope =
  | { ok: true; status: "ok"; output: unknown; requiresApproval: null; truncated?: true }
  | { ok: true; status: "needs_approval"; output: null; requiresApproval: Approval }
  | { ok: false; status: "error" | "timeout"; error: string; truncated?: true };

/** Return the envelope of a run; one that printed none gets an envelope that says why. */
export function envelopeOf(outcome: Outcome, seconds: number, bytes: number): Envelope {
  if (outcome.stopped === "timeout") return { ok: false, status: "timeout", error: `execution timed out after ${seconds}s` };
  if (outcome.stopped === "output") return failure(`the output has more than ${bytes} bytes`);
  if (outcome.stopped === "abort") return failure("aborted");
  return parse(outcome.stdout) ?? failure(`no envelope from assay (exit code ${outcome.code}): ${outcome.stderr.trim()}`);
}

/** Return an envelope as the result of a tool call; throws an Error for those that failed. */
export function resultOf(envelope: Envelope): ToolResult {
  if (envelope.status === "ok") {
    const text = typeof envelope.output === "string" ? envelope.output : JSON.stringify(envelope.output);
    return { content: [{ type: "text", text: envelope.truncated ? `${text}\n(cut: the result was too large)` : text }], details: envelope };
  }
  if (envelope.status === "needs_approval") {
    return { content: [{ type: "text", text: question(envelope.requiresApproval) }], details: envelope };
  }
  throw new Error(`assay: ${envelope.status}: ${envelope.error}`);
}

function question(approval: Approval): string {
  const context = approval.context === null ? "" : `\nContext: ${JSON.stringify(approval.context)}`;
  return (
    `Approval needed: ${approval.prompt}${context}\n` +
    `The script waits. Ask the user; then call this tool with action "resume", token "${approval.resumeToken}" ` +
    `and approve "yes" or "no".`
  );
}

function failure(error: string): Envelope {
  return { ok: false, status: "error", error };
}

function parse(text: string): Envelope | undefined {
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch {
    return undefined;
  }
  return isEnvelope(found) ? found : undefined;
}

function isEnvelope(value: unknown): value is Envelope {
  if (typeof value !== "object" || value === null) return false;
  const { ok, status, error, requiresApproval } = value as Record<string, unknown>;
  if (status === "ok") return ok === true;
  if (status === "error" || status === "timeout") return ok === false && typeof error === "string";
  if (status !== "needs_approval" || typeof requiresApproval !== "object" || requiresApproval === null) return false;
  const { prompt, resumeToken } = requiresApproval as Record<string, unknown>;
  return ok === true && typeof prompt === "string" && typeof resumeToken === "string";
}
