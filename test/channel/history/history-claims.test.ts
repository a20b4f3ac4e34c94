import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { link, readFile, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import { promisify } from "node:util";
import { Channel } from "../../../dist/channel/channel.js";
import { ChannelGroup } from "../../../dist/channel/group/channel-group.js";
import { FileHistory } from "../../../dist/channel/history/file-history.js";
import { HeldHistory, logPath } from "./histories.js";

describe("Channel: history", () => {
  const refusal = {
    code: "INVALID_OPTION",
    message: 'Cannot use "history": another channel uses it; close that channel first, or publish to it',
  };

  it("belongs to one channel until that channel is closed", async () => {
    const history = new HeldHistory();
    const first = new Channel({ history });
    assert.throws(() => new Channel({ history }), refusal);
    const closing = first.close();
    assert.throws(() => new Channel({ history }), refusal, "the channel may still write");
    await closing;
    await new Channel({ history }).close();
  });

  it("does not belong to a channel that refused another option", async () => {
    const history = new HeldHistory();
    assert.throws(() => new Channel({ history, capacity: 0 }), { code: "INVALID_OPTION" });
    await new Channel({ history }).close();
  });

  it("stays open when a group function returns it for a second topic", async (t) => {
    const path = await logPath(t);
    const history = await FileHistory.open(path, "e");
    const group = new ChannelGroup({ channel: () => ({ history }) });
    t.after(() => group.close());
    const first = await group.get("a");
    await assert.rejects(group.get("b"), refusal);
    first.publish("still stored");
    await first.flushed();
    assert.equal(await readFile(path, "utf8"), "id: e-1\ndata: still stored\n\n");
  });
});

describe("FileHistory.open", () => {
  const code = "HISTORY_IN_USE";

  it("refuses a file that this process writes, under any path, and cuts nothing off", async (t) => {
    const path = await logPath(t);
    const [folder, other] = [join(dirname(path), "folder"), join(dirname(path), "other")];
    const torn = "id: e-1\ndata: a\n\nid: e-2\nda";
    await using history = await FileHistory.open(path, "e");
    await writeFile(path, torn);
    await symlink(dirname(path), folder);
    await link(path, other);
    for (const name of [path, join(folder, "log"), other]) {
      await assert.rejects(FileHistory.open(name, "e"), {
        code,
        message: `Cannot open ${name}: this process writes it already; close it first`,
      });
    }
    assert.equal(await readFile(path, "utf8"), torn);
    await history.close();
    await (await FileHistory.open(other, "e")).close();
  });

  it("refuses a file that FileHistory.create has created, until it is closed", async (t) => {
    const path = await logPath(t);
    await using history = FileHistory.create(path, "e");
    await history.sync();
    await assert.rejects(FileHistory.open(path, "e"), { code });
    await history.close();
    await (await FileHistory.open(path, "e")).close();
  });

  it("lets only one of two concurrent calls open a file", async (t) => {
    const path = await logPath(t);
    const results = await Promise.allSettled([FileHistory.open(path, "e"), FileHistory.open(path, "e")]);
    assert.deepEqual(results.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
    for (const result of results) if (result.status === "fulfilled") await result.value.close();
  });

  it("lets no writer overwrite events that another process has stored", async (t) => {
    const path = await logPath(t);
    const history = await FileHistory.open(path, "e");
    const channel = new Channel({ history });
    channel.publish("from this process");
    await channel.flushed();
    const program = new URL("../../../dist/channel/history/file-history.js", import.meta.url);
    const code = `
      import { FileHistory } from ${JSON.stringify(program)};
      const history = await FileHistory.open(${JSON.stringify(path)}, "e");
      await history.append([Buffer.from("id: e-2\\ndata: from another process\\n\\n")], 3);
      process.kill(process.pid, "SIGKILL");`;
    await assert.rejects(promisify(execFile)(process.execPath, ["--input-type=module", "--eval", code]), {
      signal: "SIGKILL",
    });
    channel.publish("from this process again");
    await assert.rejects(channel.flushed(), {
      code: "HISTORY_IN_USE",
      message: `Cannot write to ${path}: another process has written it; let one process write a file at a time`,
    });
    await channel.close();
    const stored = "id: e-1\ndata: from this process\n\nid: e-2\ndata: from another process\n\n";
    assert.equal(await readFile(path, "utf8"), stored);
    const next = await FileHistory.open(path, "e");
    assert.equal(next.end, 3);
    await next.close();
  });

  it("leaves a file free that it refused, and does not count readers", async (t) => {
    const path = await logPath(t);
    await writeFile(path, "id: other-1\ndata: a\n\n");
    await assert.rejects(FileHistory.open(path, "e"), { code: "INVALID_HISTORY" });
    const reader = await FileHistory.openToRead(path, "other");
    await (await FileHistory.open(path, "other")).close();
    await reader.close();
  });
});
