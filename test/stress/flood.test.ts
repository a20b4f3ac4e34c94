import assert from "node:assert/strict";
import { describe } from "node:test";
import { EventStreamDecoder } from "../../dist/protocol/decode.js";
import { FloodedServer } from "./support/flooded-server.js";
import { scenario } from "./support/scenario.js";
import type { IncomingMessage } from "node:http";
import type { BuildLineEvent } from "../../dist/runner/events.js";
import type { BuildRecord } from "../../dist/runner/record.js";
import type { Round } from "./support/scenario.js";

/** The maximum memory of the program, in MiB, whatever a build prints. */
const MAX_PEAK_MIB = 250;

/** The highest row above the last one that a step can redraw, and some lines of the runner between. */
const REDRAWABLE = 64 + 8;

/**
 * Follows a build, and fails the round at the first line that is not the next one, unless a gap announced it, or the
 * line replaces one that can be replaced.
 */
class Follower {
  /** Resolves with the build at its end. */
  readonly ended: Promise<BuildRecord>;
  lines = 0;
  missed = 0;
  last: Pick<BuildLineEvent, "stream" | "text"> | undefined;
  /** The runner's own lines. */
  readonly said: string[] = [];
  readonly #secrets: readonly string[];
  readonly #decoder = new EventStreamDecoder();
  #number = 0;
  /** The numbers of lines that were open or lie in a gap: these can be replaced, however old they are. */
  readonly #open = new Set<number>();
  readonly #gaps: (readonly [first: number, last: number])[] = [];
  #isAfterGap = false;
  #onEnd: (build: BuildRecord) => void = () => undefined;

  constructor(round: Round, response: IncomingMessage, secrets: readonly string[]) {
    this.#secrets = secrets;
    response.on("data", (bytes: Buffer) => round.guard(() => this.#read(bytes)));
    this.ended = new Promise((resolve) => (this.#onEnd = resolve));
  }

  #read(bytes: Buffer): void {
    for (const { type, data } of this.#decoder.decode(bytes)) {
      if (type === "gap") this.#isAfterGap = true;
      else if (type === "end") this.#onEnd(JSON.parse(data) as BuildRecord);
      else if (type === "line") this.#take(JSON.parse(data) as BuildLineEvent);
    }
  }

  #take(line: BuildLineEvent): void {
    const { number } = line;
    const message = `line ${number} after ${this.#number}`;
    for (const secret of this.#secrets) assert.ok(!line.text.includes(secret), line.text);
    if (number <= this.#number) {
      const isOpen = this.#open.has(number) || this.#gaps.some(([from, to]) => from <= number && number <= to);
      assert.ok(isOpen || this.#number - number <= REDRAWABLE, message);
    } else {
      const skipped = number - this.#number - 1;
      assert.ok(skipped === 0 || this.#isAfterGap, message);
      if (skipped > 0) this.#gaps.push([this.#number + 1, number - 1]);
      this.#isAfterGap = false;
      this.#number = number;
      this.missed += skipped;
      this.lines += 1;
    }
    if (line.open === true) this.#open.add(number);
    else this.#open.delete(number);
    if (line.stream === "system") this.said.push(line.text);
    else this.last = line;
  }
}

/** Reads a little from time to time. */
function readSlowly(round: Round, response: IncomingMessage): void {
  response.on("data", () => {
    response.pause();
    setTimeout(() => !round.isOver && response.resume(), 50);
  });
}

/**
 * Runs a build with a fast client, a slow one, and one that never reads, and checks for each flood: memory is bounded,
 * the server answers, and the fast client gets everything up to the end in order.
 */
async function flood(round: Round, script: string, env: Readonly<Record<string, string>> = {}): Promise<Follower> {
  const server = await FloodedServer.start(round, env);
  const before = server.peakMiB;
  const health = server.watchHealth();
  const start = performance.now();
  const { id, begin } = await server.build(script);
  const fast = new Follower(round, await server.open(`/api/builds/${id}/events`), Object.values(env));
  readSlowly(round, await server.open(`/api/builds/${id}/events`));
  (await server.open("/api/log/push")).pause();
  await begin();
  const end = await fast.ended;
  const seconds = (performance.now() - start) / 1000;
  assert.equal(end.status, "succeeded");
  assert.ok(health.answers > 0);
  const peak = server.peakMiB;
  round.report(
    `${seconds.toFixed(1)} s, ${server.cpuSeconds.toFixed(1)} s of processor time; peak ${peak.toFixed(0)} MiB ` +
      `(${before.toFixed(0)} at rest); ` +
      `/healthz ${health.answers} times, at worst after ${health.worst.toFixed(0)} ms; ` +
      `lines ${fast.lines}, missed ${fast.missed}`,
  );
  assert.ok(peak < MAX_PEAK_MIB, `the peak of the memory is ${peak} MiB`);
  return fast;
}

const SECRETS = { ONE_TOKEN: "abcdefghijklmnop", TWO_SECRET: "0123456789abcdef", THREE_PASSWORD: "correct horse" };

describe("The server under a flood", () => {
  for (const [name, env] of [
    ["short lines", {}],
    ["short lines, with secrets to look for", SECRETS],
  ] as const) {
    scenario(`${name}: memory is bounded, the server answers, head and tail are kept`, async (round) => {
      const bytes = round.isFull ? 2_000_000_000 : 300_000_000;
      const line = "src/components/button.tsx 12 kB, compiled in 3 ms; the token is abcdefghijklmnop";
      const fast = await flood(round, `echo first; yes '${line}' | head -c ${bytes}; echo; echo last`, env);
      assert.equal(fast.last?.text, "last");
      // No build waits for a client: on a busy machine the notice may be in a gap. The end is always kept.
      const notice = "the log has reached its limit of 100 MiB";
      assert.ok(fast.missed > 0 || fast.said.some((text) => text.startsWith(notice)));
      assert.ok(fast.said.some((text) => / lines \(.* [MG]iB\) were left out here; the last 500 /.test(text)));
    });
  }

  scenario("empty lines: memory is bounded, the server answers", async (round) => {
    const fast = await flood(round, `yes '' | head -c ${round.isFull ? 200_000_000 : 20_000_000}; echo last`);
    assert.equal(fast.last?.text, "last");
  });

  scenario("a line of 300 MB: memory is bounded, the server answers, the line is cut", async (round) => {
    const fast = await flood(round, `head -c 300000000 /dev/zero | tr '\\0' x; echo; echo last`, SECRETS);
    assert.equal(fast.last?.text, "last");
  });

  scenario("random bytes and NULs: memory is bounded, the server answers", async (round) => {
    const bytes = round.isFull ? 1_000_000_000 : 100_000_000;
    await flood(round, `head -c ${bytes} /dev/urandom; head -c ${bytes} /dev/zero; echo; echo last >&2`, SECRETS);
  });

  scenario("10 000 CRs a second: memory is bounded, the server answers, the last state is shown", async (round) => {
    const seconds = round.isFull ? 60 : 3;
    const fast = await flood(
      round,
      `exec node -e '
        let count = 0;
        const timer = setInterval(() => {
          process.stdout.write(Array.from({ length: 100 }, () => "progress " + ++count + " of many\\r").join(""));
          if (count < ${seconds} * 10_000) return;
          clearInterval(timer);
          process.stdout.write("\\n");
        }, 10)'`,
    );
    assert.equal(fast.last?.text, `progress ${seconds * 10_000} of many`);
  });
});
