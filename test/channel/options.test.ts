import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";
import { describe, it } from "node:test";
import { channelSettings } from "../../dist/channel/settings.js";
import type { ChannelOptions } from "../../dist/channel/options.js";

const read = (path: string): Promise<string> => readFile(new URL(`../../${path}`, import.meta.url), "utf8");

/** The names of all options of a channel. */
async function optionNames(): Promise<string[]> {
  const source = await read("src/channel/options.ts");
  const body = /export interface ChannelOptions[^{]*\{\n([^]*?)\n\}/.exec(source)?.[1] ?? "";
  const options = [...body.matchAll(/^ {2}(\w+)\?:/gm)].map(([, name]) => name ?? "");
  assert.ok(options.length > 20);
  return options.sort();
}

/** The rows of the table of options: the names, and the text about their defaults. */
async function tableRows(): Promise<{ names: string[]; defaults: string }[]> {
  const readme = await read("src/channel/README.md");
  const table = /\n## Options\n[^|]*((?:\|.*\n)+)/.exec(readme)?.[1] ?? "";
  const rows = table.trimEnd().split("\n").slice(2);
  return rows.map((row) => {
    const [, names = "", defaults = ""] = row.split("|");
    return { names: [...names.matchAll(/`(\w+)`/g)].map(([, name]) => name ?? ""), defaults: defaults.trim() };
  });
}

/** The default that a cell of the table means, e.g. 16 MiB; `undefined` if the cell describes it in words. */
function parseDefault(text: string): unknown {
  const plain = text.replaceAll("`", "").replace(/: .*/, "");
  if (plain === "Infinity") return Infinity;
  const number = /^([\d ]+?)( MiB)?$/.exec(plain);
  if (number !== null) return Number(number[1]?.replaceAll(" ", "")) * (number[2] === undefined ? 1 : 1024 * 1024);
  return text.startsWith("`") ? JSON.parse(plain) : undefined;
}

describe("src/channel/README.md", () => {
  it("has a row for every option of a channel, and no other", async () => {
    const named = (await tableRows()).flatMap(({ names }) => names);
    assert.deepEqual(named.sort(), await optionNames());
  });

  it("documents the defaults that channels have", async () => {
    const settings: Readonly<Record<string, unknown>> = { ...channelSettings({}), methods: ["GET"] };
    let count = 0;
    for (const { names, defaults } of await tableRows()) {
      const texts = defaults.split(", ");
      for (const [index, name] of names.entries()) {
        const documented = parseDefault(texts[index] ?? "");
        if (documented === undefined) continue;
        assert.deepEqual(settings[name], documented, name);
        count++;
      }
    }
    assert.ok(count > 12, `only ${count} defaults are literals`);
    assert.deepEqual(channelSettings({}).methods, ["GET", "HEAD"]);
  });
});

describe("channelSettings()", () => {
  it("reads every option", async () => {
    const read = new Set<string>();
    const options = new Proxy<ChannelOptions>({}, {
      get: (_, name) => void read.add(String(name)),
    });
    channelSettings(options);
    assert.deepEqual([...read].sort(), await optionNames());
  });

  it("returns nothing that no other file reads", async () => {
    const folder = new URL("../../src/channel/", import.meta.url);
    const names = await readdir(folder, { recursive: true });
    const users = names.filter((name) => name.endsWith(".ts") && !/options|settings/.test(name));
    const sources = await Promise.all(users.map((name) => read(`src/channel/${name}`)));
    const code = sources.join("\n").replaceAll(/\/\*[^]*?\*\/|\/\/.*/g, "");
    // As `settings.name`, or taken out of the settings: `const { name, other } = settings`, `({ name }: Settings)`.
    const isRead = (name: string): boolean => {
      return new RegExp(`settings\\.${name}\\b|[{,]\\s*${name}\\b[^{}()]*\\}\\s*(=|:\\s*\\w)`, "i").test(code);
    };
    assert.deepEqual(Object.keys(channelSettings({})).filter((name) => !isRead(name)), []);
    assert.equal(isRead("absent"), false);
  });
});
