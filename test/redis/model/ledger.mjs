/** Compares the streams of all clients, the results of all publications and the log. */

/** Splits `<epoch>-<sequence>`. */
export function readId(id) {
  const hyphen = id.lastIndexOf("-");
  return { epoch: id.slice(0, hyphen), sequence: Number(id.slice(hyphen + 1)) };
}

export class Ledger {
  /** The data of each id, as the first process or client has reported it. */
  #known = new Map();
  /** The ids of each data. */
  #places = new Map();
  #acknowledged = new Map();
  #refused = new Map();
  problems = [];
  counts = { events: 0, acknowledged: 0, LOG_UNAVAILABLE: 0, LOG_TIMEOUT: 0, gaps: 0, connections: 0 };

  /** A publisher has received the id of its event, or an error with this code. */
  onFate(data, fate, message) {
    if (fate === "LOG_UNAVAILABLE" || fate === "LOG_TIMEOUT") {
      this.counts[fate]++;
      if (fate === "LOG_UNAVAILABLE") this.#refuse(data, message);
    } else if (/^\w+-\d+$/.test(fate)) {
      this.counts.acknowledged++;
      this.#acknowledged.set(fate, data);
      this.#place(fate, data, "a publisher");
    } else {
      this.problem(`publishing ${data} failed: ${fate}`);
    }
  }

  /** An event that a client has received after the event `before` (an id, or `""` at the start). */
  onEvent(client, before, { type, data, lastEventId }) {
    this.counts.events++;
    const { epoch, sequence } = readId(lastEventId);
    const last = before === "" ? undefined : readId(before);
    if (type === "gap") {
      this.counts.gaps++;
      const { reason } = JSON.parse(data);
      if (last?.epoch !== epoch) return;
      return this.problem(`${client} received a needless gap (${reason}) ${before} -> ${lastEventId}`);
    }
    if (last !== undefined && (last.epoch !== epoch || last.sequence + 1 !== sequence)) {
      this.problem(`${client} received ${lastEventId} after ${before}`);
    }
    this.#place(lastEventId, data, client);
  }

  /** Compares the acknowledged events of an epoch with the whole log. */
  onLog(epoch, events) {
    for (const [id, data] of events) this.#place(id, data, "the log");
    for (const [id, data] of this.#acknowledged) {
      if (readId(id).epoch === epoch && !events.has(id)) this.problem(`${data} was acknowledged as ${id} and is lost`);
    }
  }

  problem(text) {
    this.problems.push(text);
  }

  get epochs() {
    return new Set([...this.#known.keys()].map((id) => readId(id).epoch)).size;
  }

  #place(id, data, source) {
    const known = this.#known.get(id);
    if (known === data) return;
    if (known !== undefined) return this.problem(`${id} is ${known}, and ${data} for ${source}`);
    this.#known.set(id, data);
    const places = this.#places.get(data) ?? [];
    const { epoch } = readId(id);
    const isRepeated = places.some((place) => readId(place).epoch === epoch);
    if (isRepeated) this.problem(`${data} is ${places.join(", ")} and ${id}`);
    this.#places.set(data, [...places, id]);
    if (this.#refused.has(data)) this.problem(`${data} is ${id}, but was refused: ${this.#refused.get(data)}`);
  }

  #refuse(data, message) {
    this.#refused.set(data, message);
    const places = this.#places.get(data);
    if (places !== undefined) this.problem(`${data} is ${places.join(", ")}, but was refused: ${message}`);
  }
}
