import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FileHistory } from "../../../dist/channel/history/file-history.js";
import { BuildLog } from "../../../dist/streams/build-log.js";
import type { TestContext } from "node:test";
import type { LogLine } from "../../../dist/streams/line-data.js";

export const ID = "0123456789abcdef";

/** The last state of each line, by number. */
export type States = Map<number, LogLine>;

/** A state of a line. */
export function lineOf(number: number, text: string, changes: Partial<LogLine> = {}): LogLine {
  return { number, step: "build", stream: "stdout", text, time: "2026-01-01T00:00:00.000Z", ...changes };
}

/** The path of a log's file in a folder of its own. */
export async function logPath(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "tailcast-lines-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return join(folder, "events");
}

/** Publishes lines as a build does, and stores them in a file if it has a path. */
export async function writeLog(lines: Iterable<LogLine>, path?: string): Promise<{ log: BuildLog; states: States }> {
  const history = path === undefined ? undefined : FileHistory.create(path, ID);
  const log = new BuildLog(ID, {}, history);
  const states: States = new Map();
  for (const line of lines) {
    states.set(line.number, line);
    await log.publish({ type: "line", buildId: ID, ...line });
  }
  return { log, states };
}

/** Closes a log. */
export async function closeLog(log: BuildLog): Promise<void> {
  await log.close();
  await log.history?.close().catch(() => undefined);
}
