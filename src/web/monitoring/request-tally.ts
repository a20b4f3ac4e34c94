import { httpErrorCodes } from "../../http/http-error.ts";
import { requestErrorCodes } from "../send-error.ts";
import type { Sample } from "./prometheus.ts";

/** The methods with their own labels. All other methods share the label `other`, since clients can invent methods. */
const METHODS: readonly string[] = ["GET", "HEAD", "POST", "DELETE", "OPTIONS", "PUT", "PATCH"];

/** Counts requests that are over, and refusals. Labels come from closed sets, never from a client. */
export class RequestTally {
  readonly #requests = new Map<string, { readonly labels: Readonly<Record<string, string>>; count: number }>();
  readonly #refusals = new Map<string, number>();

  constructor() {
    for (const code of [...httpErrorCodes, ...requestErrorCodes]) this.#refusals.set(reasonOf(code), 0);
  }

  /**
   * Counts a request that is over.
   *
   * @param status - `null`: the client left before the reply.
   */
  countRequest(route: string, method: string, status: number | null): void {
    const labels = { route, method: METHODS.includes(method) ? method : "other", status: String(status ?? "none") };
    const key = Object.values(labels).join(" ");
    const counted = this.#requests.get(key);
    if (counted === undefined) this.#requests.set(key, { labels, count: 1 });
    else counted.count++;
  }

  /** Counts a refusal by the code of its error. Returns the reason for the metrics and the log. */
  countRefusal(code: string): string {
    const reason = reasonOf(code);
    this.#refusals.set(reason, (this.#refusals.get(reason) ?? 0) + 1);
    return reason;
  }

  /** The requests that are over, by route, method and status. */
  get requests(): Sample[] {
    return Array.from(this.#requests.values(), ({ labels, count }): Sample => [labels, count]);
  }

  /** The refusals so far, by reason. */
  get refusals(): Sample[] {
    return Array.from(this.#refusals, ([reason, count]): Sample => [{ reason }, count]);
  }
}

/** Returns the code of an error in lower case, with dashes. */
function reasonOf(code: string): string {
  return code.toLowerCase().replaceAll("_", "-");
}
