import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { JsonSource, propertyPath } from "../../../dist/runner/settings/json-source.js";

const NAME = "it must have the name of a property, in quotation marks here, not ";

describe("JsonSource", () => {
  it("reads what JSON.parse() reads", () => {
    const texts = [
      "{}", "[]", "[[], {}]", " [1, -2.5e3, true, false, null, \"\\u0041\\n\\\"\"] ", '{"a": {"b c": [1, {"": 2}]}}',
      '"text"', "7", '{"__proto__": 1, "constructor": 2}', '{"a":\r\n\t1}',
    ];
    for (const text of texts) assert.deepEqual(new JsonSource(text).value, JSON.parse(text), text);
  });

  it("names the line and the column of what is not JSON", () => {
    const cases: readonly (readonly [text: string, place: string, reason: string])[] = [
      ["", "1:1", "it must have a value here, not the end of the file"],
      ['{\n  "a": 1,\n}', "3:1", `${NAME}}`],
      ['{\n  "a" 1}', "2:7", 'it must have ":" here, not 1'],
      ['{"a": 1 "b": 2}', "1:9", 'it must have "," or "}" here, not "b"'],
      ["[1,\n 2,]", "2:4", "it must have a value here, not ]"],
      ["[1", "1:3", 'it must have "," or "]" here, not the end of the file'],
      ["{\n// no\n}", "2:1", `${NAME}/; JSON has no comments`],
      ["{a: 1}", "1:2", `${NAME}a`],
      ["[01]", "1:2", "it must have a value here, not 01"],
      ["[yes]", "1:2", "it must have a value here, not yes"],
      ['["\\x"]', "1:2", 'it must have a value here, not "\\x"'],
      ['["a\nb"]', "1:2", 'it must have a value here, not "'],
      ["{} {}", "1:4", "it must have the end of the file here, not {"],
      ['{"a": 1,\n "a": 2}', "2:2", "it has a twice"],
      ["[".repeat(40), "1:34", "it must have at most 32 levels here, not ["],
    ];
    for (const [text, place, message] of cases) {
      assert.throws(() => new JsonSource(text), { name: "JsonProblem", place, message }, text);
    }
  });

  it("knows the place of each property, and of each item", () => {
    const source = new JsonSource('{\n  "my shop": {\n    "steps": ["a",\n      "b"] } }');
    const places: readonly (readonly [path: string, place: string])[] = [
      ["", "1:1"],
      ['["my shop"]', "2:3"],
      ['["my shop"].steps', "3:5"],
      ['["my shop"].steps[0]', "3:15"],
      ['["my shop"].steps[1]', "4:7"],
    ];
    for (const [path, place] of places) assert.equal(source.problem(path, "why").place, place, path);
    assert.equal(propertyPath(propertyPath("a", "b-c"), 3), 'a["b-c"][3]');
  });
});
