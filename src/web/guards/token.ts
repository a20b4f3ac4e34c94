import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Role } from "../session-state.ts";

/** The tokens of the server. */
export interface TokenOptions {
  /** The token of builders; `undefined` when the server requires no token. */
  readonly token: string | undefined;
  /** The token of viewers; `undefined` when there are no viewers. */
  readonly viewerToken: string | undefined;
}

/**
 * Returns the role for a secret; `undefined` when it is not a token. The duration does not depend on where the secret
 * and the tokens differ.
 */
export function roleOf(secret: string, { token, viewerToken }: TokenOptions): Role | undefined {
  const isBuilder = token !== undefined && isSameSecret(secret, token);
  const isViewer = viewerToken !== undefined && isSameSecret(secret, viewerToken);
  return isBuilder ? "builder" : isViewer ? "viewer" : undefined;
}

/**
 * Returns the possible secrets of a request with `Authorization: Bearer` (RFC 6750 section 2.1): the unchanged and the
 * decoded value. Headers can carry only visible ASCII characters reliably, so clients percent-encode the others.
 */
export function bearerSecrets({ headers }: IncomingMessage): readonly string[] {
  const text = /^Bearer +(\S+)$/i.exec(headers.authorization ?? "")?.[1];
  if (text === undefined) return [];
  try {
    return [...new Set([text, decodeURIComponent(text)])];
  } catch {
    return [text];
  }
}

/** Compares secrets. The duration does not depend on where they differ. */
export function isSameSecret(a: string, b: string): boolean {
  return timingSafeEqual(digest(a), digest(b));
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
