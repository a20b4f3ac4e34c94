import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { checkNames } from "../../dist/check-options.js";
import { Channel } from "../../dist/channel/channel.js";
import { ChannelGroup } from "../../dist/channel/group/channel-group.js";
import { respondEventStream } from "../../dist/channel/respond-event-stream.js";
import { BuildApp } from "../../dist/web/build-app.js";

/** An object with properties that TypeScript does not allow, as plain JavaScript can pass it. */
const untyped = (options: Readonly<Record<string, unknown>>): never => options as never;

function refusal(name: string, hint = ""): { code: string; message: string } {
  return { code: "INVALID_OPTION", message: `Cannot use "${name}": there is no such option${hint}` };
}

describe("checkNames", () => {
  const names = { capacity: true, coalesce: true, backlog: true, host: true } as const;

  it("names the option that was probably meant", () => {
    for (const [typo, meant] of [
      ["capasity", "capacity"],
      ["capcity", "capacity"],
      ["backLog", "backlog"],
      ["backlgo", "backlog"],
      ["coalesceMs", "coalesce"],
    ] as const) {
      assert.throws(() => checkNames({ [typo]: 1 }, names), refusal(typo, `; did you mean "${meant}"?`));
    }
  });

  it("guesses nothing for a name that is far from all others", () => {
    for (const name of ["limit", "c", "", "toString", "port"]) {
      assert.throws(() => checkNames({ [name]: 1 }, names), refusal(name));
    }
  });

  it("accepts every known name, and an unknown one whose value is undefined", () => {
    checkNames({ capacity: undefined, backlog: 5, limit: undefined }, names);
  });
});

describe("an option that does not exist", () => {
  const hint = '; did you mean "heartbeat"?';
  const options = untyped({ hartbeat: 1000 });

  it("is refused by Channel and ChannelGroup", () => {
    assert.throws(() => new Channel(options), refusal("hartbeat", hint));
    assert.throws(() => new ChannelGroup(options), refusal("hartbeat"));
    assert.throws(() => new ChannelGroup({ channel: options }), refusal("hartbeat", hint));
  });

  it("is refused by per-request streams", () => {
    const request = new Request("http://localhost/");
    assert.throws(() => respondEventStream(request, ["a"], options), refusal("hartbeat", hint));
  });

  it("is refused by BuildApp", async () => {
    await assert.rejects(BuildApp.open(untyped({ roots: ["/"], hartbeat: 1000 })), refusal("hartbeat", hint));
  });
});
