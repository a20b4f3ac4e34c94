import assert from "node:assert/strict";
import { get } from "node:http";
import { describe, it } from "node:test";
import { sendEventStream } from "../../../dist/channel/open-event-stream.js";
import { respondEventStream } from "../../../dist/channel/respond-event-stream.js";
import { TestServer, ask } from "../../support/http.js";
import type { StreamProducer } from "../../../dist/channel/stream-producer.js";

/** The number of events after which a source gives up. Sending them takes several seconds. */
const LIMIT = 200_000;

/** Functions that make events without a pause until `isDone`, and count them. */
function endless(isDone: () => boolean): { producers: Record<string, StreamProducer>; sent: () => number } {
  let sent = 0;
  function* tokens(): Generator<string> {
    for (; !isDone() && sent < LIMIT; sent++) yield "token";
  }
  const producers: Record<string, StreamProducer> = {
    iterable: tokens,
    asyncIterable: async function* () {
      yield* tokens();
    },
    callback: async (stream) => {
      for (const token of tokens()) await stream.send(token);
    },
  };
  return { producers, sent: () => sent };
}

describe("A source without pauses", () => {
  for (const kind of ["iterable", "asyncIterable", "callback"]) {
    it(`leaves time for other requests (${kind})`, async (t) => {
      let isAnswered = false;
      const { producers, sent } = endless(() => isAnswered);
      const server = await TestServer.start((request, response) => {
        if (request.url === "/other") response.end("other");
        else sendEventStream(request, response, producers[kind] as StreamProducer).catch(() => undefined);
      });
      t.after(() => server.close());
      await new Promise<void>((resolve, reject) => {
        get({ port: server.port }, (response) => {
          response.resume().on("end", resolve).on("error", reject);
          void ask(server.port, "GET", "/other").then(() => (isAnswered = true));
        }).on("error", reject);
      });
      assert.ok(sent() < LIMIT, "the other request was answered while the source was read");
    });

    it(`leaves time for timers while the body of a Response is read (${kind})`, async () => {
      let turns = 0;
      const { producers, sent } = endless(() => turns >= 3);
      const response = respondEventStream(new Request("http://localhost/"), producers[kind] as StreamProducer);
      const timer = setInterval(() => turns++, 1);
      const reader = response.body?.getReader();
      while ((await reader?.read())?.done === false);
      clearInterval(timer);
      assert.ok(sent() < LIMIT, "timers ran while the source was read");
    });
  }
});
