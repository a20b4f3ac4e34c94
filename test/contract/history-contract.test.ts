import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { FileHistory } from "../../dist/channel/history/file-history.js";
import { historyContract } from "../../dist/contract/index.js";
import { ArrayHistory } from "./array-history.js";
import type { ChannelHistory } from "../../dist/channel/history/history.js";

describe("FileHistory keeps the contract of ChannelHistory: it", () => {
  let folder = "";
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "tailcast-contract-"));
  });
  after(() => rm(folder, { recursive: true }));
  const open = (name: string): Promise<FileHistory> => FileHistory.open(join(folder, name), "e");
  for (const { title, run } of historyContract({ open, isLasting: true })) it(title, run);
});

describe("examples/memory-history.js keeps the contract of ChannelHistory: it", async () => {
  const source = await readFile(new URL("../../examples/memory-history.js", import.meta.url), "utf8");
  const [code = ""] = /^class MemoryHistory \{[^]*?^\}$/m.exec(source) ?? [];
  const create = new Function(`${code}\nreturn new MemoryHistory("e");`) as () => ChannelHistory;
  for (const { title, run } of historyContract({ open: create })) it(title, run);
});

describe("A history in an array keeps the contract of ChannelHistory: it", () => {
  for (const { title, run } of historyContract({ open: () => new ArrayHistory() })) it(title, run);
});
