import assert from "node:assert/strict";
import { once } from "node:events";
import { connect as connectHttp2, createServer } from "node:http2";
import { connect } from "node:net";
import { describe, it } from "node:test";
import { replyKindOf } from "../../../dist/web/monitoring/sent-bytes.js";
import { start } from "../app.js";
import { scrape } from "../scrape.js";
import type { AddressInfo } from "node:net";
import type { LogEntry } from "../../../dist/web/monitoring/log-entry.js";

describe("replyKindOf()", () => {
  it("knows the routes of streams and of logs", () => {
    const routes = ["/api/log/push", "/api/builds/:id/events", "/api/builds/:id/log", "/api/builds", "other"];
    assert.deepEqual(routes.map(replyKindOf), ["stream", "stream", "log", "other", "other"]);
    assert.deepEqual(["/api/builds/:id/lines", "/api/builds/:id/outline"].map(replyKindOf), ["log", "log"]);
  });
});

describe("SentBytes", () => {
  it("counts the bytes of an HTTP/2 connection that broke, each byte once", async (t) => {
    const entries: LogEntry[] = [];
    let onEntry = (): void => undefined;
    const { port, app } = await start(t, { onLog: (entry) => (entries.push(entry), onEntry()) });
    const server = createServer((request, response) => {
      // The compat API of HTTP/2 has the members that the app uses.
      app.handle(...([request, response] as unknown as Parameters<typeof app.handle>));
    });
    t.after(() => server.close());
    await once(server.listen(0, "127.0.0.1"), "listening");
    const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
    const session = connectHttp2("http://localhost", { createConnection: () => socket });
    session.on("error", () => undefined);
    const open = async (path: string): Promise<void> => {
      const stream = session.request({ ":path": path, ":authority": "localhost" });
      stream.on("error", () => undefined);
      await once(stream.resume(), "data");
    };
    await open("/healthz");
    await Promise.all([open("/api/log/push"), open("/api/log/push")]);
    const read = socket.bytesRead;
    socket.destroy();
    const over = (path: string): readonly LogEntry[] => entries.filter(({ fields }) => fields["path"] === path);
    while (over("/api/log/push").length < 2) await new Promise<void>((resolve) => (onEntry = resolve));
    const { values } = await scrape(port);
    const [streams = NaN, others = NaN] = ["stream", "other"].map((kind) => {
      return values.get(`tailcast_sent_bytes_total{kind="${kind}"}`);
    });
    assert.ok(streams > 0 && others > 0, `${streams} and ${others} bytes`);
    // Beside the replies, a connection of HTTP/2 has frames of its own before the first one and after the last one.
    assert.ok(Math.abs(streams + others - read) < 100, `counted ${streams + others} of ${read} bytes`);
    assert.ok(over("/healthz").every(({ fields }) => Number(fields["bytes"]) > 100));
  });
});
