import type { Arguments } from "../../arguments.ts";
import type { Option } from "../../command.ts";

/** The time limit of reconnecting to a server. */
export const PATIENCE_OPTION: Option = {
  flag: "patience",
  value: "SECONDS",
  help: "how long to try to reconnect after a lost connection (120)",
};

/** Reads {@link PATIENCE_OPTION}, in milliseconds. */
export function readPatience(args: Arguments): number {
  return args.integer("patience", 120, 0, 1_000_000) * 1000;
}
