import assert from "node:assert/strict";

const STATUS_LINE = /^HTTP\/1\.1 ([1-5]\d\d) [\t\x20-\x7e]*$/;
const HEADER = /^([!#$%&'*+.^_`|~\w-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*)$/;

/**
 * The statuses of requests that Node cannot read. Bytes may follow such a reply: the method of the request is unknown,
 * so a refused HEAD has a body, and Node refuses a request without Host and then the bytes behind it.
 */
const REFUSALS: ReadonlySet<number> = new Set([400, 408, 431]);

/** The content that follows a head, or the end of a connection. */
type State = "head" | "length" | "size" | "chunk" | "trailers" | "until-close" | "none";

/** Reads the replies of a connection, and fails at the first byte that HTTP/1.1 (RFC 9112) does not allow there. */
export class ResponseReader {
  /** The statuses of the replies whose heads were read. */
  readonly statuses: number[] = [];
  /** How many replies are complete. */
  complete = 0;
  /** How many bytes were read. */
  bytes = 0;
  readonly #methods: readonly string[];
  #text = "";
  #state: State = "head";
  #left = 0;
  #isLast = false;
  #isRefusal = false;
  #json: string | undefined;

  /** @param methods - The methods of the requests, in order: a reply to HEAD has no body. */
  constructor(methods: readonly string[]) {
    this.#methods = methods;
  }

  /** Whether every request has its reply. */
  get isDone(): boolean {
    return this.complete >= this.#methods.length || (this.#isLast && this.#state === "none");
  }

  push(bytes: Buffer): void {
    this.bytes += bytes.length;
    this.#text += bytes.toString("latin1");
    while (this.#step()) continue;
  }

  /** The server has ended the connection: what it sent must be complete. */
  end(): void {
    if (this.#state === "until-close") this.#finish();
    const isBetween = (this.#text === "" || this.#isRefusal) && (this.#state === "head" || this.#state === "none");
    assert.ok(isBetween, `the connection ends within a reply (${this.#state}): ${this.#text.slice(0, 200)}`);
  }

  /** Reads the next part. Returns false when it needs more bytes. */
  #step(): boolean {
    switch (this.#state) {
      case "none":
        if (!this.#isRefusal) assert.equal(this.#text, "", "bytes follow the last reply");
        return false;
      case "until-close":
        this.#text = "";
        return false;
      case "length":
      case "chunk": {
        if (this.#text === "") return false;
        const part = this.#text.slice(0, this.#left);
        if (this.#json !== undefined) this.#json += part;
        this.#text = this.#text.slice(part.length);
        this.#left -= part.length;
        if (this.#left > 0) return false;
        if (this.#state === "length") this.#finish();
        else this.#state = "size";
        return true;
      }
      default:
        return this.#readLines();
    }
  }

  #readLines(): boolean {
    if (this.#state === "head") {
      if (this.#text === "") return false;
      const end = this.#text.indexOf("\r\n\r\n");
      if (end === -1) {
        assert.ok(this.#text.length < 16_384, "a head without an end");
        return false;
      }
      const head = this.#text.slice(0, end);
      this.#text = this.#text.slice(end + 4);
      this.#readHead(head.split("\r\n"));
      return true;
    }
    const end = this.#text.indexOf("\r\n");
    if (end === -1) return false;
    const line = this.#text.slice(0, end);
    this.#text = this.#text.slice(end + 2);
    if (this.#state === "trailers") {
      assert.equal(line, "");
      this.#finish();
    } else {
      // A chunk ends with CRLF.
      assert.match(line, /^[0-9a-fA-F]+$/, "the size of a chunk");
      const size = Number.parseInt(line, 16);
      this.#left = size + 2;
      this.#state = size === 0 ? "trailers" : "chunk";
    }
    return true;
  }

  #readHead([statusLine = "", ...lines]: readonly string[]): void {
    const status = Number(STATUS_LINE.exec(statusLine)?.[1] ?? assert.fail(`not a status line: ${statusLine}`));
    const headers = new Map<string, string>();
    for (const line of lines) {
      const [, name = "", value = ""] = HEADER.exec(line) ?? assert.fail(`not a header: ${line}`);
      const key = name.toLowerCase();
      assert.ok(!headers.has(key) || key === "set-cookie", `${name} is repeated`);
      headers.set(key, value);
    }
    if (status < 200) {
      assert.equal(status, 100);
      return;
    }
    this.statuses.push(status);
    assert.notEqual(status, 500);
    if (status === 405) assert.ok(headers.has("allow"), "405 without Allow");
    if (status === 503 || status === 429) assert.match(headers.get("retry-after") ?? "", /^\d+$/);
    const method = this.#methods[this.statuses.length - 1] ?? "GET";
    const length = headers.get("content-length");
    const coding = headers.get("transfer-encoding");
    assert.ok(length === undefined || coding === undefined, "a length and a coding");
    this.#isLast = headers.get("connection") === "close";
    this.#json = headers.get("content-type")?.startsWith("application/json") === true ? "" : undefined;
    this.#isRefusal = this.#isLast && REFUSALS.has(status);
    if (method === "HEAD" || status === 204 || status === 304) {
      this.#json = undefined;
      this.#finish();
    } else if (coding !== undefined) {
      assert.equal(coding, "chunked");
      assert.equal(this.#json, undefined, "JSON has a length");
      this.#state = "size";
    } else if (length !== undefined) {
      assert.match(length, /^\d+$/);
      this.#left = Number(length);
      this.#state = "length";
      if (this.#left === 0) this.#finish();
    } else {
      assert.ok(this.#isLast, "a body until the end of a connection that does not end");
      this.#state = "until-close";
    }
  }

  #finish(): void {
    if (this.#json !== undefined) JSON.parse(Buffer.from(this.#json, "latin1").toString());
    this.#json = undefined;
    this.complete++;
    this.#state = this.#isLast ? "none" : "head";
  }
}
