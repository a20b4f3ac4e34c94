import { BuildMonitor } from "./build-monitor.ts";
import { EventLoopMonitor } from "./event-loop-monitor.ts";
import { RequestMonitor } from "./request-monitor.ts";
import type { RequestMonitorOptions } from "./request-monitor.ts";

/** The monitors of an app: they count for the metrics, and write to the log. */
export class Monitors {
  readonly builds: BuildMonitor;
  readonly requests: RequestMonitor;
  readonly eventLoop: EventLoopMonitor;

  /** @param routeOf - Returns the pattern of a path's route, and the same text for all paths without a route. */
  constructor(options: RequestMonitorOptions, routeOf: (path: string) => string) {
    this.builds = new BuildMonitor(options.onLog);
    this.requests = new RequestMonitor(options, routeOf);
    this.eventLoop = new EventLoopMonitor(options.onLog);
  }

  /** Stops the timers. */
  close(): void {
    this.eventLoop.close();
  }
}
