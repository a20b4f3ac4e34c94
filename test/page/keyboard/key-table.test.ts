import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { KEYS, actionOf, moveInList } from "../../../dist/page/keyboard/key-table.js";
import type { KeyPress } from "../../../dist/page/keyboard/key-table.js";

function press(key: string, changes: Partial<KeyPress> = {}): KeyPress {
  return { key, ctrlKey: false, metaKey: false, altKey: false, isComposing: false, repeat: false, ...changes };
}

describe("the table of keys", () => {
  it("has one action for each key, and one key for each action", () => {
    assert.equal(new Set(KEYS.map(({ key }) => key)).size, KEYS.length);
    assert.equal(new Set(KEYS.map(({ action }) => action)).size, KEYS.length);
    assert.equal(new Set(KEYS.map(({ text }) => text)).size, KEYS.length);
  });
});

describe("actionOf", () => {
  it("finds the action of each key, with its case", () => {
    for (const { key, action } of KEYS) assert.equal(actionOf(press(key), false), action);
    assert.equal(actionOf(press("g"), false), "top");
    assert.equal(actionOf(press("G"), false), "end");
    assert.equal(actionOf(press("x"), false), undefined);
  });

  it("has none in a field, with a modifier, or while a character is composed", () => {
    assert.equal(actionOf(press("b"), true), undefined);
    for (const name of ["ctrlKey", "metaKey", "altKey", "isComposing"]) {
      assert.equal(actionOf(press("c", { [name]: true }), false), undefined, name);
    }
  });

  it("repeats the steps of a held key, but no other action", () => {
    assert.equal(actionOf(press("n", { repeat: true }), false), "nextHit");
    assert.equal(actionOf(press("c", { repeat: true }), false), undefined);
  });
});

describe("moveInList", () => {
  it("moves by one, or to an end, and stays inside the list", () => {
    assert.equal(moveInList("ArrowDown", 0, 3), 1);
    assert.equal(moveInList("ArrowUp", 2, 3), 1);
    assert.equal(moveInList("Home", 2, 3), 0);
    assert.equal(moveInList("End", 0, 3), 2);
    assert.equal(moveInList("ArrowDown", 2, 3), undefined);
    assert.equal(moveInList("ArrowUp", 0, 3), undefined);
    assert.equal(moveInList("Home", 0, 3), undefined);
    assert.equal(moveInList("x", 0, 3), undefined);
  });
});
