import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { BuildQueue } from "../../../dist/runner/build-queue.js";
import { runBuild, shellStep } from "../one-build.js";
import type { BuildLineEvent } from "../../../dist/runner/events.js";

/** The lines of the command, numbered from 1: `2 text`, with `...` after one that is open. */
function printed(lines: readonly BuildLineEvent[]): string[] {
  const own = lines.filter(({ stream }) => stream !== "system");
  const before = (own[0]?.number ?? 1) - 1;
  return own.map(({ number, text, open }) => `${number - before} ${text}${open === true ? " ..." : ""}`);
}

/** The last state of each line, by number. */
function lastStates(lines: readonly BuildLineEvent[]): string[] {
  const states = new Map<number, string>();
  for (const { number, text, stream } of lines) if (stream !== "system") states.set(number, text);
  return [...states.values()];
}

describe("a line without a line end", () => {
  it("is shown while the program waits, within a second, and continued under its number", async (t) => {
    const times: number[] = [];
    const { lines, end } = await runBuild(t, [shellStep('printf "Compiling ..."; sleep 1.2; echo " done"; echo two')], {
      onEvent: (event) => void (event.type === "line" && event.stream !== "system" && times.push(performance.now())),
    });
    assert.equal(end.status, "succeeded");
    assert.deepEqual(printed(lines), ["1 Compiling ... ...", "1 Compiling ... done", "2 two"]);
    assert.ok((times[1] ?? 0) - (times[0] ?? 0) > 200);
  });

  it("stands before lines of the other stream that were written after it", async (t) => {
    const script = 'printf "a"; sleep 0.4; echo "warning" >&2; sleep 0.4; echo "b"';
    const { lines } = await runBuild(t, [shellStep(script)], { output: "separate" });
    assert.deepEqual(printed(lines), ["1 a ...", "2 warning", "1 ab"]);
  });

  it("gets its end when the program ends, or was killed", async (t) => {
    const asked = await runBuild(t, [shellStep('printf "Password:"; sleep 1.2')]);
    assert.deepEqual(printed(asked.lines), ["1 Password: ...", "1 Password:"]);
    const killed = await runBuild(t, [shellStep('printf "Password:"; sleep 1.2; kill -9 $$')]);
    assert.deepEqual(printed(killed.lines), ["1 Password: ...", "1 Password:"]);
    assert.equal(killed.end.status, "failed");
  });

  it("is in its place when its step is stopped for its silence", async (t) => {
    const { lines, end } = await runBuild(t, [shellStep('printf "Password:"; sleep 20')], { silence: 1000 });
    assert.equal(end.status, "timed-out");
    const [first] = lines.filter(({ stream }) => stream === "stdout");
    assert.equal(lines.find(({ text }) => text.startsWith("build printed nothing"))?.number, Number(first?.number) + 1);
    assert.deepEqual(printed(lines), ["1 Password: ...", "1 Password:"]);
  });

  it("ends when the program moves the cursor away from it", async (t) => {
    const { lines } = await runBuild(t, [shellStep('printf "x"; sleep 0.8; printf "\\033[Hy"; sleep 0.8; echo z')]);
    assert.deepEqual(printed(lines), ["1 x ...", "1 x", "2 y ...", "2 yz"]);
  });

  it("contains no start of a secret", async (t) => {
    const script = 'printf "token ${MY_TOKEN%????}"; sleep 1.2; printf "%s\\n" "${MY_TOKEN#??????}"';
    const { lines } = await runBuild(t, [shellStep(script, { env: { MY_TOKEN: "abcdef0123" } })]);
    assert.deepEqual(printed(lines), ["1 token  ...", "1 token ***"]);
  });

  it("counts for the limit of the log, and gets its end beyond it", async (t) => {
    const script = 'for n in 1 2 3 4; do printf "%0300d" $n; sleep 1.2; done; echo " end"; echo after';
    const { lines } = await runBuild(t, [shellStep(script)], { logLimit: 1200 });
    const states = printed(lines).map((line) => line.replaceAll(/0+/g, "0"));
    assert.deepEqual(states, ["1 01 ...", "1 0102 ...", "1 01020304 end", "3 after"]);
  });
});

describe("lines that are redrawn", () => {
  it("keep their numbers and get their last state", async (t) => {
    const draw = (state: string): string => `printf "a: ${state}\\nb: ${state}\\n"`;
    const redraw = (state: string): string => `printf "\\033[2A"; ${draw(state)}`;
    const script = `${draw("1")}; sleep 1.2; ${redraw("50")}; sleep 1.2; ${redraw("100")}; echo all`;
    const { lines } = await runBuild(t, [shellStep(script)]);
    assert.deepEqual(printed(lines), [
      ...["1 a: 1", "2 b: 1"],
      ...["1 a: 50 ...", "2 b: 50 ..."],
      ...["3 all", "1 a: 100", "2 b: 100"],
    ]);
  });

  it("have their last state also when many lines follow in the same write", async (t) => {
    const redraw = 'printf "x\\ny\\n\\033[2AX\\n\\n"';
    const script = `printf "asking: "; sleep 1.2; printf "yes\\n"; seq 1 300; ${redraw}; seq 1 200`;
    const { lines } = await runBuild(t, [shellStep(script)]);
    const numbers = (count: number): string[] => Array.from({ length: count }, (_, index) => String(index + 1));
    assert.deepEqual(lastStates(lines), ["asking: yes", ...numbers(300), "X", "y", ...numbers(200)]);
  });

  it("are lines of their own step only", async (t) => {
    const draw = 'printf "a\\n"; sleep 0.4; printf "\\033[AA\\n"';
    const { lines } = await runBuild(t, [shellStep(draw, { name: "one" }), shellStep(draw, { name: "two" })]);
    assert.deepEqual(printed(lines), ["1 a", "1 A", "4 a", "4 A"]);
  });
});

describe("a flood of lines", () => {
  it("is not interrupted by states of lines", async (t) => {
    const events: BuildLineEvent[] = [];
    const queue = new BuildQueue({
      env: { PATH: process.env["PATH"] },
      onEvent: (event) => void (event.type === "line" && event.stream !== "system" && events.push(event)),
    });
    t.after(() => queue.close());
    const plan = { projectPath: "/p", projectName: "p", packageManager: null, reason: "", warnings: [] };
    const { id } = queue.add({ ...plan, steps: [shellStep("yes flood | head -n 300000")] });
    while (queue.get(id).finishedAt === null) await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(events.length, 300_000);
    const first = Number(events[0]?.number);
    assert.ok(events.every(({ number, open }, index) => number === first + index && open === undefined));
  });
});
