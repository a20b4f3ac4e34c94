import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { describe, it } from "node:test";
import { linePrinter } from "../../../dist/cli/lines/line-printer.js";
import { Output } from "../../../dist/output.js";
import type { LinePrinter } from "../../../dist/cli/lines/line-printer.js";
import type { LogLine } from "../../../dist/streams/line-data.js";

/** A printer, and everything that it has written. */
function open(
  stream: { readonly isTTY?: boolean },
  env: Record<string, string> = {},
): { readonly printer: LinePrinter; readonly text: () => string } {
  const sink = Object.assign(new PassThrough(), { columns: 20, rows: 10, ...stream });
  const printer = linePrinter(new Output(sink as unknown as NodeJS.WriteStream, env), (message) => {
    sink.write(`message: ${message}\n`);
  });
  return { printer, text: () => String(sink.read() ?? "") };
}

function line(number: number, text: string, fields: Partial<LogLine> = {}): LogLine {
  return { number, text, step: "build", stream: "stdout", time: "2026-01-01T00:00:00.000Z", ...fields };
}

const HOSTILE = "a\x1b]0;title\x07\x1b[2J\x1b[31mred\x1b[5A\x9b1m\u202eb\rc\x1bc";

describe("linePrinter()", () => {
  it("makes hostile lines harmless, on a terminal with their colours", () => {
    const terminal = open({ isTTY: true });
    void terminal.printer.line(line(1, HOSTILE));
    assert.equal(terminal.text(), "a\x1b[31mred<U+009B>1m<U+202E>bc\x1b[0m\n");
    const plain = open({ isTTY: true }, { NO_COLOR: "1" });
    void plain.printer.line(line(1, HOSTILE));
    assert.equal(plain.text(), "ared<U+009B>1m<U+202E>bc\n");
    const pipe = open({});
    void pipe.printer.line(line(1, HOSTILE));
    assert.equal(pipe.text(), "ared<U+009B>1m<U+202E>bc\n");
  });

  it("prints a line in a pipe when it is complete, in order, and again when it was redrawn", () => {
    const { printer, text } = open({});
    void printer.line(line(1, "1%", { open: true }));
    void printer.line(line(2, "b"));
    assert.equal(text(), "");
    void printer.line(line(1, "100%"));
    assert.equal(text(), "100%\nb\n");
    void printer.line(line(2, "B"));
    void printer.line(line(3, "no end", { open: true }));
    assert.equal(text(), "B\n");
    void printer.end();
    assert.equal(text(), "no end\n");
  });

  it("redraws lines in place on a terminal, except those above a message", () => {
    const { printer, text } = open({ isTTY: true });
    void printer.line(line(1, "1%", { open: true }));
    void printer.line(line(2, "text", { stream: "system" }));
    void printer.line(line(1, "2%", { open: true }));
    assert.equal(text(), "1%\n\x1b[2mtext\x1b[0m\n\x1b[2A\r\x1b[J2%\n\x1b[2mtext\x1b[0m\n");
    printer.message("hello");
    assert.equal(text(), "\r\x1b[Kmessage: hello\n");
    void printer.line(line(1, "3%", { open: true }));
    void printer.line(line(1, "100%"));
    assert.equal(text(), "100%\n");
  });
});
