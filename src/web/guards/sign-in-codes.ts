import { randomBytes } from "node:crypto";
import { isSame } from "./token.ts";

/** How long a code is valid, in milliseconds. */
const LIFETIME = 60 * 60_000;

/** The code of a sign-in link: it works once, for an hour. A new code replaces the one before. */
export class SignInCodes {
  #code: { readonly text: string; readonly until: number } | undefined;

  /** Makes a code. */
  create(): string {
    const text = randomBytes(16).toString("base64url");
    this.#code = { text, until: performance.now() + LIFETIME };
    return text;
  }

  /** Whether a text is the code; it is no longer valid afterwards. */
  redeem(text: string): boolean {
    const code = this.#code;
    if (code === undefined || !isSame(text, code.text) || performance.now() >= code.until) return false;
    this.#code = undefined;
    return true;
  }
}
