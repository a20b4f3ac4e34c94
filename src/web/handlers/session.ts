import { HttpError } from "../../http/http-error.ts";
import { sendJson } from "../../http/reply.ts";
import { readFields } from "../../http/request-body.ts";
import type { Handler } from "../../http/router.ts";
import type { Access, Identity } from "../guards/access.ts";
import type { SessionState } from "../session-state.ts";

/** Handlers that sign a browser in and out, and return the rights of a client. */
export function sessionHandlers(access: Access): Readonly<Record<"show" | "signIn" | "signOut", Handler>> {
  const describe = (identity: Identity | undefined): SessionState => {
    const { role = null, session } = identity ?? {};
    const expiresAt = session === undefined ? null : new Date(session.expiresAt).toISOString();
    return { role, readOnly: access.isReadOnly, expiresAt };
  };
  return {
    show: ({ request, response }) => sendJson(response, 200, describe(access.identify(request))),
    signIn: async ({ request, response }) => {
      const { token } = await readFields(request);
      if (typeof token !== "string" || token === "") {
        throw new HttpError("BAD_REQUEST", 'Cannot sign in: enter the token ("token")');
      }
      const { cookie, identity } = access.signIn(request, token);
      sendJson(response, 200, describe(identity), { "Set-Cookie": cookie });
    },
    signOut: ({ request, response }) => {
      const cookie = access.signOut(request);
      sendJson(response, 200, describe(access.identify(request)), { "Set-Cookie": cookie });
    },
  };
}
