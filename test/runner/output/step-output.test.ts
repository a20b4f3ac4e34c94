import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { PassThrough, Readable } from "node:stream";
import { describe, it } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { StepOutput } from "../../../dist/runner/output/step-output.js";
import type { OutputSource } from "../../../dist/runner/output/output-pipes.js";

function sources(stdout: Readable, stderr: Readable): readonly OutputSource[] {
  return [
    { stream: "stdout", reader: stdout },
    { stream: "stderr", reader: stderr },
  ];
}

describe("StepOutput", () => {
  it("is silent while neither pipe delivers a byte and the consumer has accepted all lines", async (t) => {
    let now = 1000;
    t.mock.method(performance, "now", () => now);
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    const deliveries = new EventEmitter();
    let take: () => void = () => undefined;
    const taken = new Promise<void>((resolve) => (take = resolve));
    const output = new StepOutput(sources(stdout, stderr), () => {
      deliveries.emit("lines");
      return taken;
    });
    now += 70;
    assert.equal(output.silentTime, 70);

    // Progress without a line end is output too. When the second pipe was read, the first one was read as well.
    stdout.write(".");
    const delivered = once(deliveries, "lines");
    stderr.write("slow\n");
    await delivered;
    now += 500;
    assert.equal(output.silentTime, 0);
    assert.equal(output.bytesRead, 6);

    take();
    stdout.end();
    stderr.end();
    await output.ended;
    now += 30;
    assert.equal(output.silentTime, 30);
  });

  it("emits no line of a pipe before the consumer has accepted the unfinished lines before it", async () => {
    const stdout = new PassThrough();
    const emitted: string[] = [];
    let accept: () => void = () => undefined;
    const accepted = new Promise<void>((resolve) => (accept = resolve));
    const output = new StepOutput([{ stream: "stdout", reader: stdout }], (lines) => {
      emitted.push(lines.map(({ text, row, isOpen }) => `${row} ${text}${isOpen === true ? " ..." : ""}`).join(", "));
      return accepted;
    });
    stdout.write("x\x1b[Hy");
    while (output.bytesRead < 5) await turn();
    output.say("shows it");
    stdout.write("z\n");
    while (output.bytesRead < 7) await turn();
    for (let count = 0; count < 5; count++) await turn();
    assert.deepEqual(emitted, ["0 x, 1 y ...", "undefined shows it"]);
    accept();
    stdout.end();
    await output.ended;
    assert.deepEqual(emitted.slice(2), ["1 yz"]);
  });

  it("emits an unfinished line before later lines of the other pipe, however slow the consumer is", async () => {
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    const emitted: string[] = [];
    const waiting: (() => void)[] = [];
    const output = new StepOutput(sources(stdout, stderr), (lines) => {
      for (const { text, isOpen } of lines) emitted.push(isOpen === true ? `${text} ...` : text);
      return new Promise((resolve) => waiting.push(resolve));
    });
    const read = async (stream: PassThrough, text: string): Promise<void> => {
      const { bytesRead } = output;
      stream.write(text);
      while (output.bytesRead < bytesRead + text.length) await turn();
      await turn();
    };
    await read(stdout, "one\nCompiling");
    await read(stderr, "warning\nand");
    assert.deepEqual(emitted, ["one"]);
    waiting.shift()?.();
    await turn();
    assert.deepEqual(emitted, ["one", "Compiling ...", "warning"]);
    // The unfinished line is still with the consumer.
    await read(stdout, " more\n");
    assert.deepEqual(emitted, ["one", "Compiling ...", "warning"]);
    stdout.end();
    stderr.end();
    let isOver = false;
    void output.ended.then(() => (isOver = true));
    while (!isOver) {
      waiting.shift()?.();
      await turn();
    }
    assert.deepEqual(emitted, ["one", "Compiling ...", "warning", "and ...", "Compiling more", "and"]);
  });

  it("lets the event loop turn within a flood without lines", async () => {
    const chunks = Array.from({ length: 8 }, () => Buffer.alloc(64 * 1024, "x"));
    const reader = new Readable({ read: () => void reader.push(chunks.pop() ?? null) });
    const output = new StepOutput([{ stream: "stdout", reader }], () => undefined);
    let isOver = false;
    void output.ended.then(() => (isOver = true));
    let most = 0;
    for (let before = 0; !isOver; before = output.bytesRead) {
      await turn();
      most = Math.max(most, output.bytesRead - before);
    }
    assert.equal(output.bytesRead, 8 * 64 * 1024);
    assert.ok(most <= 128 * 1024, `${most} bytes in one turn`);
  });

  it("counts a part of a line as output", async (t) => {
    let now = 1000;
    t.mock.method(performance, "now", () => now);
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    const output = new StepOutput(sources(stdout, stderr), () => undefined);
    now += 70;
    stdout.write(".");
    while (output.bytesRead === 0) await turn();
    now += 20;
    assert.equal(output.silentTime, 20);
    output.close();
  });
});
