import { randomBytes } from "node:crypto";
import { isSameSecret } from "./token.ts";

/** The lifetime of a code, in milliseconds. */
const LIFETIME = 60 * 60_000;

/** The code of a sign-in link. It is valid once, for an hour. A new code replaces the previous one. */
export class SignInCodes {
  #code: { readonly text: string; readonly until: number } | undefined;

  /** Creates a code. */
  create(): string {
    const text = randomBytes(16).toString("base64url");
    this.#code = { text, until: performance.now() + LIFETIME };
    return text;
  }

  /** Returns whether a text is the code, which is no longer valid afterwards. */
  redeem(text: string): boolean {
    const code = this.#code;
    if (code === undefined || !isSameSecret(text, code.text) || performance.now() >= code.until) return false;
    this.#code = undefined;
    return true;
  }
}
