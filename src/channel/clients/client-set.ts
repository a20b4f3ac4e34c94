import { performance } from "node:perf_hooks";
import { encodeEvent } from "../../protocol/encode.ts";
import { formatSequenceId } from "../../protocol/sequence-id.ts";
import { CatchUp } from "./catch-up.ts";
import { EncodedBytes } from "../log/encoded-bytes.ts";
import { Client } from "./client.ts";
import { encodeGap, epochGap, gapBefore, skipGap } from "../log/gap.ts";
import { jittered } from "./jitter.ts";
import { DEFAULT_RETRY } from "../settings.ts";
import { Replay } from "../history/history-replay.ts";
import { TimeBudget } from "./time-budget.ts";
import { UnseenIds } from "../log/unseen-ids.ts";
import { Supervisor } from "./supervisor.ts";
import type { ClientHost, ClientInit, CloseReason } from "./client.ts";
import type { Connection, ConnectionListener } from "../connections/connection.ts";
import type { Gap, GapReason } from "../log/gap.ts";
import type { HistoryPiece } from "../history/history.ts";
import type { EventLog, Position } from "../log/event-log.ts";
import type { ChannelSettings } from "../settings.ts";

/**
 * The number of bytes that a client receives before it is the turn of other clients. A client may receive one more
 * segment than that.
 */
const SLICE_BYTES = 64 * 1024;

/**
 * The share of the time for writing to clients in a channel with a history, and the longest burst in milliseconds. The
 * publisher waits for the history; it must not wait for hundreds of clients as well.
 */
const CLIENTS_SHARE = 0.25;
const CLIENTS_BURST = 10;

/** The object that receives reports about the clients. */
export interface ClientSetListener {
  /** Called when a client was accepted. */
  onJoin(client: Client): void;
  onGap(client: Client, gap: Gap): void;
  /** Called when a client did not read for `stallTimeout` and was dropped. */
  onStall(client: Client): void;
  /** Called when a client's connection is over. */
  onLeave(client: Client): void;
  /** Called when the store cannot be read, or one of its readers cannot be closed. */
  onStoreFailure(error: unknown): void;
}

/** The clients that follow a log. It sends them events, supervises their connections and maintains counters. */
export class ClientSet implements ClientHost {
  readonly clients: Set<Client> = new Set();
  /** `undefined` without a shared log. */
  readonly unseenIds: UnseenIds | undefined;
  readonly #log: EventLog;
  readonly #catchUp: CatchUp;
  readonly #replay: Replay | undefined;
  /** Pieces of the store, encoded for all clients that need them at about the same time. */
  readonly #encoded = new WeakMap<HistoryPiece, EncodedBytes>();
  /** `undefined` without a history: the time for writing to clients is then not limited. */
  readonly #timeBudget: TimeBudget | undefined;
  readonly #supervisor: Supervisor<Client>;
  readonly #listener: ClientSetListener;

  /** Events delivered so far, counted once for each client, and gaps reported. */
  delivered = 0;
  gaps = 0;
  readonly closed: Record<CloseReason, number> = { left: 0, stalled: 0, aged: 0, ended: 0, closed: 0, dismissed: 0 };

  constructor(log: EventLog, settings: ChannelSettings, listener: ClientSetListener) {
    this.#log = log;
    this.#listener = listener;
    this.#timeBudget = settings.history && new TimeBudget(CLIENTS_SHARE, CLIENTS_BURST);
    this.#catchUp = new CatchUp(
      settings.maxCatchUps,
      (client) => this.advance(client),
      () => this.#wait(),
    );
    this.#replay =
      settings.store &&
      new Replay(settings.store, settings.maxCatchUps, {
        onPiece: (client, piece) => this.#sendPiece(client, piece),
        onLoss: (client, error) => this.#handleLoss(client, error),
        onUnavailable: (error) => this.#listener.onStoreFailure(error),
        onCloseFailure: (error) => this.#listener.onStoreFailure(error),
      });
    this.unseenIds = settings.log && new UnseenIds(settings.log, log, (error) => this.#listener.onStoreFailure(error));
    this.#supervisor = new Supervisor(this.clients, settings, new EncodedBytes(settings.heartbeatText), {
      onStall: (client) => {
        client.destroy("stalled");
        this.#listener.onStall(client);
      },
      onAge: (client) => client.end("aged", farewell(settings.retry ?? DEFAULT_RETRY), "connection"),
    });
  }

  /**
   * The number of clients that have not read all sent bytes, the number to which missed events are being sent, and the
   * number of events that were not yet sent to the slowest client.
   */
  get delays(): { blocked: number; catchingUp: number; lag: number } {
    const { end } = this.#log;
    let blocked = 0;
    let lag = 0;
    for (const { connection, next } of this.clients) {
      if (connection.isBlocked) blocked++;
      if (end - next > lag) lag = end - next;
    }
    return { blocked, catchingUp: this.#catchUp.size + (this.#replay?.size ?? 0), lag };
  }

  /** Adds a client and sends it the events from its position onwards. */
  join(
    start: Omit<ClientInit, "expiresAt">,
    gap: Gap | undefined,
    open: (listener: ConnectionListener) => Connection,
  ): Client {
    const client = new Client(this, { ...start, expiresAt: this.#supervisor.expiry() }, open);
    this.clients.add(client);
    this.#supervisor.start();
    this.#listener.onJoin(client);
    if (gap !== undefined) this.#sendGap(client, gap, client.lastWriteAt);
    if (client.next === Infinity) {
      this.unseenIds?.add(client, client.lastEventId, (position) => this.#locate(client, position));
    }
    this.advance(client);
    return client;
  }

  /** Moves every client to the oldest event of the log, whose epoch has changed. `advanceAll` must follow. */
  leaveEpoch(epoch: string): void {
    for (const client of this.clients) {
      this.#replay?.forget(client);
      if (client.next === Infinity) continue;
      // A client that could not receive an earlier gap still has the id of that gap.
      const lastEventId = client.gap?.lastEventId ?? formatSequenceId(epoch, client.next - 1);
      this.#restart(client, epochGap(lastEventId));
    }
  }

  /** Sends each client the events up to the end of the log. */
  advanceAll(now: number = performance.now()): void {
    const isAnyoneBehind = this.#catchUp.size > 0;
    for (const client of this.clients) {
      // Clients that are catching up receive their events in their own turns.
      if (isAnyoneBehind && this.#catchUp.has(client)) continue;
      // With a time budget, clients that already wait go first.
      if (isAnyoneBehind && this.#timeBudget !== undefined) this.#catchUp.add(client);
      else this.advance(client, now);
    }
  }

  /**
   * Sends events to a client, from its cursor to the end of the log, until its socket is full. All events reach clients
   * through this function.
   */
  advance(client: Client, now: number = performance.now()): void {
    // Most channels have no time budget. Reading the clock for each client would add a tenth to the cost.
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
    return this.#log.isComplete ? 0 : (this.#timeBudget?.wait() ?? 0);
  }

  #advance(client: Client, now: number): void {
    if (client.gap !== undefined && !this.#sendWaitingGap(client, client.gap, now)) return;
    let budget = SLICE_BYTES;
    while (client.next < this.#log.end && !client.connection.isBlocked && !client.connection.isEnded) {
      if (budget <= 0) {
        this.#catchUp.add(client);
        return;
      }
      if (client.next < this.#log.start) {
        if (this.#replay !== undefined) {
          // After a change of the epoch, which will be reported, the store has other events.
          if (!this.#log.isOutdated) this.#replay.request(client);
          return;
        }
        this.#skip(client, "lagged", now);
      } else {
        const segment = this.#log.segmentAt(client.next);
        const bytes = segment.bytesFrom(client.next);
        client.write(bytes, now);
        this.delivered += segment.next - client.next;
        client.next = segment.next;
        budget -= bytes.byteLength;
      }
    }
    if (this.#log.isComplete && client.next === this.#log.end) client.end("ended");
  }

  /** Removes a client whose connection is over. */
  forget(client: Client): void {
    this.clients.delete(client);
    this.#catchUp.delete(client);
    this.#replay?.forget(client);
    this.unseenIds?.delete(client);
    this.closed[client.closeReason]++;
    if (this.clients.size === 0) this.#supervisor.stop();
    this.#listener.onLeave(client);
  }

  /** Ends every stream and its connection; each client receives a time between `retry` and twice that. */
  endAll(retry: number): void {
    for (const client of this.clients) client.end("closed", farewell(retry), "connection");
  }

  /** Drops every connection. */
  dropAll(): void {
    for (const client of this.clients) client.destroy("closed");
  }

  /** Continues with a client whose id was unseen. */
  #locate(client: Client, position: Position | undefined): void {
    if (position?.kind === "gap") {
      this.#restart(client, { lastEventId: client.lastEventId, reason: position.reason, missed: position.missed });
    } else if (position?.kind === "exact") {
      client.next = position.next;
    }
    this.advance(client);
  }

  /** Moves a client to the oldest event. It receives the gap when it can receive bytes. */
  #restart(client: Client, gap: Gap): void {
    client.gap = gap;
    client.next = this.#log.oldest;
  }

  /** Returns whether the client can receive more bytes. */
  #sendWaitingGap(client: Client, gap: Gap, now: number): boolean {
    if (client.connection.isBlocked || client.connection.isEnded) return false;
    client.gap = undefined;
    client.next = this.#log.oldest;
    this.#sendGap(client, gapBefore(client.next, gap), now);
    return true;
  }

  #handleLoss(client: Client, error: unknown): void {
    this.#listener.onStoreFailure(error);
    this.#replay?.forget(client);
    // After a change of the epoch, which will be reported, the client receives another gap.
    if (this.#log.isOutdated) return;
    this.#skip(client, "evicted", performance.now());
    this.advance(client);
  }

  /** Sends a client a piece of the store. */
  #sendPiece(client: Client, piece: HistoryPiece): void {
    if (client.connection.isEnded) return;
    const { next } = piece;
    const now = performance.now();
    client.write(this.#encode(piece), now);
    this.#timeBudget?.note(now);
    this.delivered += next - client.next;
    client.next = next;
    if (next >= this.#log.start) this.#replay?.forget(client);
    // Send one piece in each turn, so that clients stay at about the same position and share pieces.
    if (this.#log.isComplete) this.advance(client, now);
    else this.#catchUp.add(client);
  }

  #encode(piece: HistoryPiece): EncodedBytes {
    const known = this.#encoded.get(piece);
    if (known !== undefined) return known;
    const bytes = new EncodedBytes(piece.bytes);
    this.#encoded.set(piece, bytes);
    return bytes;
  }

  /** Handles the loss of a client's next event: the client receives a gap and continues with the oldest kept event. */
  #skip(client: Client, reason: GapReason, now: number): void {
    const { gap, to } = skipGap(this.#log, client.next, reason);
    client.next = to;
    this.#sendGap(client, gap, now);
  }

  #sendGap(client: Client, gap: Gap, now: number): void {
    this.gaps++;
    client.write(new EncodedBytes(encodeGap(this.#log.epoch, gap, client.next)), now);
    this.#listener.onGap(client, gap);
  }
}

/** The last bytes of a stream whose client should reconnect after a random time. */
function farewell(retry: number): EncodedBytes {
  return new EncodedBytes(encodeEvent({ retry: jittered(retry) }));
}
