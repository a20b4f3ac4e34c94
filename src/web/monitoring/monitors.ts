import { Notifier } from "../notify/notifier.ts";
import { BuildMonitor } from "./build-monitor.ts";
import { EventLoopMonitor } from "./event-loop-monitor.ts";
import { logEntry } from "./log-entry.ts";
import { RequestMonitor } from "./request-monitor.ts";
import type { BuildEvent } from "../../runner/events.ts";
import type { RequestMonitorOptions } from "./request-monitor.ts";

/** The options of the monitors of an app. */
export interface MonitorOptions extends RequestMonitorOptions {
  /** The URLs that receive each ended build. */
  readonly notify: readonly string[];
  readonly notifySecret: string | undefined;
}

/** The monitors of an app: they count for the metrics, write to the log, and notify other servers. */
export class Monitors {
  readonly builds: BuildMonitor;
  readonly requests: RequestMonitor;
  readonly eventLoop: EventLoopMonitor;
  readonly #notifier: Notifier;

  /** @param routeOf - Returns the pattern of a path's route, and the same text for all paths without a route. */
  constructor(options: MonitorOptions, routeOf: (path: string) => string) {
    const { onLog, notify, notifySecret = "" } = options;
    this.builds = new BuildMonitor(onLog);
    this.requests = new RequestMonitor(options, routeOf);
    this.eventLoop = new EventLoopMonitor(onLog);
    this.#notifier = new Notifier({
      urls: notify,
      secret: notifySecret,
      report: ({ id, projectName }, message) => {
        onLog(logEntry("error", "build not notified", { build: id, project: projectName, message }));
      },
    });
  }

  /** Records an event of a build. */
  note(event: BuildEvent): void {
    this.builds.note(event);
    if (event.type === "end") this.#notifier.add(event.build);
  }

  /** Stops the timers, and waits at most 5 s for the delivery of notifications. */
  async close(): Promise<void> {
    this.eventLoop.close();
    await this.#notifier.close();
  }
}
