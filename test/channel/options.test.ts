import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { describe, it } from "node:test";

const read = (path: string): Promise<string> => readFile(new URL(`../../${path}`, import.meta.url), "utf8");

describe("src/channel/README.md", () => {
  it("has a row for every option of a channel, and no other", async () => {
    const source = await read("src/channel/options.ts");
    const body = /export interface ChannelOptions[^{]*\{\n([^]*?)\n\}/.exec(source)?.[1] ?? "";
    const options = [...body.matchAll(/^ {2}(\w+)\?:/gm)].map(([, name]) => name);
    const readme = await read("src/channel/README.md");
    const table = /\n## Options\n[^|]*((?:\|.*\n)+)/.exec(readme)?.[1] ?? "";
    const rows = table.split("\n").slice(2);
    const named = rows.flatMap((row) => [...(row.split("|")[1] ?? "").matchAll(/`(\w+)`/g)].map(([, name]) => name));
    assert.ok(options.length > 20);
    assert.deepEqual(named.sort(), options.sort());
  });
});
