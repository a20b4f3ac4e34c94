import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FileHistory } from "../../../dist/channel/history/file-history.js";
import { startChannel, until } from "../../support/channel.js";
import { EventClient } from "../../support/http.js";
import type { TestContext } from "node:test";
import type { Channel } from "../../../dist/channel/channel.js";
import type { ChannelHistory, HistoryReader } from "../../../dist/channel/history/history.js";
import type { ChannelOptions } from "../../../dist/channel/options.js";

export async function logPath(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "tailcast-history-"));
  t.after(() => rm(folder, { recursive: true }));
  return join(folder, "log");
}

/** A channel whose memory holds four events, in front of a file. */
export async function startStored(
  t: TestContext,
  path: string,
  options: ChannelOptions = {},
): Promise<{ channel: Channel; port: number; history: FileHistory }> {
  const history = await FileHistory.open(path, "e");
  const started = await startChannel(t, { history, capacity: 4, backlog: "all", ...options });
  t.after(() => history.close());
  return { ...started, history };
}

/** A history that stores when the test releases it. */
export class HeldHistory implements ChannelHistory {
  readonly epoch = "e";
  readonly end = 1;
  readonly asked: string[] = [];
  readonly #held: { resolve: () => void; reject: (error: Error) => void }[] = [];

  append(pieces: readonly Buffer[], next: number): Promise<void> {
    this.asked.push(`${Buffer.concat(pieces).toString()}(${next})`);
    return new Promise((resolve, reject) => this.#held.push({ resolve, reject }));
  }

  read(): HistoryReader {
    return { next: () => Promise.reject(new Error("nothing to read")), close: () => undefined };
  }

  async release(error?: Error): Promise<void> {
    await until(() => this.#held.length > 0);
    const held = this.#held.shift();
    if (error === undefined) held?.resolve();
    else held?.reject(error);
  }
}

export const numbers = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => String(from + index));

export async function follow(port: number, count: number, lastEventId?: string): Promise<string[]> {
  const client = await EventClient.open(port, "/", lastEventId === undefined ? {} : { "last-event-id": lastEventId });
  const events = await client.until((all) => all.length >= count);
  client.close();
  return events.map(({ type, data }) => (type === "message" ? data : `${type} ${data}`));
}
