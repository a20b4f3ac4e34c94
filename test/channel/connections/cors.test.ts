import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Channel } from "../../../dist/channel/channel.js";
import { startChannel } from "../../support/channel.js";
import { ask } from "../../support/http.js";

describe("Channel: cors", () => {
  const preflight = {
    "Access-Control-Request-Method": "GET",
    "Access-Control-Request-Headers": "last-event-id",
  };

  it("lets pages of the listed origins read, and answers their preflight requests", async (t) => {
    const { channel, port } = await startChannel(t, { cors: { origins: ["https://app.example"], credentials: true } });
    channel.end();
    const headers = { Origin: "https://app.example" };
    const reply = await ask(port, "GET", "/", { headers });
    assert.deepEqual(
      [reply.headers["access-control-allow-origin"], reply.headers["access-control-allow-credentials"]],
      ["https://app.example", "true"],
    );
    assert.equal(reply.headers.vary, "Origin");
    const allowed = await ask(port, "OPTIONS", "/", { headers: { ...headers, ...preflight } });
    assert.equal(allowed.status, 204);
    assert.deepEqual(
      [allowed.headers["access-control-allow-methods"], allowed.headers["access-control-allow-headers"]],
      ["GET, HEAD", "last-event-id"],
    );
  });

  it("says nothing to pages of other origins, but tells caches that the answer depends on the origin", async (t) => {
    const { channel, port } = await startChannel(t, { compress: true, cors: { origins: ["https://app.example"] } });
    channel.end();
    for (const Origin of ["https://app.example.evil", "http://app.example", "null"]) {
      const reply = await ask(port, "GET", "/", { headers: { Origin } });
      assert.equal(reply.headers["access-control-allow-origin"], undefined);
      assert.equal(reply.headers.vary, "Accept-Encoding, Origin");
      assert.equal((await ask(port, "OPTIONS", "/", { headers: { Origin, ...preflight } })).status, 405);
    }
  });

  it("allows every origin with *, in respond() as well, and never with credentials", async () => {
    const channel = new Channel({ cors: { origins: ["*"] } });
    const request = new Request("http://localhost/", { headers: { Origin: "https://any.example" } });
    assert.equal(channel.respond(request).headers.get("access-control-allow-origin"), "*");
    await channel.close({ deadline: 0 });
  });

  for (const cors of [
    { origins: ["https://app.example/"] },
    { origins: ["app.example"] },
    { origins: "https://app.example" },
    { origins: ["*"], credentials: true },
    { origins: ["https://app.example"], credentials: "yes" },
  ]) {
    it(`refuses ${JSON.stringify(cors)}`, () => {
      assert.throws(() => new Channel({ cors } as never), { code: "INVALID_OPTION" });
    });
  }
});
