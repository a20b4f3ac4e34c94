/** A client that moves from server to server with its last event id. */
import { get } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { EventStreamDecoder } from "../../../dist/protocol/index.js";

export class Client {
  #name;
  #ports;
  #random;
  #ledger;
  #decoder = new EventStreamDecoder();
  #last = "";
  #isOver = false;
  #leave = () => undefined;
  #finished;

  /**
   * @param {string} name - Its name in problems.
   * @param {number[]} ports - The ports of the servers.
   * @param {(limit: number) => number} random - The random numbers of the round.
   * @param {import("./ledger.mjs").Ledger} ledger - Receives its events.
   */
  constructor(name, ports, random, ledger) {
    this.#name = name;
    this.#ports = ports;
    this.#random = random;
    this.#ledger = ledger;
    this.#finished = this.#run();
  }

  get last() {
    return this.#last;
  }

  async close() {
    this.#isOver = true;
    this.#leave();
    await this.#finished;
  }

  async #run() {
    while (!this.#isOver) {
      await this.#connect(this.#ports[this.#random(this.#ports.length)], 200 + this.#random(2500));
      this.#decoder.end();
      await delay(this.#random(30));
    }
  }

  /** Reads from one server until it ends the stream, or for a time. */
  #connect(port, time) {
    this.#ledger.counts.connections++;
    const headers = this.#last === "" ? {} : { "Last-Event-ID": this.#last };
    return new Promise((resolve) => {
      const request = get({ port, host: "127.0.0.1", headers, agent: false });
      const leave = () => {
        clearTimeout(timer);
        request.destroy();
        resolve();
      };
      const timer = setTimeout(leave, time);
      this.#leave = leave;
      request.on("error", leave).on("close", leave);
      request.on("response", (response) => {
        if (response.statusCode !== 200) this.#ledger.problem(`${this.#name}: status ${response.statusCode}`);
        response.on("error", leave).on("end", leave).on("data", (bytes) => this.#read(bytes));
      });
    });
  }

  #read(bytes) {
    for (const event of this.#decoder.decode(bytes)) {
      this.#ledger.onEvent(this.#name, this.#last, event);
      this.#last = event.lastEventId;
    }
  }
}
