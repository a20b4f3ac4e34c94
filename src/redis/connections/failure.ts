import { TailcastError } from "../../error.ts";

/**
 * How a command failed:
 * - `unsent`: it was not sent, because there is no connection;
 * - `unanswered`: it was sent, but no answer arrived, so Redis may or may not have executed it;
 * - `refused`: Redis answered with an error, and has executed nothing;
 * - `partial`: a script failed after its first change.
 */
export type FailureKind = "unsent" | "unanswered" | "refused" | "partial";

/** Errors that are temporary, or that another connection avoids: the command may be repeated. */
const TEMPORARY = /^(?:LOADING|READONLY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|BUSY|NOREPLICAS|UNKILLABLE) /;

/** The start of the error of a script that fails after its first change. */
const PARTIAL = "PARTIAL ";

/** The reason why a command has no result. */
export class RedisFailure extends Error {
  override readonly name = "RedisFailure";
  readonly kind: FailureKind;

  constructor(kind: FailureKind, message: string, cause?: unknown) {
    super(message, { cause });
    this.kind = kind;
  }

  /** Returns the failure for an error of a client: a reply starts with a code in capital letters. */
  static of(error: unknown): RedisFailure {
    const message = error instanceof Error ? error.message : String(error);
    if (message.startsWith(PARTIAL)) return new RedisFailure("partial", message.slice(PARTIAL.length), error);
    const kind = /^[A-Z]+ /.test(message) ? "refused" : "unanswered";
    return new RedisFailure(kind, message, error);
  }

  /** Whether Redis may have executed the command. */
  get isUncertain(): boolean {
    return this.kind === "unanswered" || this.kind === "partial";
  }

  /** Whether Redis does not know the script. */
  get isUnknownScript(): boolean {
    return this.kind === "refused" && this.message.startsWith("NOSCRIPT ");
  }

  /** Whether the server is a replica, or has lost its master. */
  get isWrongServer(): boolean {
    return this.kind === "refused" && /^(?:READONLY|MASTERDOWN) /.test(this.message);
  }

  /** Whether the same command may succeed later. */
  get isTemporary(): boolean {
    if (this.kind === "partial") return false;
    return this.kind !== "refused" || TEMPORARY.test(this.message);
  }
}

/**
 * Returns the error of a log that could not be reached.
 *
 * @param action - Completes `Cannot `.
 */
export function unavailable(action: string, cause: unknown): TailcastError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new TailcastError("LOG_UNAVAILABLE", `Cannot ${action}: ${reason}; try again later`, { cause });
}
