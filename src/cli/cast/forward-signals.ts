import { readFileSync } from "node:fs";
import { isatty } from "node:tty";

/** The signals that the command receives. */
const SIGNALS: readonly NodeJS.Signals[] = ["SIGINT", "SIGQUIT", "SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2"];

/** The signals of the keyboard, which a terminal sends to the command as well. */
const OF_KEYBOARD: readonly NodeJS.Signals[] = ["SIGINT", "SIGQUIT"];

/** Signals that this process passes on. */
interface ForwardedSignals {
  /** Aborts when a signal asks this process to end. */
  readonly interrupted: AbortSignal;
  end(): void;
}

/**
 * Passes signals to a command, instead of ending this process.
 *
 * @param send - Sends a signal to the command. `isOfTerminal`: a terminal has sent it to the command already.
 */
export function forwardSignals(send: (signal: NodeJS.Signals, isOfTerminal: boolean) => void): ForwardedSignals {
  const interruption = new AbortController();
  const onSignal = (signal: NodeJS.Signals): void => {
    send(signal, OF_KEYBOARD.includes(signal) && isForeground());
    if (!signal.startsWith("SIGUSR")) interruption.abort();
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  return {
    interrupted: interruption.signal,
    end: () => {
      for (const signal of SIGNALS) process.off(signal, onSignal);
    },
  };
}

/** Whether a terminal sends the signals of its keyboard to this process, and so to the command as well. */
function isForeground(): boolean {
  try {
    // proc(5): after the name, the fields are state, ppid, pgrp, session, tty_nr and tpgid.
    const [, , group, , , foreground] = readFileSync("/proc/self/stat", "latin1").replace(/^.*\) /s, "").split(" ");
    return group === foreground;
  } catch {
    return isatty(0) || isatty(1) || isatty(2);
  }
}
