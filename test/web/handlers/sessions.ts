import assert from "node:assert/strict";
import { postJson } from "../../support/http.js";
import type { Reply } from "../../support/http.js";

/** Signs in. Returns the `Cookie` header of the session. */
export async function signIn(port: number, token: string): Promise<string> {
  return cookieOf(await postJson(port, "/api/session", { token }));
}

/** The `Cookie` header after a reply that sets one cookie. */
export function cookieOf({ headers }: Reply): string {
  const [cookie = assert.fail("no cookie")] = headers["set-cookie"] ?? [];
  return cookie.split(";")[0] ?? "";
}
