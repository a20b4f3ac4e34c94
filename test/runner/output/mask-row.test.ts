import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { LineSplitter } from "../../../dist/runner/output/line-splitter.js";
import { Mask } from "../../../dist/runner/output/mask.js";
import { plainText } from "../../../dist/terminal/plain-text.js";
import { createRandom } from "../../support/random.js";
import { runBuild, shellStep } from "../one-build.js";

const mask = new Mask(["s3cret"]);

/** Every text that clients see of an output, in order: of a row first its open states, then its last one. */
function shownOf(pieces: readonly string[]): string[] {
  const splitter = new LineSplitter({ mask });
  const shown: string[] = [];
  const add = (lines: readonly string[]): void => {
    shown.push(...lines, ...splitter.takeRedrawn().map(({ text }) => text));
    shown.push(...splitter.takeChanges().map(({ text }) => text));
  };
  for (const piece of pieces) add(splitter.push(Buffer.from(piece)));
  add(splitter.end());
  return shown.map(plainText);
}

describe("the mask of a line as a terminal shows it", () => {
  const tricks: Readonly<Record<string, string>> = {
    "a backspace": "s3cX\bret",
    "a carriage return": "   ret\rs3c",
    "a tab": "s3c\t\x1b[4Gret",
    "CHA, ahead of its start": "\x1b[4Gret\x1b[1Gs3c",
    "CUB, over other text": "s3c---\x1b[3Dret",
    "CUF, over text": "xxcret\r\x1b[2Cc\rs3",
    ECH: "s3cxret\x1b[4D\x1b[X\x1b[Dcret",
    "a saved cursor": "s\x1b7xxxxx\x1b83cret",
    "a redraw of the row above": "   ret\nnext\n\x1b[2As3c",
    "a redraw of a row that was kept": "s\x1b]0;t\x073 ret\nnext\n\x1b[2A\x1b[2Cc",
    "a control string": "s3c\x1b]0;title\x07ret",
    "a link": "s3c\x1b]8;;http://a.b\x1b\\ret\x1b]8;;\x1b\\",
    "the reset of `tput sgr0`": "s3c\x1b(B\x1b[mret",
    "an unknown sequence": "s3c\x1b=ret",
    "a bell": "s3\x07cret",
    "a delete character": "s\x7f3cret",
    "colours and a bell": "s\x1b[1m\x073c\x1b[31mret\x1b[0m",
  };
  for (const [name, trick] of Object.entries(tricks)) {
    it(`finds a secret that is divided by ${name}`, () => {
      for (const pieces of [[`${trick}\nend\n`], [trick], [...trick, "\n"], [`${trick}\x1b[m`]]) {
        const shown = shownOf(pieces);
        assert.ok(shown.some((text) => text.includes("***")), JSON.stringify(shown));
        assert.ok(!shown.some((text) => text.includes("s3cret")), JSON.stringify(shown));
      }
    });
  }

  it("keeps the colours of other lines, and the text around a secret", () => {
    const splitter = new LineSplitter({ mask });
    const text = "\x1b[31mold\rred\x1b[0m\n<s3cX\bret> \x1b[1mbold\x1b[0m\nb\x07ell\n";
    assert.deepEqual(splitter.push(Buffer.from(text)), ["\x1b[31mred\x1b[0m", "<***> bold", "b\x07ell"]);
  });

  it("finds it in every state of every row, for any movements and cuts", () => {
    const random = createRandom(1);
    const moves = ["\b", "\b\b", "\r", "\x1b[D", "\x1b[C", "\x1b[2G", "\x1b[A", "\x1b[B", "\n", "\x1b]0;\x07"];
    const noise = ["\x1b[K", "\x1b[X", "\x1b[31m", "\x1b[m", "\x07", "\x1b7", "\x1b8", " ", "x", "\x1b(B"];
    const parts = ["s3c", "ret", "s", "3", "c", "r", "e", "t", "s3", "cr", "et"];
    let found = 0;
    for (let round = 0; round < 6000; round++) {
      const pieces = Array.from({ length: 20 }, () => {
        const kind = [parts, parts, moves, noise][random(4)] ?? parts;
        return kind[random(kind.length)] ?? "";
      });
      // Some parts follow each other in their order.
      pieces.splice(random(20), 0, "s3c", moves[random(5)] ?? "", "ret");
      const shown = shownOf(random(2) === 0 ? pieces : [pieces.join("")]);
      assert.ok(!shown.some((text) => text.includes("s3cret")), JSON.stringify({ pieces, shown }));
      if (!mask.text(pieces.join("")).includes("***") && shown.some((text) => text.includes("***"))) found++;
    }
    assert.ok(found > 20, `${found} rows contained a secret that the stream did not`);
  });

  it("masks the events of a build", async (t) => {
    const half = 'printf "      %s\\r%s\\n" "${MY_TOKEN#??????}" "${MY_TOKEN%????}"';
    const { lines } = await runBuild(t, [shellStep(half, { env: { MY_TOKEN: "abcdef0123" } })]);
    assert.deepEqual(lines.filter(({ stream }) => stream === "stdout").map(({ text }) => text), ["***"]);
  });
});
