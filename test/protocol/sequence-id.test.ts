import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { assertEventId } from "../../dist/protocol/event-id.js";
import { formatSequenceId, isEpoch, parseSequenceId } from "../../dist/protocol/sequence-id.js";

describe("isEpoch", () => {
  for (const epoch of ["a", "0", "-", "kx3p", "A.b_c~d-9", "x".repeat(128)]) {
    it(`accepts ${JSON.stringify(epoch)}`, () => {
      assert.equal(isEpoch(epoch), true);
    });
  }

  for (const epoch of ["", "a b", "a\n", "a:b", "é", "a/b", "x".repeat(129)]) {
    it(`refuses ${JSON.stringify(epoch)}`, () => {
      assert.equal(isEpoch(epoch), false);
    });
  }
});

describe("formatSequenceId", () => {
  it("joins epoch and sequence with a hyphen", () => {
    assert.equal(formatSequenceId("kx3p", 42), "kx3p-42");
  });

  it("makes ids that are valid and are read back equal", () => {
    for (const epoch of ["a", "-", "a-b", "a-1", "--", "x".repeat(128)]) {
      for (const sequence of [0, 1, 10, 1e15, Number.MAX_SAFE_INTEGER]) {
        const id = formatSequenceId(epoch, sequence);
        assertEventId(id);
        assert.deepEqual(parseSequenceId(id), { epoch, sequence });
      }
    }
  });

  for (const epoch of ["", "a b", "a\nb"]) {
    it(`refuses the epoch ${JSON.stringify(epoch)}`, () => {
      assert.throws(() => formatSequenceId(epoch, 1), { code: "INVALID_EVENT" });
    });
  }

  for (const sequence of [-1, 0.5, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY]) {
    it(`refuses the sequence ${sequence}`, () => {
      assert.throws(() => formatSequenceId("a", sequence), { code: "INVALID_EVENT" });
    });
  }
});

describe("parseSequenceId", () => {
  it("divides at the last hyphen", () => {
    assert.deepEqual(parseSequenceId("a-1-2"), { epoch: "a-1", sequence: 2 });
    assert.deepEqual(parseSequenceId("a--2"), { epoch: "a-", sequence: 2 });
  });

  it("accepts any epoch that is not empty", () => {
    assert.deepEqual(parseSequenceId("é b-0"), { epoch: "é b", sequence: 0 });
  });

  const withoutHalf = ["", "-", "a", "5", "-5", "a-"];
  const notCanonical = ["a-01", "a-+1", "a-1e3", "a-1.0", "a- 1", "a-1 ", "a-0x1", "a-１"];
  for (const id of [...withoutHalf, ...notCanonical, "a-NaN", "a-Infinity", "a-9007199254740992"]) {
    it(`returns undefined for ${JSON.stringify(id)}`, () => {
      assert.equal(parseSequenceId(id), undefined);
    });
  }
});
