// The part of OpenClaw's plugin interface that is used here, written down so that nothing has to be installed for it.

export interface ToolContext {
  sandboxed?: boolean;
}

export interface ToolResult {
  content: { type: "text"; text: string }[];
  details: unknown;
}

export interface Tool {
  name: string;
  label: string;
  description: string;
  parameters: object;
  execute(id: string, params: unknown, signal?: AbortSignal): Promise<ToolResult>;
}

export interface ToolCallEvent {
  toolName: string;
  params: Record<string, unknown>;
}

export interface ToolCallDecision {
  block?: boolean;
  blockReason?: string;
  requireApproval?: {
    title: string;
    description: string;
    severity: "info" | "warning" | "critical";
    allowedDecisions: ("allow-once" | "deny")[];
  };
}

export interface PluginApi {
  pluginConfig?: unknown;
  registerTool(factory: (context: ToolContext) => Tool | null, options: { name: string; optional: boolean }): void;
  on?(
    event: "before_tool_call",
    handler: (event: ToolCallEvent) => Promise<ToolCallDecision | undefined>,
  ): void;
}
