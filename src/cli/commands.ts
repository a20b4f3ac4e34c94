import type { Command } from "../command.ts";

/** A row of the table of commands. */
interface CommandRow {
  /** One line for the list of all commands. */
  readonly summary: string;
  /** Loads the command, so that no command waits for the modules of the others. */
  readonly load: () => Promise<Command>;
}

/** Every command but `help` and `version`, in the order of the help. */
export const COMMANDS: Readonly<Record<string, CommandRow>> = {
  serve: {
    summary: "run the build server; this is the default",
    load: async () => (await import("./serve/serve.ts")).serve,
  },
  check: {
    summary: "say what is right, doubtful and wrong with an event stream",
    load: async () => (await import("./doctor/check.ts")).check,
  },
  inspect: {
    summary: "show an event stream line by line, with what a client does with each line",
    load: async () => (await import("./doctor/inspect.ts")).inspect,
  },
};
