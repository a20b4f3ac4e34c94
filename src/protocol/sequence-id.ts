import { invalidField } from "./field-value.ts";

/** The two halves of an id of this library, `<epoch>-<sequence>`. */
export interface SequenceId {
  /** Names the log that the event belongs to: another log, another epoch. Not empty. */
  readonly epoch: string;
  /** The event's position in that log, without holes: a client that sees 4 and then 6 has missed one. */
  readonly sequence: number;
}

/**
 * Returns whether a text may name a log: 1 to 128 characters of `A-Z a-z 0-9 . _ ~ -`. These are the unreserved
 * characters of RFC 3986, 2.3: an id made of them needs no escaping in a query, and has the same bytes in every header
 * encoding.
 */
export function isEpoch(text: string): boolean {
  // A number would become text in the test.
  return typeof text === "string" && /^[A-Za-z0-9._~-]{1,128}$/.test(text);
}

/**
 * Writes an id with a sequence number, for example `kx3p-42`.
 *
 * @throws {TailcastError} `INVALID_EVENT` when the epoch is not one ({@link isEpoch}), or the sequence is not a safe
 * integer of at least 0: such an id would be read back as another one.
 */
export function formatSequenceId(epoch: string, sequence: number): string {
  if (!isEpoch(epoch)) {
    throw invalidField("id", "its epoch must be 1 to 128 letters, digits or any of . _ ~ -");
  }
  if (!Number.isSafeInteger(sequence) || sequence < 0) {
    throw invalidField("id", "its sequence must be a safe integer of at least 0");
  }
  return `${epoch}-${sequence}`;
}

/**
 * Reads an id with a sequence number. An epoch may contain hyphens, a sequence cannot, so the last hyphen divides them.
 *
 * @returns Both halves, or `undefined` when the id has another form: no epoch, or a sequence that is not the one
 * decimal spelling of a safe integer (`01`, `1e3` and `+1` are not), so that two different ids never mean the same
 * event. A value that is not a string has another form too.
 */
export function parseSequenceId(id: string): SequenceId | undefined {
  const hyphen = typeof id === "string" ? id.lastIndexOf("-") : -1;
  if (hyphen < 1) {
    return undefined;
  }
  const digits = id.slice(hyphen + 1);
  const sequence = Number(digits);
  if (!Number.isSafeInteger(sequence) || String(sequence) !== digits) {
    return undefined;
  }
  return { epoch: id.slice(0, hyphen), sequence };
}
