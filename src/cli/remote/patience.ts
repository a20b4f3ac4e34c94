import type { Arguments } from "../../arguments.ts";
import type { Option } from "../../command.ts";

/** How long to wait for a server that was reachable. */
export const PATIENCE_OPTION: Option = {
  flag: "patience",
  value: "SECONDS",
  help: "how long to try to connect again after the connection was lost (120)",
};

/** Reads {@link PATIENCE_OPTION}, in milliseconds. */
export function readPatience(args: Arguments): number {
  return args.integer("patience", 120, 0, 1_000_000) * 1000;
}
