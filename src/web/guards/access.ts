import { addressKey } from "../../http/address-key.ts";
import { HttpError } from "../../http/http-error.ts";
import { AttemptLimit } from "./attempt-limit.ts";
import { cookieValues, sessionCookie } from "./session-cookie.ts";
import { Sessions } from "./sessions.ts";
import { SignInCodes } from "./sign-in-codes.ts";
import { bearerSecrets, roleOf } from "./token.ts";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Role } from "../session-state.ts";
import type { HostOptions } from "./host.ts";
import type { Session } from "./sessions.ts";
import type { TokenOptions } from "./token.ts";

/**
 * The right that a route needs: `open` is no right, `view` is the right to view builds, and `build` is the right to
 * start and cancel them.
 */
export type Need = "open" | "view" | "build";

/** The options that determine which clients may use the server. */
export interface AccessOptions extends HostOptions, TokenOptions {
  /** Whether the server refuses to start and cancel builds. */
  readonly readOnly: boolean;
  /** The time for which a browser stays signed in, in milliseconds. */
  readonly sessionLifetime: number;
}

/** A client that the server has identified. */
export interface Identity {
  readonly role: Role;
  /** `undefined` when the request has a bearer token, or when the server requires none. */
  readonly session: Session | undefined;
}

/** A client that has signed in. */
export interface SignedIn {
  readonly identity: Identity;
  /** The `Set-Cookie` value of its session. */
  readonly cookie: string;
}

/** Identifies clients by a bearer token or by a session's cookie (an EventSource cannot set headers). */
export class Access {
  readonly #options: AccessOptions;
  readonly #sessions: Sessions;
  readonly #attempts = new AttemptLimit();
  readonly #codes = new SignInCodes();

  constructor(options: AccessOptions) {
    this.#options = options;
    this.#sessions = new Sessions(options, options.sessionLifetime);
  }

  /** Whether the server refuses to start and cancel builds. */
  get isReadOnly(): boolean {
    return this.#options.readOnly;
  }

  /**
   * Returns the client of a request; `undefined` when it cannot be identified. Wrong guesses never block a session.
   *
   * @throws {HttpError} `TOO_MANY_ATTEMPTS` for a bearer token without a session.
   */
  identify(request: IncomingMessage): Identity | undefined {
    if (this.#options.token === undefined) return { role: "builder", session: undefined };
    // A viewer can plant the cookie of a valid session, which must not lock a builder out: neither one with a session,
    // nor one with a token.
    const sessions = this.#sessionsOf(request);
    const session = sessions.find(({ role }) => role === "builder") ?? sessions[0];
    if (session?.role === "builder") return { role: session.role, session };
    try {
      const role = this.#roleOf(request, bearerSecrets(request));
      if (role !== undefined) return { role, session: undefined };
    } catch (error) {
      if (session === undefined) throw error;
    }
    return session && { role: session.role, session };
  }

  /**
   * Refuses a client without a right. The reply to a client with a session ends with the session.
   *
   * @throws {HttpError} `UNAUTHORIZED`, `FORBIDDEN` or `TOO_MANY_ATTEMPTS`
   */
  check(request: IncomingMessage, response: ServerResponse, need: Need): void {
    if (need === "open") return;
    const identity = this.identify(request);
    if (identity === undefined) {
      const message = 'Cannot answer without a token: sign in on the page, or send "Authorization: Bearer <token>"';
      throw new HttpError("UNAUTHORIZED", message);
    }
    if (need === "build" && identity.role === "viewer") {
      const message = "Cannot start or cancel builds as a viewer: sign in with the token of builders";
      throw new HttpError("FORBIDDEN", message);
    }
    if (need === "build" && this.isReadOnly) {
      throw new HttpError("FORBIDDEN", "Cannot start or cancel builds: this server is read-only");
    }
    if (identity.session !== undefined) this.#sessions.hold(identity.session, request, response);
  }

  /**
   * Signs a client in with a token.
   *
   * @throws {HttpError} `UNAUTHORIZED` when the secret is not a token; `BAD_REQUEST` when the server requires no token;
   *   `TOO_MANY_ATTEMPTS`.
   */
  signIn(request: IncomingMessage, secret: string): SignedIn {
    if (this.#options.token === undefined) {
      throw new HttpError("BAD_REQUEST", "Cannot sign in: this server requires no token");
    }
    const role = this.#roleOf(request, [secret]);
    if (role === undefined) throw new HttpError("UNAUTHORIZED", "Cannot sign in: the token is wrong");
    return this.#start(request, role);
  }

  /**
   * Signs a builder in with the code of a link. Returns `undefined` for a wrong or used code.
   *
   * @throws {HttpError} `TOO_MANY_ATTEMPTS`
   */
  redeem(request: IncomingMessage, code: string): SignedIn | undefined {
    const address = this.#addressOf(request);
    this.#attempts.check(address);
    if (this.#codes.redeem(code)) return this.#start(request, "builder");
    this.#attempts.fail(address, code);
    return undefined;
  }

  /** Creates the code of a link that signs a builder in once. */
  createCode(): string {
    return this.#codes.create();
  }

  /** Ends the sessions of a request, and their streams. Returns the `Set-Cookie` value that removes the cookie. */
  signOut(request: IncomingMessage): string {
    for (const session of this.#sessionsOf(request)) this.#sessions.end(session);
    return sessionCookie(request, "", 0, this.#options);
  }

  #start(request: IncomingMessage, role: Role): SignedIn {
    const { session, value } = this.#sessions.create(role);
    const cookie = sessionCookie(request, value, this.#options.sessionLifetime, this.#options);
    return { identity: { role, session }, cookie };
  }

  #sessionsOf(request: IncomingMessage): readonly Session[] {
    return cookieValues(request).flatMap((value) => this.#sessions.read(value) ?? []);
  }

  /** Returns the role of the first secret that is a token. The secrets count as one guess. */
  #roleOf(request: IncomingMessage, secrets: readonly string[]): Role | undefined {
    const [first] = secrets;
    if (first === undefined) return undefined;
    const address = this.#addressOf(request);
    this.#attempts.check(address);
    const [role] = secrets.flatMap((secret) => roleOf(secret, this.#options) ?? []);
    if (role === undefined) this.#attempts.fail(address, first);
    else this.#attempts.succeed(address);
    return role;
  }

  #addressOf(request: IncomingMessage): string {
    return addressKey(this.#options.trustProxy.clientOf(request).address);
  }
}
