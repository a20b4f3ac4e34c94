import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { historyContract, sharedLogContract } from "../../dist/contract/index.js";

const open = (): never => assert.fail("a check was started");

describe("the options of a contract", () => {
  for (const [name, contract, wrong] of [
    ["options", sharedLogContract, undefined],
    ["open", sharedLogContract, {}],
    ["open", sharedLogContract, { open: 5 }],
    ["openSmal", sharedLogContract, { open, openSmal: open }],
    ["openSmall", sharedLogContract, { open, openSmall: 5 }],
    ["lose", sharedLogContract, { open, lose: true }],
    ["interrupt", sharedLogContract, { open, interrupt: null }],
    ["maxEventBytes", sharedLogContract, { open, maxEventBytes: 0 }],
    ["timeout", sharedLogContract, { open, timeout: -1 }],
    ["timeout", sharedLogContract, { open, timeout: Infinity }],
    ["options", historyContract, undefined],
    ["open", historyContract, {}],
    ["lasting", historyContract, { open, lasting: true }],
    ["isLasting", historyContract, { open, isLasting: 1 }],
    ["timeout", historyContract, { open, timeout: 0 }],
  ] as const) {
    it(`${contract.name} refuses ${wrong && JSON.stringify(wrong)}, and names "${name}"`, () => {
      assert.throws(() => contract(wrong as never), (error: Error & { code?: string }) => {
        return error.code === "INVALID_OPTION" && error.message.includes(`"${name}"`);
      });
    });
  }

  it("accept options with the value undefined", () => {
    const unset = { openSmall: undefined, lose: undefined, interrupt: undefined, maxEventBytes: undefined };
    assert.ok(sharedLogContract({ open, ...unset, timeout: undefined }).length > 0);
    assert.ok(historyContract({ open, isLasting: undefined, timeout: undefined }).length > 0);
  });
});
