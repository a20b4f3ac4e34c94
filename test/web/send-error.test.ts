import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { TailcastError } from "../../dist/error.js";
import { sendError } from "../../dist/web/send-error.js";
import { RawClient, TestServer, ask } from "../support/http.js";

describe("sendError()", () => {
  it("hides an unexpected error", async (t) => {
    for (const error of [
      new Error("secret path"),
      "thrown text",
      new TailcastError("CHANNEL_CLOSED", "secret state"),
    ]) {
      const server = await TestServer.start((_, response) => sendError(response, error));
      t.after(() => server.close());
      const answer = await ask(server.port, "GET", "/");
      assert.equal(answer.status, 500);
      assert.deepEqual(answer.json, {
        error: { code: "INTERNAL_ERROR", message: "Cannot answer this request: an error on the server" },
      });
    }
  });

  it("answers an error that has a status, with its additional fields", async (t) => {
    const error = new TailcastError("QUEUE_FULL", "Full");
    const server = await TestServer.start((_, response) => sendError(response, error, { build: 1 }));
    t.after(() => server.close());
    const answer = await ask(server.port, "GET", "/");
    assert.deepEqual(answer.json, { error: { code: "QUEUE_FULL", message: "Full" }, build: 1 });
    assert.deepEqual([answer.status, answer.headers["retry-after"]], [503, "10"]);
  });

  it("answers 503 instead of 500 when no file can be opened", async (t) => {
    for (const code of ["EMFILE", "ENFILE"]) {
      const error = Object.assign(new Error(`${code}: too many open files, open '/secret'`), { code });
      const server = await TestServer.start((_, response) => sendError(response, error));
      t.after(() => server.close());
      const answer = await ask(server.port, "GET", "/");
      assert.deepEqual([answer.status, answer.headers["retry-after"]], [503, "10"]);
      assert.equal((answer.json["error"] as { code: string }).code, "OUT_OF_FILES");
      assert.doesNotMatch(answer.text, /secret/);
    }
  });

  it("breaks off a reply that has started, so that no client takes it for complete", async (t) => {
    const server = await TestServer.start((_, response) => {
      response.write("half");
      sendError(response, new Error("x"));
    });
    t.after(() => server.close());
    const client = new RawClient(server.port).get("/");
    assert.doesNotMatch(await client.closed(), /\r\n0\r\n\r\n$/);
  });
});
