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
  build: {
    summary: "start a build on a server and print its output",
    load: async () => (await import("./build.ts")).build,
  },
  builds: {
    summary: "list the builds of a server",
    load: async () => (await import("./builds.ts")).builds,
  },
  log: {
    summary: "print the log of a build",
    load: async () => (await import("./log.ts")).log,
  },
  follow: {
    summary: "print the events of any event stream",
    load: async () => (await import("./follow.ts")).follow,
  },
  run: {
    summary: "run a command and show its output live in every browser",
    load: async () => (await import("./run.ts")).run,
  },
  pipe: {
    summary: "copy stdin to stdout and show it live in every browser",
    load: async () => (await import("./pipe.ts")).pipe,
  },
  check: {
    summary: "check an event stream and report mistakes",
    load: async () => (await import("./doctor/check.ts")).check,
  },
  inspect: {
    summary: "show an event stream line by line, with what a client does with each line",
    load: async () => (await import("./doctor/inspect.ts")).inspect,
  },
};
