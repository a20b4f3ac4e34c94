/** The blocks of the READMEs that need more than Node: other frameworks, and nginx for src/web/README.md. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { readReadmes } from "../../dist-test/readme/blocks.js";
import { packagesOf, runModule } from "../../dist-test/readme/modules.js";
import { startNginx } from "./support/nginx.mjs";

const PACKAGES = new URL("./node_modules/", import.meta.url);
const BLOCKS = [...readReadmes().values()].flat();

describe("the READMEs", () => {
  for (const block of BLOCKS.filter(({ language }) => language === "js" || language === "ts")) {
    const foreign = packagesOf(block.text).filter((name) => name !== "tailcast");
    if (foreign.length === 0 || block.checker !== undefined) continue;
    it(`run ${block.path}, line ${block.line}, with ${foreign.join(", ")}`, () =>
      runModule(block, Object.fromEntries(foreign.map((name) => [name, fileURLToPath(new URL(name, PACKAGES))]))));
  }

  it("configure nginx so that a stream passes at once, to the server that answers to its host", async (t) => {
    const block = BLOCKS.find(({ path, language }) => path === "src/web/README.md" && language === "nginx");
    const server = createServer(({ headers }, response) => {
      response.writeHead(200, { "Content-Type": "text/event-stream", "X-Accel-Buffering": "no" });
      response.write(`data: ${headers.host}\n\n`);
    });
    await once(server.listen(0, "127.0.0.1"), "listening");
    t.after(() => {
      server.close();
      server.closeAllConnections();
    });
    const { port } = server.address();
    const address = await startNginx(t, port, block.text.replace("127.0.0.1:3000", `127.0.0.1:${port}`));
    const response = await fetch(address);
    const reader = response.body.getReader();
    const { value } = await reader.read();
    await reader.cancel();
    assert.equal(Buffer.from(value).toString(), `data: ${new URL(address).host}\n\n`);
  });
});
