import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { Channel } from "../channel/channel.ts";
import { isEpoch } from "../protocol/sequence-id.ts";
import { checkNames, checkValue, kinds } from "../check-options.ts";
import { checkTimeout, toContract } from "./contract-check.ts";
import { readOn, readPieces, splitEvents } from "./read-pieces.ts";
import { SAMPLE_EVENTS, numberedEvents, textsOf } from "./sample-events.ts";
import type { OptionNames } from "../check-options.ts";
import type { ChannelHistory } from "../channel/history/history.ts";
import type { Checks, ContractCheck, Kit } from "./contract-check.ts";

/** How the checks use an implementation of {@link ChannelHistory}. */
export interface HistoryContractOptions {
  /**
   * Opens a history, which is empty when the name is new. After it was closed, a further call opens it again, with its
   * events. The checks close it.
   *
   * @param name - Lowercase letters, digits and hyphens.
   */
  readonly open: (name: string) => Promise<ChannelHistory> | ChannelHistory;
  /** Whether the events outlive `close`. Without it, the checks about that are omitted. Default false. */
  readonly isLasting?: boolean | undefined;
  /** The longest duration of one check, in milliseconds. Default 10 000. */
  readonly timeout?: number | undefined;
}

const optionNames: OptionNames<HistoryContractOptions> = { open: true, isLasting: true, timeout: true };

/** The histories of one check. */
class HistoryKit implements Kit {
  readonly #options: HistoryContractOptions;
  readonly #name: string = `contract-${randomBytes(6).toString("hex")}`;
  readonly #open = new Set<ChannelHistory>();

  constructor(options: HistoryContractOptions) {
    this.#options = options;
  }

  async open(): Promise<ChannelHistory> {
    const history = await this.#options.open(this.#name);
    this.#open.add(history);
    return history;
  }

  async release(history: ChannelHistory): Promise<void> {
    this.#open.delete(history);
    await history.close?.();
  }

  async close(): Promise<void> {
    await Promise.all([...this.#open].map((history) => this.release(history)));
  }

  /** Opens a channel, which closes the history. */
  async openChannel(capacity: number): Promise<Channel> {
    const history = await this.open();
    this.#open.delete(history);
    return new Channel({ history, capacity, backlog: "all" });
  }
}

/** Stores consecutive events, the first of which is the end of the history, as one piece each. */
async function store(history: ChannelHistory, texts: readonly string[]): Promise<void> {
  await history.append?.(texts.map((text) => Buffer.from(text)), history.end + texts.length);
}

async function streamOf(channel: Channel, lastEventId: string): Promise<string> {
  let text = "";
  for await (const bytes of channel.read({ lastEventId, until: "now" })) text += Buffer.from(bytes).toString();
  return text;
}

const checks: Checks<HistoryKit> = {
  "is empty when it is new": async (kit) => {
    const { epoch, start = 1, end } = await kit.open();
    assert.ok(isEpoch(epoch), `the epoch ${JSON.stringify(epoch)}`);
    assert.deepEqual({ start, end }, { start: 1, end: 1 });
  },

  "reads what was appended from every event to the end, in whole events": async (kit) => {
    const history = await kit.open();
    const texts = textsOf([...SAMPLE_EVENTS, ...numberedEvents(10)], history.epoch);
    for (const [index, text] of texts.entries()) {
      await store(history, [text]);
      assert.equal(history.end, index + 2);
    }
    for (let first = 1; first <= texts.length; first++) {
      assert.deepEqual(await readPieces(history, first, history.end), texts.slice(first - 1), `from event ${first} on`);
    }
  },

  "appends several pieces, each with several events, at once": async (kit) => {
    const history = await kit.open();
    const texts = textsOf(numberedEvents(30), history.epoch);
    const joined = (from: number, to: number): Buffer => Buffer.from(texts.slice(from, to).join(""));
    const pieces = [joined(0, 10), joined(10, 11), joined(11, 20)];
    const copies = pieces.map((piece) => Buffer.from(piece));
    await history.append?.(pieces, 21);
    await history.append?.([joined(20, 30)], 31);
    assert.deepEqual(pieces, copies, "the pieces, which clients receive, after append");
    for (const first of [1, 10, 11, 12, 20, 21, 30]) {
      assert.deepEqual(await readPieces(history, first, 31), texts.slice(first - 1), `from event ${first} on`);
    }
  },

  "divides long logs into pieces of about 64 KiB, which many readers read at once": async (kit) => {
    const history = await kit.open();
    const texts = textsOf(numberedEvents(60).map((event) => event.padEnd(10_000, ".")), history.epoch);
    for (let first = 0; first < 60; first += 6) await store(history, texts.slice(first, first + 6));
    const starts = [1, 1, 2, 7, 30, 59, 60];
    const read = await Promise.all(starts.map((first) => readPieces(history, first, 61)));
    for (const [index, each] of read.entries()) assert.deepEqual(each, texts.slice((starts[index] ?? 1) - 1));
  },

  "continues a reader with events that were appended after it was opened": async (kit) => {
    const history = await kit.open();
    const texts = textsOf(numberedEvents(3), history.epoch);
    await store(history, texts.slice(0, 1));
    const reader = history.read(1);
    const first = await reader.next();
    await store(history, texts.slice(1));
    const rest = await readOn(reader, first.next, 4);
    reader.close();
    assert.deepEqual([...splitEvents(first.bytes.toString()), ...rest], texts);
  },

  "lets a reader leave at any time": async (kit) => {
    const history = await kit.open();
    const texts = textsOf(numberedEvents(2), history.epoch);
    await store(history, texts);
    history.read(1).close();
    const reader = history.read(1);
    const pending = reader.next().catch(() => undefined);
    reader.close();
    await pending;
    assert.deepEqual(await readPieces(history, 1, 3), texts);
  },

  "gives a client of a channel the same bytes from memory and from the history": async (kit) => {
    const channel = await kit.openChannel(2);
    const ids = SAMPLE_EVENTS.map((event) => channel.publish(typeof event === "string" ? { data: event } : event));
    await channel.flushed();
    const expected = textsOf(SAMPLE_EVENTS, ids[0]?.replace(/-1$/, "") ?? "");
    assert.equal(await streamOf(channel, ""), expected.join(""));
    for (const [index, id] of ids.entries()) {
      assert.equal(await streamOf(channel, id), expected.slice(index + 1).join(""), `after ${id}`);
    }
    await channel.close();
  },
};

const lastingChecks: Checks<HistoryKit> = {
  "continues with the same epoch and bytes after it is opened again": async (kit) => {
    const ids: string[] = [];
    let text = "";
    for (let life = 0; life < 3; life++) {
      const channel = await kit.openChannel(2);
      ids.push(channel.publish(`life ${life}, event 1`), channel.publish(`life ${life}, event 2`));
      await channel.flushed();
      const stream = await streamOf(channel, "");
      assert.ok(stream.startsWith(text), "the bytes changed after the history was opened again");
      text = stream;
      await channel.close();
    }
    const epoch = ids[0]?.replace(/-1$/, "") ?? "";
    const data = [0, 1, 2].flatMap((life) => [`life ${life}, event 1`, `life ${life}, event 2`]);
    assert.deepEqual(ids, data.map((_, index) => `${epoch}-${index + 1}`));
    assert.equal(text, textsOf(data, epoch).join(""));
  },

  "refuses a second writer": async (kit) => {
    const history = await kit.open();
    await store(history, textsOf(["one"], history.epoch));
    await assert.rejects(async () => {
      const second = await kit.open();
      await store(second, textsOf(["one", "two"], history.epoch).slice(second.end - 1));
    });
    assert.deepEqual(await readPieces(history, 1, 2), textsOf(["one"], history.epoch));
  },
};

/**
 * Returns the checks of the contract of `ChannelHistory`, for a history that has `append`. Each opens a history with a
 * new name, and closes it.
 *
 * @throws {TailcastError} `INVALID_OPTION`, naming the option.
 */
export function historyContract(options: HistoryContractOptions): ContractCheck[] {
  checkNames(options, optionNames);
  checkValue("open", options.open, kinds.function);
  if (options.isLasting !== undefined) checkValue("isLasting", options.isLasting, kinds.boolean);
  checkTimeout(options.timeout);
  const all = options.isLasting === true ? { ...checks, ...lastingChecks } : checks;
  return toContract(all, () => new HistoryKit(options), options.timeout ?? 10_000);
}
