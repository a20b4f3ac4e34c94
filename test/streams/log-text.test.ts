import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Channel, attachConnection } from "../../dist/channel/channel.js";
import { LogConnection } from "../../dist/streams/log-connection.js";
import { LogTexts } from "../../dist/streams/log-text.js";
import { colouredText, plainText } from "../../dist/terminal/plain-text.js";
import { RawClient, TestServer, ask } from "../support/http.js";
import { createRandom } from "../support/random.js";
import type { TestContext } from "node:test";

const TIME = "2026-11-22T00:00:00.000Z";

function publishLine(channel: Channel, number: number, text: string): void {
  channel.publish({ event: "line", data: JSON.stringify({ number, text, time: TIME }) });
}

/** The log as a client gets it. */
async function textOf(t: TestContext, channel: Channel, render = plainText): Promise<string> {
  const texts = new LogTexts(render);
  const server = await TestServer.start((_, response) => {
    attachConnection(channel, response, (listener) => {
      return new LogConnection(response, texts, listener, () => channel.state !== "open");
    });
  });
  t.after(() => server.close());
  const { text } = await ask(server.port, "GET", "/");
  return text;
}

describe("LogConnection", () => {
  it("sends the lines, with or without colours, and no other events", async (t) => {
    const channel = new Channel();
    channel.publish({ event: "build", data: "{}" });
    publishLine(channel, 1, "\x1b[31mred\x1b[0m");
    publishLine(channel, 2, "");
    channel.publish({ event: "end", data: "{}" });
    channel.end();
    assert.equal(await textOf(t, channel), "red\n\n");
    assert.equal(await textOf(t, channel, colouredText), "\x1b[31mred\x1b[0m\n\n");
  });

  it("keeps colours only: no title, clipboard, link, cursor control or line break", async (t) => {
    const channel = new Channel();
    publishLine(channel, 1, "\x1b]0;title\x07\x1b]52;c;aGk=\x1b\\\x1b]8;;http://x\x07a\x1b]8;;\x07");
    publishLine(channel, 2, "\x1b[2J\x1b[1;1H\x1b[?25l\x1b[31;1mb\x1b[m\x1bc\x9b2J");
    publishLine(channel, 3, "in /a\nb\rc");
    channel.end();
    assert.equal(await textOf(t, channel, colouredText), "a\n\x1b[31;1mb\x1b[m<U+009B>2J\nin /abc\n");
  });

  it("sends lines that cannot be read as they are", async (t) => {
    const channel = new Channel();
    channel.publish({ event: "line", data: "not JSON" });
    channel.publish({ event: "line", data: "{}" });
    publishLine(channel, 3, "c");
    channel.publish({ event: "line", data: "4" });
    publishLine(channel, 5, "e");
    channel.end();
    assert.equal(await textOf(t, channel), "not JSON\n{}\nc\n4\ne\n");
  });

  it("reports where lines are missing", async (t) => {
    const channel = new Channel({ capacity: 2 });
    channel.publish({ event: "build", data: "{}" });
    for (const [index, text] of ["a", "b", "c"].entries()) publishLine(channel, index + 1, text);
    publishLine(channel, 5, "e");
    channel.end();
    const expected = "[tailcast: 2 lines are no longer kept]\nc\n[tailcast: 1 line is no longer kept]\ne\n";
    assert.equal(await textOf(t, channel), expected);
  });

  it("sends an open line once, with its last state, wherever the events are divided", async (t) => {
    for (const isDivided of [false, true]) {
      const channel = new Channel();
      const publish = async (number: number, text: string, open?: true): Promise<void> => {
        channel.publish({ event: "line", data: JSON.stringify({ number, text, time: TIME, open }) });
        // Waits until the reader has this event.
        if (isDivided) await new Promise((resolve) => setTimeout(resolve, 5));
      };
      const text = isDivided ? textOf(t, channel) : undefined;
      await publish(1, "a");
      await publish(2, "Compiling", true);
      await publish(3, "warning");
      await publish(2, "Compiling ...", true);
      await publish(2, "Compiling ... done");
      await publish(4, "b");
      await publish(5, "Password:", true);
      channel.end();
      const expected = "a\nCompiling ... done\nwarning\nb\nPassword:\n";
      assert.equal(await (text ?? textOf(t, channel)), expected, `divided: ${isDivided}`);
    }
  });

  /** A random log: each line in several states, at most 100 lines later than the first, and the last states. */
  function randomLog(random: (limit: number) => number): { states: [number, string, boolean][]; last: string } {
    const states: [number, string, boolean][] = [];
    const last: string[] = [];
    const redrawn = new Set<number>();
    for (let number = 1; number <= 2000; number++) {
      const isOpen = random(50) === 0;
      last[number] = `line ${number}`;
      states.push([number, `line ${number}`, isOpen]);
      if (isOpen) redrawn.add(number);
      // Long stretches have no other states.
      while (number % 1000 < 500 && random(10) === 0) {
        const other = Math.max(1, number - random(100));
        last[other] = `line ${other}, ${states.length}`;
        states.push([other, last[other], true]);
        redrawn.add(other);
      }
      for (const other of redrawn) {
        if (other > number - 100) continue;
        states.push([other, last[other] ?? "", false]);
        redrawn.delete(other);
      }
    }
    for (const other of redrawn) states.push([other, last[other] ?? "", false]);
    return { states, last: `${last.slice(1).join("\n")}\n` };
  }

  it("sends lines that are redrawn after their end in place, while the build runs and later", async (t) => {
    for (let seed = 1; seed <= 6; seed++) {
      const { states, last } = randomLog(createRandom(seed));
      const random = createRandom(seed);
      const channel = new Channel({ capacity: 100_000 });
      const live = textOf(t, channel);
      for (const [number, text, isOpen] of states) {
        const open = isOpen ? true : undefined;
        channel.publish({ event: "line", data: JSON.stringify({ number, text, time: TIME, open }) });
        if (random(100) === 0) await new Promise((resolve) => setImmediate(resolve));
      }
      channel.end();
      assert.equal(await live, last, `seed ${seed}, live`);
      assert.equal(await textOf(t, channel), last, `seed ${seed}, finished`);
    }
  });

  it("sends the lines of a running build within two seconds, and a later redraw behind them", async (t) => {
    const channel = new Channel();
    const texts = new LogTexts(plainText);
    const server = await TestServer.start((_, response) => {
      attachConnection(channel, response, (listener) => {
        return new LogConnection(response, texts, listener, () => channel.state !== "open");
      });
    });
    t.after(() => server.close());
    const client = new RawClient(server.port).get("/", [], "1.0");
    while (channel.clientCount === 0) await new Promise((resolve) => setImmediate(resolve));
    const start = performance.now();
    publishLine(channel, 1, "a 1%");
    publishLine(channel, 2, "b 1%");
    await new Promise((resolve) => setTimeout(resolve, 100));
    publishLine(channel, 1, "a 50%");
    const text = await client.until("b 1%");
    const duration = performance.now() - start;
    assert.ok(duration > 900 && duration < 2000, `${duration} ms`);
    assert.match(text, /a 50%\nb 1%\n/);
    assert.ok(!text.includes("a 1%"));
    publishLine(channel, 1, "a 100%");
    channel.end();
    await client.closed();
    assert.equal(client.body, "a 50%\nb 1%\na 100%\n");
  });

  it("converts shared bytes once", async (t) => {
    let count = 0;
    const channel = new Channel();
    for (let number = 1; number <= 100; number++) publishLine(channel, number, "text");
    const texts = new LogTexts((line) => (count++, line));
    const server = await TestServer.start((_, response) => {
      attachConnection(channel, response, (listener) => {
      return new LogConnection(response, texts, listener, () => channel.state !== "open");
    });
    });
    t.after(() => server.close());
    const replies = Array.from({ length: 5 }, () => ask(server.port, "GET", "/"));
    while (channel.clientCount < 5) await new Promise((resolve) => setImmediate(resolve));
    channel.end();
    for (const { text } of await Promise.all(replies)) assert.equal(text, "text\n".repeat(100));
    assert.equal(count, 100);
  });
});
