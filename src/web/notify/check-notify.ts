import { checkValue, kinds } from "../../check-options.ts";
import { invalidOption } from "../../error.ts";

/** The options of notifications. */
export interface NotifySettings {
  readonly notify: readonly string[];
  readonly notifySecret: string | undefined;
}

const MIN_SECRET_LENGTH = 16;

/**
 * Checks the URLs and the secret of notifications. No message shows either of them.
 *
 * @throws {TailcastError} `INVALID_OPTION`, naming the option.
 */
export function checkNotify(notify: readonly string[], secret: string | undefined): NotifySettings {
  for (const text of notify) {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (url === undefined || !/^https?:$/.test(url.protocol)) {
      throw invalidOption("notify", "it must be a URL such as https://hooks.example/tailcast");
    }
    if (url.username !== "" || url.password !== "") {
      throw invalidOption("notify", "the URL must not have a name or a password; the signature identifies this server");
    }
  }
  if (secret !== undefined && checkValue("notifySecret", secret, kinds.text).length < MIN_SECRET_LENGTH) {
    throw invalidOption("notifySecret", `it must have at least ${MIN_SECRET_LENGTH} characters`);
  }
  if (notify.length > 0 && secret === undefined) {
    throw invalidOption("notify", "it needs a secret as well: TAILCAST_NOTIFY_SECRET, or --notify-secret-file");
  }
  return { notify, notifySecret: secret };
}
