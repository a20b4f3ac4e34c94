/** The levels of log entries, the most important one first. */
export const logLevels = ["error", "warn", "info", "debug"] as const;

/** The importance of a log entry. */
export type LogLevel = (typeof logLevels)[number];

/** One event of the server, as data. It never contains queries, cookies, tokens or other headers of clients. */
export interface LogEntry {
  /** ISO 8601, UTC. */
  readonly time: string;
  readonly level: LogLevel;
  /**
   * A request is over; a build was accepted, started, ended, could not be stored, or was not notified; the event loop
   * was delayed; or the settings of projects have changed.
   */
  readonly event:
    | "request"
    | "build accepted"
    | "build started"
    | "build ended"
    | "build not stored"
    | "build not notified"
    | "event loop delayed"
    | "projects reloaded"
    | "projects not reloaded";
  readonly fields: Readonly<Record<string, string | number | null>>;
}

/** An entry about something that happens now. */
export function logEntry(level: LogLevel, event: LogEntry["event"], fields: LogEntry["fields"]): LogEntry {
  return { time: new Date().toISOString(), level, event, fields };
}
