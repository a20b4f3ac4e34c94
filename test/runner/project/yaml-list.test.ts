import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readYamlList } from "../../../dist/runner/project/yaml-list.js";

const ITEMS = ["a/*", "!b"];

describe("readYamlList()", () => {
  const same: readonly string[] = [
    "packages:\n  - a/*\n  - '!b'\n",
    'packages:\n- a/*\n- "!b"\n',
    "packages:\n  -   a/*   # comment\n\n# comment\n  # comment\n  - '!b' # comment\n",
    "packages :\n  - a/*\n  - '!b'\n",
    "'packages':\n  - a/*\n  - '!b'\n",
    '"packages": # comment\n\t\n  - a/*\n  - \'!b\'',
    "---\ncatalog:\n  packages:\n    - no\npackages:\n  - a/*\n  - '!b'\nother:\n  - no\n",
    "packages:\n  - a/*\n  - '!b'\n---\nno\n",
    "packages: ['a/*', '!b']\n",
    'packages: [ "a/*" , "!b" , ] # comment',
    "packages: [a/*,'!b']\nother: [no]\n",
    "packages: [\n  'a/*', # it's, ]\n\n  # '\n  '!b',\n]\nother:\n  - no\n",
    "packages: [\n'a/*'\n,\n'!b'\n]",
    "packages:\t['a/*', '!b']",
  ];
  for (const text of same) {
    for (const [name, end] of [
      ["LF", "\n"],
      ["CRLF", "\r\n"],
      ["CR", "\r"],
    ] as const) {
      it(`reads ${JSON.stringify(text)} with ${name}`, () => {
        assert.deepEqual(readYamlList(text.replaceAll("\n", end), "packages"), ITEMS);
      });
    }
  }

  const others: readonly (readonly [text: string, items: string[]])[] = [
    ["packages:\n  - it's\n  - a#b\n  - 'it''s'\n  - \"\\\"q\\\\\"\n", ["it's", "a#b", "it's", '"q\\']],
    ["packages:\n  - {a,b}/c, d\n", ["{a,b}/c, d"]],
    ["packages: ['{a,b}', 'c]', \"d#\", e#f]", ["{a,b}", "c]", "d#", "e#f"]],
    ["packages: []\n", []],
    ["packages:\n", []],
    ["packages:\n  -\n  - a\n", ["a"]],
    ["packages: text\n", []],
    ["packages:\n  a: 1\n", []],
    ["  packages:\n    - a\n", []],
    ["packages2:\n  - a\n", []],
    ["'packages\":\n  - a\n", []],
    ["# packages:\n#  - a\n", []],
    ["packages:[a]\n", []],
    ["", []],
    ["packages: [", []],
    ["packages: ['a", ["a"]],
  ];
  for (const [text, items] of others) {
    it(`reads ${JSON.stringify(text)}`, () => assert.deepEqual(readYamlList(text, "packages"), items));
  }
});
