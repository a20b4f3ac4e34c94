import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { Round } from "./scenario.js";

/** Clients in another thread that all keep up; see `fleet-worker.ts`. They leave with the round. */
export class Fleet {
  readonly #worker: Worker;
  #reached = 0;

  constructor(round: Round, port: number, count: number) {
    this.#worker = new Worker(new URL("./fleet-worker.js", import.meta.url), { workerData: { port, count } });
    this.#worker.on("error", (error) => round.fail(error));
    this.#worker.on("message", ({ fault, reached }: { fault?: string; reached?: number }) => {
      if (fault !== undefined) round.fail(new Error(fault));
      this.#reached = reached ?? this.#reached;
    });
    round.after(() => this.#worker.terminate());
  }

  /** Resolves when every client has every event up to `last`. */
  async reached(last: number): Promise<void> {
    this.#worker.postMessage(last);
    while (this.#reached < last) await once(this.#worker, "message");
  }
}
