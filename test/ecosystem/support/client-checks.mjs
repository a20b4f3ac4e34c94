import { setTimeout as delay } from "node:timers/promises";
import { Channel } from "../../../dist/index.js";
import { LOADERS } from "./clients.mjs";
import { openPage } from "./page-clients.mjs";
import { Seen } from "./seen.mjs";
import { until } from "./until.mjs";
import { WebServer } from "./web-server.mjs";

const PATH = "/events";

/** The longest time that a client takes to reconnect, in milliseconds: many have a default of 3 s. */
const PATIENT = 5000;

/** The time within which a client that repeats a refused request does so, in milliseconds. */
const REPEAT = 2500;

/** A channel whose server can answer with a status instead, and one client that follows it. */
export class Stage {
  channel;
  /** The requests: the place of their last event id (`header`, `query` or `none`), and their time. */
  requests = [];
  /** The status of the next answers, instead of the stream. */
  status;
  seen = new Seen();
  #web;
  #client;

  /** Starts the server, and opens the client. Resolves when the client has received a message. */
  static async open(t, client, context, options) {
    const stage = new Stage();
    stage.#client = client;
    stage.channel = new Channel({ methods: ["GET", "POST"], ...options });
    stage.#web = await WebServer.start(t, (request, response) => {
      const { pathname, searchParams } = new URL(request.url, "http://localhost");
      if (pathname !== PATH) return response.writeHead(404).end();
      const inQuery = searchParams.has("lastEventId") ? "query" : "none";
      const place = request.headers["last-event-id"] === undefined ? inQuery : "header";
      stage.requests.push({ place, time: performance.now() });
      if (stage.status === undefined) stage.channel.handle(request, response);
      else response.writeHead(stage.status).end();
    });
    await stage.#openClient(t, context);
    await until(() => stage.channel.clientCount === 1);
    stage.publish("first");
    await stage.seen.count(1);
    return stage;
  }

  async #openClient(t, context) {
    const { inPage, isReadFirst, name, open } = this.#client;
    const url = `${this.#web.url()}${PATH}`;
    if (!inPage) return open(t, { url, see: this.seen.add });
    const { page, seen } = await openPage(context, this.#web.url());
    t.after(() => page.close());
    this.seen = seen;
    if (!isReadFirst) await LOADERS[name]?.(page);
    await open(page, { url, path: PATH });
    if (isReadFirst) await LOADERS[name](page);
  }

  publish(text) {
    const { event = (text) => text } = this.#client;
    this.channel.publish(event(text));
  }

  /** Breaks every connection. */
  drop() {
    this.#web.drop();
  }

  /** Resolves with whether the client sends another request within a time. */
  async returns(time) {
    const { length } = this.requests;
    return within(time, () => this.requests.length > length);
  }
}

/** Resolves with whether a condition holds within a time. */
async function within(time, condition) {
  const end = performance.now() + time;
  while (!condition()) {
    if (performance.now() > end) return false;
    await delay(10);
  }
  return true;
}

/**
 * The checks of each client. Each returns the cell of the table, which is empty if the client does not reconnect.
 * Checks without options use the same stage, in their order, as long as the client reconnects.
 */
export const CLIENT_CHECKS = [
  {
    title: "lost connection",
    async check(stage) {
      stage.drop();
      stage.publish("second");
      if (!(await stage.returns(PATIENT))) return "stops";
      stage.publish("third");
      await within(PATIENT, () => stage.seen.items.includes("third"));
      const isWhole = stage.seen.items.join() === "first,second,third";
      return isWhole ? `resumes (${stage.requests.at(-1).place})` : "reconnects";
    },
  },
  {
    title: "`retry:`",
    options: { retry: 6000 },
    async check(slow, open) {
      const short = await open();
      const [slowDelay, shortDelay] = await Promise.all([slow, short].map(delayAfterDrop));
      if (slowDelay === Infinity) return "";
      // Clients add jitter of 30 %, or have a shortest time of a second. The machine may be slow.
      return slowDelay - shortDelay > 2000 ? "yes" : "no";
    },
  },
  {
    title: "end of the response",
    async check(stage) {
      for (const client of stage.channel.clients) client.close();
      return (await stage.returns(PATIENT)) ? "reconnects" : "stops";
    },
  },
  {
    title: "`gap`",
    async check(stage) {
      const { length } = stage.seen.items;
      stage.drop();
      for (const text of ["lost", "kept", "newest"]) stage.publish(text);
      if (!(await stage.returns(PATIENT))) return "";
      await within(PATIENT, () => stage.seen.items.includes("newest"));
      return stage.seen.items.slice(length).join() === "gap,kept,newest" ? "yes" : "ignored";
    },
  },
  { title: "204", check: (stage) => answer(stage, 204) },
  { title: "503", check: (stage) => answer(stage, 503) },
];

/** Does all checks of a client. Resolves with the cells of its row. */
export async function measure(t, client, context) {
  const open = (options = {}) => Stage.open(t, client, context, { retry: 50, capacity: 2, ...options });
  const isShared = ({ title, options }) => options === undefined && title !== "503";
  const shared = CLIENT_CHECKS.filter(isShared);
  const cells = new Map();
  const others = CLIENT_CHECKS.filter((row) => !isShared(row)).map(async ({ title, options, check }) => {
    cells.set(title, await check(await open(options), open));
  });
  let stage;
  for (const { title, check } of shared) {
    if (stage?.channel.clientCount !== 1) stage = await open();
    cells.set(title, await check(stage, open));
    await within(500, () => stage.channel.clientCount === 1);
  }
  await Promise.all(others);
  return CLIENT_CHECKS.map(({ title }) => cells.get(title));
}

/** Breaks the connection. Resolves with the time until the client reconnects, or with `Infinity`. */
async function delayAfterDrop(stage) {
  const droppedAt = performance.now();
  stage.drop();
  return (await stage.returns(2 * PATIENT)) ? stage.requests.at(-1).time - droppedAt : Infinity;
}

/** Answers a client that reconnects with a status. Resolves with whether it then asks again. */
async function answer(stage, status) {
  stage.status = status;
  stage.drop();
  if (!(await stage.returns(PATIENT))) return "";
  return (await stage.returns(REPEAT)) ? "asks again" : "stops";
}
