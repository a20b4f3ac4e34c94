import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import * as library from "../dist/index.js";

/** Values of every kind but text, as plain JavaScript can pass them. */
const VALUES: readonly unknown[] = [undefined, null, 5, Number.NaN, true, "", [], ["a"], {}, () => 5, Symbol("s")];

const { Channel, ChannelGroup, BuildQueue, FileHistory, BuildStore, BuildApp, EventStreamDecoder } = library;

type Call = (value: never) => unknown;

const channel = new Channel();
const group = new ChannelGroup();
/** A store of logs, and a queue of jobs, which no call uses. */
const logs = { open: () => Promise.reject(new Error("no log")) };
const jobs = { add: () => Promise.reject(new Error("no job")), remove: async () => false, find: async () => undefined };
after(() => Promise.all([channel.close(), group.close()]));

/** For each export, calls with a value of a wrong type. */
const calls: Readonly<Record<string, Call>> = {
  "Channel": (value) => new Channel(value),
  "Channel.history": (value) => new Channel({ history: value }),
  "Channel.history.end": (value) => new Channel({ history: { epoch: "e", end: value, read: () => value } }),
  "channel.publish": (value) => channel.publish(value),
  "channel.publish data": (value) => channel.publish({ data: value }),
  "channel.publish event": (value) => channel.publish({ data: "a", event: value }),
  "channel.skip": (value) => channel.skip(value),
  "channel.handle": (value) => channel.handle(value, value),
  "channel.respond": (value) => channel.respond(value),
  "channel.read": (value) => channel.read(value),
  "ChannelGroup": (value) => new ChannelGroup(value),
  "ChannelGroup.channel": (value) => new ChannelGroup({ channel: value }),
  "group.get": (value) => group.get(value),
  "group.find": (value) => group.find(value),
  "group.handle": (value) => group.handle("a", value, value),
  "group.respond": (value) => group.respond("a", value),
  "group.run": (value) => group.run("a", value ?? 5),
  "group.run topic": (value) => group.run(value || 5, []),
  "group.run options": (value) => group.run("a", [], value ?? 5),
  "group.stop": (value) => group.stop(value),
  "closeOnSignal": (value) => library.closeOnSignal(value, channel),
  "closeOnSignal streams": (value) => library.closeOnSignal({ stop: () => Promise.resolve() }, value ?? 5),
  "closeOnSignal options": (value) => library.closeOnSignal({ stop: () => Promise.resolve() }, channel, value),
  "openEventStream": (value) => library.openEventStream(value, value),
  "openEventStream options": (value) => library.openEventStream(undefined as never, undefined as never, value),
  "sendEventStream": (value) => library.sendEventStream(value, value, []),
  "sendEventStream source": (value) => library.sendEventStream(undefined as never, undefined as never, value),
  "respondEventStream": (value) => library.respondEventStream(value, []),
  "Channel.log": (value) => new Channel({ log: value }),
  "MemoryLog": (value) => new library.MemoryLog(value),
  "MemoryLog.publish": (value) => new library.MemoryLog().publish(value ?? 5),
  "MemoryLog.follow": (value) => new library.MemoryLog().follow(value),
  "MemoryLog.read": (value) => new library.MemoryLog().read(value),
  "MemoryLog.reset": (value) => new library.MemoryLog().reset(value ?? 5),
  "new FileHistory": (value) => new (FileHistory as unknown as new (value: unknown) => unknown)(value),
  "FileHistory.create": (value) => FileHistory.create(value, "e"),
  "FileHistory.open": (value) => FileHistory.open(value, "e"),
  "FileHistory.openToRead": (value) => FileHistory.openToRead(value, "e"),
  "BuildQueue": (value) => new BuildQueue(value),
  "new BuildStore": (value) => new (BuildStore as unknown as new (value: unknown) => unknown)(value),
  "BuildStore.open": (value) => BuildStore.open(value),
  "new BuildApp": (value) => new (BuildApp as unknown as new (value: unknown) => unknown)(value),
  "BuildApp.open": (value) => BuildApp.open(value),
  "BuildApp.open roots": (value) => BuildApp.open({ roots: value }),
  "new SharedBuilds": (value) => new (library.SharedBuilds as unknown as new (value: unknown) => unknown)(value),
  "SharedBuilds.open": (value) => library.SharedBuilds.open(value, value),
  "SharedBuilds.open jobs": (value) => library.SharedBuilds.open(logs, value),
  "SharedBuilds.open options": (value) => library.SharedBuilds.open(logs, jobs, { onEvent: value ?? 5, keep: -1 }),
  "SharedBuilds.open channel": (value) => library.SharedBuilds.open(logs, jobs, { channel: value ?? 5, keep: -1 }),
  "new SharedBuilder": (value) => new (library.SharedBuilder as unknown as new (value: unknown) => unknown)(value),
  "SharedBuilder.open": (value) => library.SharedBuilder.open(value, { roots: [] }),
  "SharedBuilder.open options": (value) => library.SharedBuilder.open(logs, value),
  "runBuild": (value) => library.runBuild(value).result,
  "runBuild options": (value) => library.runBuild([], value).result,
  "buildEnvironment": (value) => library.buildEnvironment(value),
  "buildEnvironment options": (value) => library.buildEnvironment({}, {}, value),
  "endOrphans": (value) => library.endOrphans(value),
  "planBuild": (value) => library.planBuild(value),
  "openProject": (value) => library.openProject(value, ["/"]),
  "openProject roots": (value) => library.openProject("a", value),
  "decodeEventStream": (value) => library.decodeEventStream(value),
  "decodeEventStream options": (value) => library.decodeEventStream([], value),
  "EventStreamDecoder": (value) => new EventStreamDecoder(value),
  "encodeEvent": (value) => library.encodeEvent(value),
  "encodeComment": (value) => library.encodeComment(value),
  "assertEventId": (value) => library.assertEventId(value),
  "decodeLastEventId": (value) => library.decodeLastEventId(value),
  "explain": (value) => library.explain(value),
  "StreamExplainer.explain": (value) => new library.StreamExplainer().explain(value),
  "follow": (value) => library.follow(value),
  "follow options": (value) => library.follow("http://127.0.0.1/", value),
  "follow signal": (value) => library.follow("http://127.0.0.1/", { signal: value ?? 5 }),
  "follow headers": (value) => library.follow("http://127.0.0.1/", { headers: value ?? 5 }),
  "EventSource options": (value) => new library.EventSource("http://127.0.0.1/", value).close(),
  "formatSequenceId": (value) => library.formatSequenceId(value, 1),
  "formatSequenceId sequence": (value) => library.formatSequenceId("e", value),
  "isEpoch": (value) => library.isEpoch(value),
  "parseSequenceId": (value) => library.parseSequenceId(value),
};

/** These answer every value without an error. */
const PREDICATES = ["isEpoch", "parseSequenceId"];

describe("a value of a wrong type", () => {
  it("is tried for every function and class that the package exports", () => {
    const others = ["TailcastError", "MAX_RETRY", "MAX_EVENT_ID_BYTES", "DEFAULT_MAX_EVENT_BYTES", "STREAM_FAULTS"];
    const tried = Object.keys(calls).join(" ");
    for (const name of Object.keys(library)) {
      assert.ok(others.includes(name) || tried.includes(name), `${name} is not tried`);
    }
  });

  for (const [name, call] of Object.entries(calls)) {
    it(`makes no error from inside (${name})`, async () => {
      let refused = 0;
      for (const value of VALUES) {
        try {
          await call(value as never);
        } catch (error) {
          refused++;
          const shown = `${name}(${typeof value === "object" ? JSON.stringify(value) : String(value)})`;
          assert.ok(error instanceof library.TailcastError, `${shown}: ${String(error)}`);
          assert.match(error.message, /^Cannot /);
        }
      }
      assert.ok(refused >= 5 || PREDICATES.includes(name), "most of the values are refused");
    });
  }

  it("is not an epoch, and not an id with a sequence", () => {
    assert.equal(library.isEpoch(5 as never), false);
    assert.equal(library.parseSequenceId(["a-5"] as never), undefined);
  });

  it("does not close a channel or a group", () => {
    for (const value of [null, 5, "text", { retyr: 5 }] as never[]) {
      assert.throws(() => channel.close(value), { code: "INVALID_OPTION" });
      assert.throws(() => group.close(value), { code: "INVALID_OPTION" });
    }
    assert.equal(channel.state, "open");
  });
});
