/** Every way in which a request can end gives its places back, for every form of address behind a trusted proxy. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect as connectHttp2, createServer } from "node:http2";
import { connect } from "node:net";
import { describe, it } from "node:test";
import { addressKey } from "../../dist/http/address-key.js";
import { RawClient, ask } from "../support/http.js";
import { build, buildIn, start } from "./app.js";
import { scrape } from "./scrape.js";
import type { ClientHttp2Stream } from "node:http2";
import type { AddressInfo, Socket } from "node:net";
import type { TestContext } from "node:test";
import type { Setup } from "./app.js";

/** A server with a running build, on which each address has one place under every limit. */
interface Scene extends Setup {
  readonly http2Port: number;
  readonly buildId: string;
  /** Resolves when this number of requests of a person are over. */
  readonly overOf: (person: string, count: number) => Promise<void>;
}

/** A request of one address. */
interface Attempt extends Scene {
  readonly address: string;
  /** Checks that the address has no second place; called while the request is under way. */
  readonly held: () => Promise<void>;
  /** Says that the channel refuses a request of this attempt. */
  readonly isRefused: () => void;
  /** Resolves when this number of requests are over, without those of `held`. */
  readonly over: (count: number) => Promise<void>;
}

/** Ends requests of the address, and returns how many there were. */
type Way = (attempt: Attempt) => Promise<number | void>;

async function openScene(t: TestContext): Promise<Scene> {
  const ends: unknown[] = [];
  let onEnd = (): void => undefined;
  const setup = await start(t, {
    trustProxy: 1,
    maxRequestsPerAddress: 1,
    maxClientsPerAddress: 1,
    onLog: ({ event, fields }) => {
      if (event !== "request") return;
      ends.push(addressKey(String(fields["address"])));
      onEnd();
    },
  });
  const overOf = async (person: string, count: number): Promise<void> => {
    while (ends.filter((end) => end === person).length < count) await new Promise<void>((done) => (onEnd = done));
  };
  const { id: buildId } = buildIn(await build(setup.port, "project", from("198.51.100.1")));
  await setup.stage.actor("build");
  const server = createServer((request, response) => {
    // The compat API of HTTP/2 has the members that the app uses.
    const [incoming, outgoing] = [request, response] as unknown as Parameters<typeof setup.app.handle>;
    setup.app.handle(incoming, outgoing);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  return { ...setup, buildId, http2Port: (server.address() as AddressInfo).port, overOf };
}

let strangers = 0;

/** An address that has made no request yet. */
function stranger(): Record<string, string> {
  strangers++;
  return from(`203.0.113.${strangers % 256}`);
}

function from(address: string): Record<string, string> {
  return { "X-Forwarded-For": address };
}

/** Sends a request on a connection of its own, or on that of another client. */
function send(attempt: Attempt, line: string, headers: readonly string[] = [], client?: RawClient): RawClient {
  const raw = client ?? new RawClient(attempt.port);
  return raw.send(`${line} HTTP/1.1`, "Host: localhost", `X-Forwarded-For: ${attempt.address}`, ...headers);
}

/** Sends the head of a request for a build, whose body the server waits for. */
async function sendHead(attempt: Attempt, ...headers: readonly string[]): Promise<RawClient> {
  const common = ["Content-Type: application/json", "Expect: 100-continue"];
  const client = send(attempt, "POST /api/project/build", [...common, ...headers]);
  await client.until("100 Continue");
  await attempt.held();
  return client;
}

/** Follows a path over HTTP/2 until the head is there. */
async function followOverHttp2(
  { http2Port, address, held }: Attempt,
  path: string,
): Promise<{ readonly stream: ClientHttp2Stream; readonly socket: Socket }> {
  const socket = connect(http2Port, "127.0.0.1");
  const session = connectHttp2(`http://127.0.0.1:${http2Port}`, { createConnection: () => socket });
  session.on("error", () => undefined);
  const stream = session.request({ ":path": path, "x-forwarded-for": address });
  stream.on("error", () => undefined);
  stream.resume();
  await once(stream, "response");
  await held();
  return { stream, socket };
}

/** The address of a request before others in a pipeline. */
const FIRST = "198.51.100.2";

const streams: Readonly<Record<string, (attempt: Attempt) => string>> = {
  "the feed": () => "/api/log/push",
  "the stream of a build": ({ buildId }) => `/api/builds/${buildId}/events`,
  "a log as text": ({ buildId }) => `/api/builds/${buildId}/log`,
};

const WAYS: Record<string, Way> = {
  "a reply that is complete": async (attempt) => {
    const reply = await ask(attempt.port, "GET", "/api/builds", { headers: from(attempt.address) });
    assert.equal(reply.status, 200);
  },
  "a reply on a connection that stays open": async (attempt) => {
    const client = send(attempt, "GET /healthz");
    await client.until("ok");
    await attempt.over(1);
    client.socket.destroy();
  },
  "an error reply": async (attempt) => {
    const { port, address, over } = attempt;
    const headers = { ...from(address), "Content-Type": "application/json" };
    const large = { headers, body: "x".repeat(70_000) };
    const errors = [
      () => ask(port, "GET", "/nowhere", { headers }),
      () => ask(port, "DELETE", "/api/builds", { headers }),
      () => ask(port, "POST", "/api/project/build", large),
      () => ask(port, "GET", "/api/builds", { headers: { ...headers, Host: "evil.example" } }),
    ];
    const statuses: number[] = [];
    for (const request of errors) {
      statuses.push((await request()).status);
      await over(statuses.length);
    }
    assert.deepEqual(statuses, [404, 405, 413, 403]);
    return statuses.length;
  },
  "a client that leaves before the head, while its body is read": async (attempt) => {
    const client = await sendHead(attempt, "Content-Length: 100");
    client.socket.destroy();
  },
  "a client that resets its connection before the head": async (attempt) => {
    const client = await sendHead(attempt, "Content-Length: 100");
    client.socket.resetAndDestroy();
  },
  "a body that is not HTTP": async (attempt) => {
    const client = await sendHead(attempt, "Transfer-Encoding: chunked");
    client.socket.write("not a chunk\r\n");
    await client.closed();
  },
};

for (const [name, pathOf] of Object.entries(streams)) {
  Object.assign(WAYS, {
    [`HEAD of ${name}`]: async (attempt: Attempt) => {
      await ask(attempt.port, "HEAD", pathOf(attempt), { headers: from(attempt.address) });
    },
    [`a client that leaves ${name}`]: async (attempt: Attempt) => {
      const client = send(attempt, `GET ${pathOf(attempt)}`);
      await client.until("\r\n\r\n");
      await attempt.held();
      client.socket.destroy();
    },
    [`a pipeline that breaks while ${name} waits in it`]: async (attempt: Attempt) => {
      const client = send({ ...attempt, address: FIRST }, "GET /api/log/push");
      await client.until("200 OK");
      send(attempt, `GET ${pathOf(attempt)}`, [], client);
      // The two requests that are under way, and the scrape.
      while ((await scrape(attempt.port, stranger())).values.get("tailcast_requests_under_way") !== 3);
      await attempt.held();
      // A connection has one event stream. The refusal of the second one waits its turn.
      if (name !== "a log as text") attempt.isRefused();
      client.socket.destroy();
    },
    [`an HTTP/2 stream of ${name} that is reset`]: async (attempt: Attempt) => {
      const { stream, socket } = await followOverHttp2(attempt, pathOf(attempt));
      stream.close();
      await attempt.over(1);
      socket.destroy();
    },
    [`an HTTP/2 connection of ${name} that breaks`]: async (attempt: Attempt) => {
      const { socket } = await followOverHttp2(attempt, pathOf(attempt));
      socket.destroy();
    },
  } satisfies Record<string, Way>);
}

// The last way: it ends the build, and what follows an ended build ends at once.
WAYS["the end of the stream"] = async (attempt) => {
  const client = send(attempt, `GET /api/builds/${attempt.buildId}/events`);
  await client.until("retry: ");
  const { json } = await ask(attempt.port, "GET", `/api/builds/${attempt.buildId}`, {
    headers: stranger(),
  });
  if (json["status"] === "running") {
    await attempt.held();
    (await attempt.stage.actor("build")).tell({ action: "exit", code: 0 });
  }
  await client.until("event: end");
  await attempt.over(1);
  client.socket.destroy();
};

/** Forms of addresses, each with another form that counts as the same person. They differ with the number. */
function forms(number: number): readonly (readonly [address: string, sibling: string])[] {
  return [
    [`192.0.2.${2 * number}`, `::ffff:192.0.2.${2 * number}`],
    [`::ffff:192.0.2.${2 * number + 1}`, `192.0.2.${2 * number + 1}`],
    [`2001:db8:0:${number}::1`, `2001:db8:0:${number}:ffff::2`],
  ];
}

describe("BuildApp: places under the limits per address", () => {
  it("are given back", async (t) => {
    const scene = await openScene(t);
    let refusals = 0;
    let channelRefusals = 0;
    const isRefused = (): void => void channelRefusals++;
    for (const [number, [name, end]] of Object.entries(WAYS).entries()) {
      await t.test(`after ${name}`, async () => {
        for (const [address, sibling] of forms(number)) {
          const person = addressKey(address);
          let others = 0;
          const held = async (): Promise<void> => {
            const reply = await ask(scene.port, "GET", "/api/builds", { headers: from(sibling) });
            assert.deepEqual([reply.status, reply.headers["retry-after"]], [429, "10"], sibling);
            others++;
            refusals++;
          };
          const over = (count: number): Promise<void> => scene.overOf(person, others + count);
          const attempt = { ...scene, address, held, over, isRefused };
          const count = (await end(attempt)) ?? 1;
          await over(count);
          for (const pathOf of Object.values(streams)) {
            const client = new RawClient(scene.port).get(pathOf(attempt), [`X-Forwarded-For: ${sibling}`]);
            await client.until("\r\n\r\n");
            assert.match(client.head, /^HTTP\/1\.1 200 /);
            client.socket.destroy();
            others++;
            await over(count);
          }
        }
        const { values } = await scrape(scene.port, stranger());
        const read = (metric: string): number => values.get(`tailcast_${metric}`) ?? assert.fail(metric);
        assert.equal(read('requests_refused_total{reason="too-many-requests"}'), refusals);
        assert.equal(read('requests_refused_total{reason="too-many-clients"}'), channelRefusals);
        assert.equal(read("requests_under_way"), 1);
        const clients = ["feed", "build", "log"].map((stream) => read(`clients{stream="${stream}"}`));
        assert.deepEqual(clients, [0, 0, 0]);
      });
    }
  });
});
