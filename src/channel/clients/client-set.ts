import { performance } from "node:perf_hooks";
import { encodeEvent } from "../../protocol/encode.ts";
import { CatchUp } from "./catch-up.ts";
import { EncodedBytes } from "../log/encoded-bytes.ts";
import { Client } from "./client.ts";
import { encodeGap, skipGap } from "../log/gap.ts";
import { jittered } from "./jitter.ts";
import { DEFAULT_RETRY } from "../options.ts";
import { Replay } from "../history/history-replay.ts";
import { TimeBudget } from "./time-budget.ts";
import { Supervisor } from "./supervisor.ts";
import type { ClientHost, ClientStart, CloseReason } from "./client.ts";
import type { Connection, ConnectionListener } from "../connections/connection.ts";
import type { Gap, GapReason } from "../log/gap.ts";
import type { HistoryPiece } from "../history/history.ts";
import type { EventLog } from "../log/event-log.ts";
import type { ChannelSettings } from "../options.ts";

/** How much a client is sent at most before others get their turn. A segment may exceed it by its own size. */
const SLICE_BYTES = 64 * 1024;

/**
 * What part of the time goes into writing to clients while a history is being written, and for how many milliseconds at
 * most at once. Whoever publishes waits for the history; for hundreds of clients it shall not wait, too.
 */
const CLIENTS_SHARE = 0.25;
const CLIENTS_BURST = 10;

/** Who is told what happens to the clients. */
export interface AudienceListener {
  onGap(client: Client, gap: Gap): void;
  /** It took nothing for too long, and was dropped. */
  onStall(client: Client): void;
  /** Its connection is over. */
  onLeave(client: Client): void;
  /** The history could not be read. */
  onHistoryFailure(error: unknown): void;
}

/** Everyone who follows a log: brings them up to date, watches over their connections, and counts. */
export class ClientSet implements ClientHost {
  readonly clients: Set<Client> = new Set();
  readonly #log: EventLog;
  readonly #catchUp: CatchUp;
  readonly #replay: Replay | undefined;
  /** What was read from the history, as it is sent to all who need it at about the same time. */
  readonly #chunks = new WeakMap<HistoryPiece, EncodedBytes>();
  /** None: clients take what time they need. */
  readonly #timeBudget: TimeBudget | undefined;
  readonly #supervisor: Supervisor<Client>;
  readonly #listener: AudienceListener;

  /** Events delivered so far, counted once for each client, and gaps told. */
  delivered = 0;
  gaps = 0;
  readonly closed: Record<CloseReason, number> = { left: 0, stalled: 0, aged: 0, ended: 0, closed: 0, dismissed: 0 };
  /** Whether everyone who has all of the log is to go. */
  isLogComplete = false;

  constructor(log: EventLog, settings: ChannelSettings, listener: AudienceListener) {
    this.#log = log;
    this.#listener = listener;
    this.#timeBudget = settings.history && new TimeBudget(CLIENTS_SHARE, CLIENTS_BURST);
    this.#catchUp = new CatchUp(
      settings.maxCatchUps,
      (client) => this.advance(client),
      () => this.#wait(),
    );
    this.#replay =
      settings.history &&
      new Replay(settings.history, settings.maxCatchUps, {
        onPiece: (client, piece) => this.#sendPiece(client, piece),
        onLoss: (client, error) => {
          this.#listener.onHistoryFailure(error);
          this.#replay?.forget(client);
          this.#skip(client, "evicted", performance.now());
          this.advance(client);
        },
      });
    this.#supervisor = new Supervisor(this.clients, settings, new EncodedBytes(settings.heartbeatText), {
      onStall: (client) => {
        client.destroy("stalled");
        this.#listener.onStall(client);
      },
      onAge: (client) => client.end("aged", farewell(settings.retry)),
    });
  }

  /** How many clients do not take what they were sent, and how many are being sent what they missed. */
  get lag(): { blocked: number; catchingUp: number } {
    let blocked = 0;
    for (const client of this.clients) if (client.connection.isBlocked) blocked++;
    return { blocked, catchingUp: this.#catchUp.size + (this.#replay?.size ?? 0) };
  }

  /** Lets a client in and sends it what there is for it. */
  join(
    start: Omit<ClientStart, "expiresAt">,
    gap: Gap | undefined,
    open: (listener: ConnectionListener) => Connection,
  ): Client {
    const client = new Client(this, { ...start, expiresAt: this.#supervisor.expiry() }, open);
    this.clients.add(client);
    this.#supervisor.start();
    if (gap !== undefined) this.#tellGap(client, gap, client.lastWriteAt);
    this.advance(client);
    return client;
  }

  /** Brings everyone up to the end of the log. */
  advanceAll(now: number = performance.now()): void {
    const isAnyoneBehind = this.#catchUp.size > 0;
    for (const client of this.clients) {
      // One that catches up has its own turns.
      if (isAnyoneBehind && this.#catchUp.has(client)) continue;
      // Where time is short, nobody goes before those who wait already.
      if (isAnyoneBehind && this.#timeBudget !== undefined) this.#catchUp.add(client);
      else this.advance(client, now);
    }
  }

  /** The one way events reach a client: from its cursor to the end of the log, for as long as its socket takes them. */
  advance(client: Client, now: number = performance.now()): void {
    // Most channels have none, and to look at the clock for each client would cost a tenth of what they cost.
    if (this.#timeBudget === undefined) {
      this.#advance(client, now);
    } else if (client.next < this.#log.end && this.#wait() > 0) {
      this.#catchUp.add(client);
    } else {
      const start = performance.now();
      this.#advance(client, now);
      this.#timeBudget.note(start);
    }
  }

  #wait(): number {
    return this.isLogComplete ? 0 : (this.#timeBudget?.wait() ?? 0);
  }

  #advance(client: Client, now: number): void {
    let budget = SLICE_BYTES;
    while (client.next < this.#log.end && !client.connection.isBlocked && !client.connection.isEnded) {
      if (budget <= 0) {
        this.#catchUp.add(client);
        return;
      }
      if (client.next < this.#log.start) {
        if (this.#replay !== undefined) {
          this.#replay.request(client);
          return;
        }
        this.#skip(client, "lagged", now);
      } else {
        const segment = this.#log.segmentAt(client.next);
        const chunk = segment.chunkFrom(client.next);
        client.write(chunk, now);
        this.delivered += segment.next - client.next;
        client.next = segment.next;
        budget -= chunk.byteLength;
      }
    }
    if (this.isLogComplete && client.next === this.#log.end) client.end("ended");
  }

  /** A client's connection is over. */
  forget(client: Client): void {
    this.clients.delete(client);
    this.#catchUp.delete(client);
    this.#replay?.forget(client);
    this.closed[client.closeReason]++;
    if (this.clients.size === 0) this.#supervisor.stop();
    this.#listener.onLeave(client);
  }

  /** Ends every stream; each client is told a time between `retry` and twice that. */
  dismissAll(retry: number | null): void {
    for (const client of this.clients) client.end("closed", farewell(retry));
  }

  /** Drops every connection. */
  dropAll(): void {
    for (const client of this.clients) client.destroy("closed");
  }

  /** Sends a client what was read for it from the history. */
  #sendPiece(client: Client, piece: HistoryPiece): void {
    if (client.connection.isEnded) return;
    const { next } = piece;
    const now = performance.now();
    client.write(this.#chunkOf(piece), now);
    this.#timeBudget?.note(now);
    this.delivered += next - client.next;
    client.next = next;
    if (next >= this.#log.start) this.#replay?.forget(client);
    // One piece in a turn: so all stay near each other, and need the same pieces at the same time.
    if (this.isLogComplete) this.advance(client, now);
    else this.#catchUp.add(client);
  }

  #chunkOf(piece: HistoryPiece): EncodedBytes {
    const known = this.#chunks.get(piece);
    if (known !== undefined) return known;
    const chunk = new EncodedBytes(piece.bytes);
    this.#chunks.set(piece, chunk);
    return chunk;
  }

  /** What a client needs cannot be had any more: it is told, and goes on with the oldest event that can. */
  #skip(client: Client, reason: GapReason, now: number): void {
    const { gap, to } = skipGap(this.#log, client.next, reason);
    client.next = to;
    this.#tellGap(client, gap, now);
  }

  #tellGap(client: Client, gap: Gap, now: number): void {
    this.gaps++;
    client.write(new EncodedBytes(encodeGap(this.#log.epoch, gap, client.next)), now);
    this.#listener.onGap(client, gap);
  }
}

/** The last bytes of a stream whose client should come back, though not at the same moment as all the others. */
function farewell(retry: number | null): EncodedBytes {
  return new EncodedBytes(encodeEvent({ retry: jittered(retry ?? DEFAULT_RETRY) }));
}
