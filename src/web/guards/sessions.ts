import { createHmac, randomBytes, scryptSync } from "node:crypto";
import { onSocketClose } from "../../channel/connections/socket-close.ts";
import { isSameSecret } from "./token.ts";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Role } from "../session-state.ts";
import type { TokenOptions } from "./token.ts";

/** A signed-in browser. */
export interface Session {
  readonly id: string;
  readonly role: Role;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

/** The maximum number of stored ended sessions. */
const MAX_ENDED = 10_000;

const FORMAT = /^(builder|viewer)\.([0-9a-z]{1,11})\.([\w-]{22})\.([\w-]{43})$/;

/**
 * Sessions without a store: the value of a session contains its data and a signature. The key of the signature is
 * derived from the token, so sessions survive a restart and end when the token changes. The derivation is slow
 * (scrypt), so that a stolen value does not help to guess the token.
 */
export class Sessions {
  readonly #keys: Readonly<Record<Role, Buffer | undefined>>;
  readonly #lifetime: number;
  /** The ids of the sessions that were signed out. */
  readonly #ended = new Set<string>();
  readonly #held = new Map<string, Set<ServerResponse>>();

  /** @param lifetime - Milliseconds, at most the longest delay of a timer. */
  constructor({ token, viewerToken }: TokenOptions, lifetime: number) {
    const keyOf = (secret: string | undefined): Buffer | undefined => {
      return secret === undefined ? undefined : scryptSync(secret, "tailcast session", 32);
    };
    this.#keys = { builder: keyOf(token), viewer: keyOf(viewerToken) };
    this.#lifetime = lifetime;
  }

  /** Creates a session and its value. */
  create(role: Role): { readonly session: Session; readonly value: string } {
    const session = { id: randomBytes(16).toString("base64url"), role, expiresAt: Date.now() + this.#lifetime };
    const content = [role, session.expiresAt.toString(36), session.id].join(".");
    return { session, value: `${content}.${this.#sign(role, content)}` };
  }

  /** Returns the session of a value; `undefined` when the signature is wrong or the session has ended. */
  read(value: string): Session | undefined {
    const [, name, time = "", id = "", signature = ""] = FORMAT.exec(value) ?? [];
    if (name === undefined) return undefined;
    const role = name as Role;
    const expected = this.#sign(role, value.slice(0, value.lastIndexOf(".")));
    if (expected === undefined || !isSameSecret(signature, expected)) return undefined;
    const expiresAt = Number.parseInt(time, 36);
    return Date.now() >= expiresAt || this.#ended.has(id) ? undefined : { id, role, expiresAt };
  }

  /** Aborts a reply when its session ends, because otherwise a stream would outlive the session. */
  hold({ id, expiresAt }: Session, request: IncomingMessage, response: ServerResponse): void {
    const held = this.#held.get(id) ?? new Set();
    const timer = setTimeout(() => breakOff(response), expiresAt - Date.now());
    timer.unref();
    held.add(response);
    this.#held.set(id, held);
    const release = (): void => {
      clearTimeout(timer);
      withdraw();
      held.delete(response);
      if (held.size === 0 && this.#held.get(id) === held) this.#held.delete(id);
    };
    const withdraw = onSocketClose(request.socket, release);
    response.once("close", release);
  }

  /** Ends a session, and aborts its replies. */
  end({ id }: Session): void {
    this.#ended.add(id);
    const [oldest] = this.#ended;
    if (this.#ended.size > MAX_ENDED && oldest !== undefined) this.#ended.delete(oldest);
    for (const response of this.#held.get(id) ?? []) breakOff(response);
  }

  #sign(role: Role, content: string): string | undefined {
    const key = this.#keys[role];
    return key === undefined ? undefined : createHmac("sha256", key).update(content).digest("base64url");
  }
}

function breakOff(response: ServerResponse): void {
  // The response of the compat API of `node:http2` does not have `destroy`, but its stream does.
  const { stream } = response as { readonly stream?: { destroy(): void } };
  (stream ?? response).destroy();
}
