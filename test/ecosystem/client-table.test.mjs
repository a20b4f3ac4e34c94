/** The table of clients in examples/README.md, and the recipes below it, with the real packages. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { launchChromium, openContext } from "./support/chromium.mjs";
import { CLIENT_CHECKS, Stage, measure } from "./support/client-checks.mjs";
import { CLIENTS, addHtml } from "./support/clients.mjs";
import { until } from "./support/until.mjs";

/** The recipes, in the order of the README, which is examples/README.md: their client, and how they are started. */
const RECIPES = [
  { name: "@microsoft/fetch-event-source" },
  { name: "sse.js" },
  { name: "htmx-2", start: "htmx.process(document.body)" },
  { name: "htmx.org", start: "htmx.process(document.body)" },
  { name: "@starfederation/datastar" },
];

const README = new URL("../../examples/README.md", import.meta.url);
const { devDependencies } = JSON.parse(readFileSync(new URL("package.json", import.meta.url), "utf8"));

/** The versions of a client's packages, as the table shows them. */
function versionsOf({ name, others = [] }) {
  if (name === undefined) return "";
  const version = devDependencies[name].replace(/^npm:.*@/, "");
  return [version, ...others.map((other) => `${other} ${devDependencies[other]}`)].join(", ");
}

/** Runs a recipe in JavaScript, in a page. */
function runRecipe(text) {
  const run = new Function("show", "controller", `return (async () => {${text}})()`);
  void run(window.see, new AbortController());
}

let browser;
before(async () => (browser = await launchChromium()));
after(() => browser?.close());

describe("clients", () => {
  it("do what the README says", async (t) => {
    const context = await openContext(t, browser);
    const rows = await Promise.all(
      CLIENTS.map(async (client) => [client.title, versionsOf(client), ...(await measure(t, client, context))]),
    );
    const head = ["client", "version", ...CLIENT_CHECKS.map(({ title }) => title)];
    const table = [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |\n`).join("");
    const text = readFileSync(README, "utf8");
    const updated = text.replace(/(?<=<!-- clients -->\n)[\s\S]*?(?=<!-- end of clients -->)/, `\n${table}\n`);
    if (process.env.UPDATE === "1") writeFileSync(README, updated);
    else assert.equal(text, updated, "UPDATE=1 writes the table");
  });
});

describe("recipes for clients", { concurrency: true }, () => {
  const block = /<!-- checked by test\/ecosystem\/client-table\.test\.mjs -->\n```(\w+)\n([^]*?)\n```/g;
  const blocks = [...readFileSync(README, "utf8").matchAll(block)];

  it("are all known here, and have at most five lines", () => {
    assert.equal(blocks.length, RECIPES.length);
    for (const [, , text] of blocks) assert.ok(text.split("\n").length <= 5, text);
  });

  for (const [index, { name, start }] of RECIPES.entries()) {
    it(`let ${name} resume, reconnect and end`, async (t) => {
      const [, language, text] = blocks[index];
      const { title, event, isReadFirst } = CLIENTS.find((client) => client.name === name);
      const open = async (page) => {
        // The element that the events of Datastar name.
        if (language === "html") await addHtml(page, `${text}<p id=log></p>`);
        else await page.evaluate(runRecipe, text);
        if (start !== undefined) await page.evaluate(start);
      };
      const context = await openContext(t, browser);
      const stage = await Stage.open(t, { name, event, isReadFirst, inPage: true, open }, context, { retry: 50 });
      stage.drop();
      stage.publish("second");
      await stage.seen.count(2);
      const closed = new Set(stage.channel.clients);
      for (const client of closed) client.close();
      await until(() => [...stage.channel.clients].some((client) => !closed.has(client)));
      stage.publish("third");
      assert.deepEqual(await stage.seen.count(3), ["first", "second", "third"], title);
      if (name === "@starfederation/datastar") {
        stage.channel.publish({ event: "datastar-remove-fragments", data: "selector #feed" });
      } else {
        stage.channel.publish({ event: "end", data: "" });
      }
      stage.channel.end();
      await until(() => stage.channel.clientCount === 0);
      assert.equal(await stage.returns(1500), false, "it asks again after the end");
    });
  }
});
