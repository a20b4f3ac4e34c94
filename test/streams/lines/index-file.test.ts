import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { crc32 } from "node:zlib";
import { decodeIndex, encodeIndex } from "../../../dist/streams/lines/index-file.js";
import { LineIndex } from "../../../dist/streams/lines/line-index.js";
import { lineOf } from "./logs.js";

const LOG = { end: 2603, bytes: 500_000 };

/** An index of 600 lines, in which the first line is redrawn at the end. */
function sample(): LineIndex {
  const index = new LineIndex();
  index.skip();
  for (let number = 1; number <= 600; number++) {
    for (let state = 0; state < (number === 300 ? 2001 : 1); state++) {
      index.add(lineOf(number, "a", { step: number < 400 ? "install" : null }));
    }
  }
  index.add(lineOf(1, "Error: b"));
  return index;
}

describe("decodeIndex()", () => {
  it("reads what encodeIndex wrote", () => {
    const index = sample();
    assert.equal(index.end, LOG.end);
    const read = decodeIndex(encodeIndex(index, LOG), LOG);
    const sections = [
      { step: "install", first: 1 },
      { step: null, first: 400 },
    ];
    assert.deepEqual([read?.end, read?.lineCount, read?.sections], [2603, 600, sections]);
    assert.deepEqual(read?.blocks, index.blocks.map((block) => ({ ...block, lengthBefore: 0 })));
    assert.deepEqual([read?.marks.marks, read?.marks.omitted], [[{ line: 1, kind: "error" }], 0]);
    assert.deepEqual(read?.locate(1, 300), index.locate(1, 300));
    assert.deepEqual(index.locate(1, 300).map(({ late }) => late), [
      [{ number: 1, sequence: 2602 }],
      [{ number: 300, sequence: 2301 }],
    ]);
  });

  it("refuses the index of another log, of another version, and one that was changed", () => {
    const text = encodeIndex(sample(), LOG);
    const [, json = ""] = /^\d+ (.*)\n$/.exec(text) ?? [];
    const signed = (content: string): string => `${crc32(content)} ${content}\n`;
    assert.notEqual(decodeIndex(signed(json), LOG), undefined);
    for (const [name, changed, log] of [
      ["a longer log", text, { ...LOG, bytes: LOG.bytes + 1 }],
      ["another end", text, { ...LOG, end: LOG.end + 1 }],
      ["another version", signed(json.replace('"version":1', '"version":2')), LOG],
      ["a changed byte", text.replace('"lineCount":600', '"lineCount":601'), LOG],
      ["a truncated file", text.slice(0, 100), LOG],
      ["an empty file", "", LOG],
      ["no JSON", signed("{"), LOG],
      ["null", signed("null"), LOG],
      ["a number that is not an integer", signed(json.replace('"blocks":[1,', '"blocks":[1.5,')), LOG],
      ["a line before the first", signed(json.replace('"blocks":[1,', '"blocks":[0,')), LOG],
      ["a text for a number", signed(json.replace('"blocks":[1,', '"blocks":["1",')), LOG],
      ["an incomplete block", signed(json.replace('"blocks":[1,', '"blocks":[')), LOG],
      ["a range that is too long", signed(json.replace('"blocks":[1,2,256', '"blocks":[1,2,2000')), LOG],
      ["a state after the end", signed(json.replace('"late":[1,2602', '"late":[1,2603')), LOG],
      ["a text for the number of lines", signed(json.replace('"lineCount":600', '"lineCount":"600"')), LOG],
      ["no number of lines", signed(json.replace('"lineCount":600', '"lineCount":null')), LOG],
      ["more lines than blocks", signed(json.replace('"lineCount":600', '"lineCount":900')), LOG],
      ["fewer lines than blocks", signed(json.replace('"lineCount":600', '"lineCount":500')), LOG],
      ["no blocks", signed(json.replace(/"blocks":\[[^\]]*\]/, '"blocks":[]')), LOG],
      ["blocks with a hole", signed(json.replace(/("blocks":\[1,2,256,)256/, "$1257")), LOG],
      ["a mark after the last line", signed(json.replace('"line":1,', '"line":601,')), LOG],
      ["a section after the last line", signed(json.replace('"first":400', '"first":601')), LOG],
      ["a wrong mark", signed(json.replace('"kind":"error"', '"kind":"x"')), LOG],
      ["a wrong section", signed(json.replace('"step":"install"', '"step":7')), LOG],
    ] as const) {
      assert.notEqual(changed, name === "a longer log" || name === "another end" ? "" : text, name);
      assert.equal(decodeIndex(changed, log), undefined, name);
    }
  });
});
