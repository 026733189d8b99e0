// One run of the executable: its output up to a limit, within a time limit, and nothing of it left behind.

import { spawn, type ChildProcess } from "node:child_process";

export interface Limits {
  /** Milliseconds after which the process and all it started are killed. */
  milliseconds: number;
  /** Bytes of standard output after which they are. */
  bytes: number;
}

export interface Outcome {
  stdout: string;
  /** The end of what was written to standard error. */
  stderr: string;
  stopped: "timeout" | "output" | "abort" | undefined;
  code: number | null;
}

const KEPT_ERRORS = 4096;

/** Run `binary` to its end; rejects only when it cannot be started. */
export function run(
  binary: string,
  args: string[],
  environment: Record<string, string | undefined>,
  folder: string | undefined,
  limits: Limits,
  signal?: AbortSignal,
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(binary, args, {
      cwd: folder,
      env: environment as NodeJS.ProcessEnv,
      stdio: ["ignore", "pipe", "pipe"],
      detached: process.platform !== "win32", // a process group of its own, so that all of it can be killed
    });
    const chunks: Buffer[] = [];
    let size = 0;
    let errors = Buffer.alloc(0);
    let stopped: Outcome["stopped"];

    const stop = (reason: Outcome["stopped"]): void => {
      if (stopped !== undefined) return;
      stopped = reason;
      killGroup(child);
      child.stdout.destroy();
      child.stderr.destroy();
    };
    const timer = setTimeout(() => stop("timeout"), limits.milliseconds);
    const abort = (): void => stop("abort");
    const settle = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
    };

    signal?.addEventListener("abort", abort, { once: true });
    if (signal?.aborted) abort();
    child.stdout.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size > limits.bytes) stop("output");
      else chunks.push(chunk);
    });
    child.stderr.on("data", (chunk: Buffer) => {
      errors = Buffer.concat([errors, chunk]).subarray(-KEPT_ERRORS);
    });
    child.on("error", (error) => {
      settle();
      reject(error);
    });
    child.on("close", (code) => {
      settle();
      killGroup(child); // what the script left running
      resolve({ stdout: Buffer.concat(chunks).toString("utf8"), stderr: errors.toString("utf8"), stopped, code });
    });
  });
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    if (process.platform === "win32") child.kill("SIGKILL");
    else process.kill(-child.pid, "SIGKILL");
  } catch {
    // nobody of the group is left
  }
}
