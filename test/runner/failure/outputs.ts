import { readFileSync } from "node:fs";
import type { StepResult } from "../../../dist/runner/process/run-step.js";

/** The output of a command that failed. */
export interface FailedOutput {
  readonly title: string;
  readonly result: StepResult;
  /** The subject of the hint; `null` without one. */
  readonly subject: string | null;
  readonly text: string;
}

const FOLDER = new URL("../../../test/runner/failure/", import.meta.url);
const HEADER = /^=== (.+): (?:exit (\d+)|(SIG\w+))(?: -> (.+))?\n/gm;

/** Reads a file of outputs. Each starts with a line `=== title: exit 1 -> subject`, or `=== title: SIGKILL`. */
export function readOutputs(file: string): FailedOutput[] {
  const content = readFileSync(new URL(file, FOLDER), "utf8");
  const headers = [...content.matchAll(HEADER)];
  return headers.map((header, index) => {
    const [line, title = "", exitCode, signal = "", subject = null] = header;
    const result: StepResult =
      exitCode === undefined ? { type: "killed", signal } : { type: "failed", exitCode: Number(exitCode) };
    return { title, result, subject, text: content.slice(header.index + line.length, headers[index + 1]?.index) };
  });
}
