import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Channel } from "../../../dist/channel/channel.js";
import { MemoryLog } from "../../../dist/channel/history/memory-log.js";
import { encodeEvent } from "../../../dist/protocol/encode.js";
import { parseSequenceId } from "../../../dist/protocol/sequence-id.js";
import { createRandom } from "../../support/random.js";

type Random = (limit: number) => number;

/** All events that the store has ever had, and the largest `start` of each epoch. */
class Truth {
  readonly texts = new Map<string, string>();
  readonly starts = new Map<string, number>();
  readonly epochs: string[] = [];

  note(log: MemoryLog): void {
    if (this.epochs.at(-1) !== log.epoch) this.epochs.push(log.epoch);
    this.starts.set(log.epoch, log.start);
  }
}

/** A client that moves between channels with its last event id, and checks everything that it receives. */
class Traveller {
  readonly #truth: Truth;
  readonly #name: string;
  #reading: Promise<void> | undefined;
  #body: ReadableStreamDefaultReader<Uint8Array> | undefined;
  #received = "";
  /** The events that it has received, with their ids. */
  readonly #texts: [id: string, text: string][] = [];
  /** Its last event id; empty before its first event. */
  position = "";
  gaps = 0;

  constructor(name: string, truth: Truth) {
    this.#name = name;
    this.#truth = truth;
  }

  get isConnected(): boolean {
    return this.#body !== undefined;
  }

  /** Connects as a client, or as a reader of `channel.read`. */
  connect(channel: Channel, isReader: boolean): void {
    this.#received = "";
    const { position } = this;
    if (isReader) {
      this.#body = ReadableStream.from(channel.read({ lastEventId: position })).getReader();
    } else {
      const headers = position === "" ? {} : { "Last-Event-ID": position };
      this.#body = channel.respond(new Request("http://localhost/", { headers })).body?.getReader();
    }
  }

  async leave(): Promise<void> {
    const body = this.#body;
    this.#body = undefined;
    await body?.cancel();
  }

  /** Reads the next bytes. Calls at the same time share one read. */
  read(): Promise<void> {
    this.#reading ??= this.#read().finally(() => (this.#reading = undefined));
    return this.#reading;
  }

  async #read(): Promise<void> {
    const body = this.#body;
    if (body === undefined) return;
    const { value } = await body.read();
    // The whole events of a stream that was left meanwhile do not count.
    if (value === undefined || this.#body !== body) return;
    this.#received += Buffer.from(value).toString();
    const blocks = this.#received.split("\n\n");
    this.#received = blocks.pop() ?? "";
    for (const block of blocks) this.#check(`${block.replace(/^:\n/, "")}\n\n`);
  }

  /** Compares all received events with those of the store, bytes for bytes. */
  compare(): void {
    for (const [id, text] of this.#texts) assert.equal(text, this.#truth.texts.get(id), this.#name);
  }

  #check(text: string): void {
    const id = /^id: (.*)$/m.exec(text)?.[1] ?? assert.fail(text);
    if (text.startsWith("event: gap\n")) this.#checkGap(id, text);
    else {
      this.#texts.push([id, text]);
      if (this.position !== "") assert.equal(id, following(this.position), `${this.#name} after ${this.position}`);
    }
    this.position = id;
  }

  #checkGap(id: string, text: string): void {
    this.gaps++;
    const data = JSON.parse(/^data: (.*)$/m.exec(text)?.[1] ?? "") as Record<string, unknown>;
    const { lastEventId, reason, missed } = data;
    const where = `${this.#name} after ${this.position}: ${text}`;
    if (this.position !== "") assert.equal(lastEventId, this.position, where);
    const before = parseSequenceId(String(lastEventId)) ?? assert.fail(where);
    const after = parseSequenceId(id) ?? assert.fail(where);
    if (reason === "epoch") {
      const { epochs } = this.#truth;
      assert.ok(epochs.indexOf(after.epoch) > epochs.indexOf(before.epoch), where);
      assert.equal(missed, null, where);
    } else if (reason === "unknown") {
      assert.ok(!this.#truth.texts.has(String(lastEventId)), where);
    } else {
      assert.deepEqual([reason, after.epoch], ["evicted", before.epoch], where);
      assert.equal(missed, after.sequence - before.sequence, where);
      assert.ok(before.sequence + 1 < (this.#truth.starts.get(before.epoch) ?? 0), where);
    }
  }
}

function following(id: string): string {
  const { epoch, sequence } = parseSequenceId(id) ?? assert.fail(id);
  return `${epoch}-${sequence + 1}`;
}

/** One event of any size, with or without a type. */
function anyEvent(random: Random): { data: string; event?: string } {
  const data = ["", "x", "two\nlines", "é€😀", "y".repeat(random(500))][random(5)] ?? "";
  return random(2) === 0 ? { data } : { data, event: "line" };
}

/** Runs a random sequence of actions, and returns how many gaps the clients received. */
async function play(seed: number): Promise<number> {
  const random = createRandom(seed);
  const log = new MemoryLog({ epoch: "e0", capacity: 5 + random(60), capacityBytes: 1000 + random(20_000) });
  const logs = [log, log.fork(), log.fork()];
  const channels = logs.map(
    (each) => new Channel({ log: each, retry: null, heartbeat: 0, capacity: 1 + random(30), coalesce: random(3) }),
  );
  const truth = new Truth();
  // A handle that is always available, and knows the state of the store after each change.
  const witness = log.fork();
  const note = (): void => truth.note(witness);
  witness.follow({ onEvents: note, onReset: note, onComplete: note, onFailure: note });
  note();
  const travellers = Array.from({ length: 6 }, (_, index) => new Traveller(`seed ${seed}, client ${index}`, truth));
  const pick = <Item>(items: readonly Item[]): Item => items[random(items.length)] ?? assert.fail();

  const failures: unknown[] = [];
  const read = (traveller: Traveller): Promise<void> => {
    return traveller.read().catch((error: unknown) => void failures.push(error));
  };
  const publish = async (): Promise<void> => {
    const event = anyEvent(random);
    const id = await pick(logs).publish(event).catch(() => undefined);
    if (id !== undefined) truth.texts.set(id, encodeEvent({ ...event, id }));
  };

  for (let step = 0; step < 150; step++) {
    const action = random(100);
    if (action < 35) await Promise.all(Array.from({ length: 1 + random(8) }, publish));
    else if (action < 37) pick(logs).reset(`e${truth.epochs.length}`);
    else if (action < 42) pick(logs).interrupt();
    else if (action < 50) pick(logs).restore();
    else if (action < 65) {
      const traveller = pick(travellers);
      await traveller.leave();
      if (random(10) === 0) traveller.position = `${witness.epoch}-${witness.end + 1000}`;
      traveller.connect(pick(channels), random(3) === 0);
    } else if (action < 85) void read(pick(travellers));
    else for (let turn = random(4); turn > 0; turn--) await new Promise(setImmediate);
  }

  // After all troubles, every client must reach the newest event.
  for (const each of logs) each.restore();
  for (const traveller of travellers) if (!traveller.isConnected) traveller.connect(pick(channels), false);
  for (let count = 0; count < 3; count++) await publish();
  const newest = `${witness.epoch}-${witness.end - 1}`;
  await Promise.all(
    travellers.map(async (traveller) => {
      while (traveller.position !== newest && failures.length === 0) await read(traveller);
      await traveller.leave();
    }),
  );
  assert.deepEqual(failures, []);
  for (const traveller of travellers) traveller.compare();
  await Promise.all(channels.map((channel) => channel.close()));
  return travellers.reduce((sum, { gaps }) => sum + gaps, 0);
}

describe("Channel with a shared log: random interleavings", () => {
  it("gives every client contiguous events or a gap, in any order of events, outages and epochs", async (t) => {
    // The channel's own timers do not keep the process alive: the sockets of its clients do.
    const alive = setInterval(() => undefined, 1000);
    t.after(() => clearInterval(alive));
    let gaps = 0;
    const first = Number(process.env["SEED"] ?? 1);
    for (let seed = first; seed < first + Number(process.env["SEEDS"] ?? 25); seed++) gaps += await play(seed);
    assert.ok(gaps > 25, `only ${gaps} gaps`);
  });
});
