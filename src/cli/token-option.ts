import { invalidOption } from "../error.ts";
import { readTokenFile } from "../token-file.ts";
import type { Arguments } from "../arguments.ts";
import type { Option } from "../command.ts";

/** The option that names the file of the token. */
export const TOKEN_FILE_OPTION: Option = {
  flag: "token-file",
  variable: "TAILCAST_TOKEN_FILE",
  value: "FILE",
  help: "read the token from FILE, which no other user may be able to read (none)",
};

/**
 * Reads the token from `token` or `token-file`. A flag wins over a variable of the other one.
 *
 * @throws {TailcastError} `INVALID_OPTION` when both flags are set, or the file cannot be used.
 */
export function readToken(args: Arguments): string | undefined {
  const [isText, isFile] = [args.hasFlag("token"), args.hasFlag("token-file")];
  if (isText && isFile) throw invalidOption("--token-file", "--token is set as well; use one");
  const text = isFile ? undefined : args.text("token");
  const path = isText ? undefined : args.text("token-file");
  return text ?? (path === undefined ? undefined : readTokenFile("token-file", path));
}
