/** A follower that keeps the stream of a log as a client of a channel would see it. */
export class Recorder {
  #log;
  #changed = new Set();
  /** The text of each event in the order of the stream, read from the store where the report had none. */
  texts = [];
  /** `reset`, `complete` and `failure`, and `jump` where a report had no texts. */
  notes = [];
  failures = [];
  #epoch;
  #next;
  #work = Promise.resolve();

  constructor(log, from = log.end) {
    this.#log = log;
    this.#epoch = log.epoch;
    this.#next = from;
    this.leave = log.follow({
      onEvents: ({ first, texts }) => this.#onEvents(first, texts),
      onReset: () => {
        this.notes.push("reset");
        this.#epoch = log.epoch;
        this.#work = this.#work.then(() => {
          this.#next = log.start;
          return this.#readTo(log.end);
        });
        this.#notify();
      },
      onComplete: () => {
        this.notes.push("complete");
        this.#notify();
      },
      onFailure: (error) => {
        this.notes.push("failure");
        this.failures.push(error);
        this.#notify();
      },
    });
    if (from < log.end) this.#work = this.#work.then(() => this.#readTo(log.end));
  }

  #onEvents(first, texts) {
    if (texts.length === 0) this.notes.push("jump");
    const epoch = this.#epoch;
    this.#work = this.#work.then(async () => {
      if (epoch !== this.#epoch) return;
      if (first > this.#next) await this.#readTo(first);
      for (const text of texts.slice(Math.max(0, this.#next - first))) this.#push(text);
      this.#notify();
    });
  }

  async #readTo(end) {
    const epoch = this.#epoch;
    while (this.#next < end && epoch === this.#epoch) {
      const reader = this.#log.read(this.#next);
      try {
        const { bytes, next } = await reader.next();
        for (const text of bytes.toString().split(/(?<=\n\n)/)) this.#push(text);
        this.#next = next;
      } catch (error) {
        if (error.code === "LOG_UNAVAILABLE") await new Promise((resolve) => setTimeout(resolve, 50));
        else if (this.#log.start > this.#next) {
          this.notes.push(`gap ${this.#next}-${this.#log.start - 1}`);
          this.#next = this.#log.start;
        } else return;
      } finally {
        reader.close();
      }
    }
    this.#notify();
  }

  #push(text) {
    this.texts.push(text);
    this.#next = Number(/^id: \S+-(\d+)$/m.exec(text)[1]) + 1;
  }

  #notify() {
    for (const check of this.#changed) check();
  }

  /** Resolves when `accepts` returns true for this recorder. */
  until(accepts, what = accepts) {
    return new Promise((resolve, reject) => {
      const check = () => {
        if (!accepts(this)) return;
        this.#changed.delete(check);
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(() => {
        const seen = `${this.texts.length} texts, ${this.notes.join(" ")}`;
        reject(new Error(`never: ${what}; seen: ${seen}; ${this.texts.slice(-1)}`));
      }, 15_000);
      this.#changed.add(check);
      check();
    });
  }

  /** Resolves when there are this many texts. */
  count(number) {
    return this.until(() => this.texts.length >= number, `${number} texts`);
  }

  get ids() {
    return this.texts.map((text) => /^id: (\S+)$/m.exec(text)[1]);
  }

  get data() {
    return this.texts.map((text) => text.match(/(?<=^data: ).*$/gm).join("\n"));
  }
}
