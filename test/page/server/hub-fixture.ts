import { StreamHub } from "../../../dist/page/server/stream-hub.js";
import { FakeSource } from "./fake-source.js";
import type { HubMessage, HubPort, TabMessage } from "../../../dist/page/server/hub-protocol.js";

/** Both ends of a `MessageChannel`, without its delays. */
export class FakeChannel {
  readonly tab: FakePort<TabMessage, HubMessage> = new FakePort();
  readonly hub: FakePort<HubMessage, TabMessage> = new FakePort();

  constructor() {
    this.tab.connect((message) => this.hub.deliver(message));
    this.hub.connect((message) => this.tab.deliver(message));
  }
}

class FakePort<Sent, Received> implements HubPort<Sent, Received> {
  isClosed = false;
  #listener: ((event: { readonly data: Received }) => void) | undefined;
  #send: (message: Sent) => void = () => undefined;
  /** The messages before `start`. */
  #queue: Received[] | undefined = [];

  connect(send: (message: Sent) => void): void {
    this.#send = send;
  }

  deliver(data: Received): void {
    if (this.isClosed) return;
    if (this.#queue === undefined) this.#listener?.({ data });
    else this.#queue.push(data);
  }

  postMessage(message: Sent): void {
    if (!this.isClosed) this.#send(structuredClone(message));
  }

  addEventListener(_: "message", listener: (event: { readonly data: Received }) => void): void {
    this.#listener = listener;
  }

  start(): void {
    const queue = this.#queue ?? [];
    this.#queue = undefined;
    for (const data of queue) this.#listener?.({ data });
  }

  close(): void {
    this.isClosed = true;
  }
}

/** A hub, the sources that it has opened, and tabs. */
export class HubFixture {
  readonly sources: FakeSource[] = [];
  readonly hub: StreamHub = new StreamHub((url) => {
    const source = new FakeSource(url);
    this.sources.push(source);
    return source;
  });

  /** The addresses of the sources that are not closed. */
  get urls(): string[] {
    return this.sources.filter(({ readyState }) => readyState !== 2).map(({ url }) => url);
  }

  /** The latest source. */
  get last(): FakeSource {
    const source = this.sources.at(-1);
    if (source === undefined) throw new Error("the hub has opened no source");
    return source;
  }

  /** Adds a tab. */
  tab(): TabFixture {
    return new TabFixture(this.hub);
  }
}

/** A tab as the hub sees it. It answers each `ping`. */
export class TabFixture {
  /** The messages that the tab received, as text, without pings. */
  readonly seen: string[] = [];
  readonly #port: FakePort<TabMessage, HubMessage>;
  isAlive = true;

  constructor(hub: StreamHub) {
    const channel = new FakeChannel();
    this.#port = channel.tab;
    this.#port.addEventListener("message", ({ data }) => this.#receive(data));
    this.#port.start();
    hub.serve(channel.hub);
  }

  /** Opens a source for the lines of a build. */
  open(source: number, path: string, lastEventId = "", isComplete = true): void {
    this.send({ type: "open", source, request: { path, types: ["line", "gap"], isComplete, lastEventId } });
  }

  send(message: TabMessage): void {
    this.#port.postMessage(message);
  }

  #receive(message: HubMessage): void {
    if (message.type === "ping") {
      if (this.isAlive) this.send({ type: "pong" });
    } else if (message.type === "events") {
      for (const { type, data } of message.events) this.seen.push(`${message.source} ${type} ${data}`);
    } else if (message.type === "failed") {
      this.seen.push(`${message.source} ${message.isClosed ? "closed" : "failed"}`);
    } else {
      this.seen.push(`${message.source} ${message.type}`);
    }
  }
}
