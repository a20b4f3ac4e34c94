import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { describe, it } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { StepOutput } from "../../../dist/runner/output/step-output.js";
import type { OnLines, OutputLine } from "../../../dist/runner/output/step-output.js";

type Stream = "stdout" | "stderr";
type Piece = readonly [stream: Stream, text: string];

/** All orders of the pieces of two streams, each stream in its own order. */
function orders(stdout: readonly string[], stderr: readonly string[]): Piece[][] {
  const [out, ...laterOut] = stdout;
  const [error, ...laterError] = stderr;
  if (out === undefined) return [stderr.map((text): Piece => ["stderr", text])];
  if (error === undefined) return [stdout.map((text): Piece => ["stdout", text])];
  return [
    ...orders(laterOut, stderr).map((rest): Piece[] => [["stdout", out], ...rest]),
    ...orders(stdout, laterError).map((rest): Piece[] => [["stderr", error], ...rest]),
  ];
}

/** The lines in the order in which their first pieces were written. */
function expectedOf(pieces: readonly Piece[]): string[] {
  const lines: string[] = [];
  const current = new Map<Stream, number>();
  for (const [stream, text] of pieces) {
    for (const part of text.split(/(?<=\n)/)) {
      const index = current.get(stream) ?? lines.push(`${stream}: `) - 1;
      lines[index] += part.replace("\n", "");
      if (part.endsWith("\n")) current.delete(stream);
      else current.set(stream, index);
    }
  }
  return lines;
}

/** The last states of the lines by number, when each piece is read alone. */
async function linesOf(pieces: readonly Piece[], accept: () => void | Promise<void>): Promise<string[]> {
  const { lines, write, end } = openStreams(accept);
  for (const piece of pieces) await write(piece);
  await end();
  return lines;
}

/** Streams that a test writes to, and the lines of both in the order of their numbers. */
function openStreams(accept: () => void | Promise<void>) {
  const readers = { stdout: new PassThrough(), stderr: new PassThrough() };
  const sources = (["stdout", "stderr"] as const).map((stream) => ({ stream, reader: readers[stream] }));
  const numbers = new Map<string, number>();
  const lines: string[] = [];
  const onLines: OnLines = (some: readonly OutputLine[]) => {
    for (const { stream, text, row } of some) {
      const key = `${stream} ${row}`;
      if (!numbers.has(key)) numbers.set(key, numbers.size);
      lines[numbers.get(key) ?? 0] = `${stream}: ${text}`;
    }
    return accept();
  };
  const output = new StepOutput(sources, onLines);
  const write = async ([stream, text]: Piece): Promise<void> => {
    const bytes = output.bytesRead + text.length;
    readers[stream].write(text);
    while (output.bytesRead < bytes) await turn();
  };
  const end = async (): Promise<void> => {
    for (const reader of Object.values(readers)) reader.end();
    await output.ended;
  };
  return { output, lines, write, end };
}

describe("the order of two streams", () => {
  const consumers: Readonly<Record<string, () => void | Promise<void>>> = {
    "at once": () => undefined,
    "in the next turn": () => turn(),
    "after some turns": async () => {
      for (let count = 0; count < 5; count++) await turn();
    },
  };
  for (const [name, accept] of Object.entries(consumers)) {
    it(`is the order in which lines begin, finished or not, when the consumer accepts lines ${name}`, async () => {
      const all = [
        ...orders(["a", "b\n", "c", "d\n"], ["1", "2\n", "3", "4"]),
        ...orders(["a\n", "b"], ["1", "2", "3\n"]),
        ...orders(["a", "b\nc", "d"], ["1\n2", "3", "4\n5"]),
      ];
      assert.equal(all.length, 100);
      for (const pieces of all) {
        assert.deepEqual(await linesOf(pieces, accept), expectedOf(pieces), JSON.stringify(pieces));
      }
    });
  }

  it("is kept by a line of the runner, which shows unfinished lines", async () => {
    const { output, lines, write, end } = openStreams(() => undefined);
    await write(["stderr", "1"]);
    await write(["stdout", "a"]);
    output.say("stopping");
    assert.deepEqual(lines, ["stderr: 1", "stdout: a", "system: stopping"]);
    await end();
  });

  it("is kept by lines that are shown because their end is late", async (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const { lines, write, end } = openStreams(() => undefined);
    // The timer of stderr begins first, and another line is shown before it is.
    await write(["stdout", "a\n"]);
    t.mock.timers.tick(100);
    await write(["stderr", "1\n"]);
    await write(["stderr", "2"]);
    t.mock.timers.tick(200);
    await write(["stdout", "b"]);
    t.mock.timers.tick(500);
    assert.deepEqual(lines, ["stdout: a", "stderr: 1", "stderr: 2", "stdout: b"]);
    await end();
  });
});
