import { buildHandlers } from "./handlers/builds.ts";
import { monitoringHandlers } from "./handlers/monitoring.ts";
import { pageHandlers } from "./handlers/page.ts";
import { streamHandlers } from "./handlers/streams.ts";
import type { Route } from "../http/router.ts";
import type { TokenOptions } from "./guards/token.ts";
import type { BuildServices } from "./handlers/builds.ts";
import type { MonitoringServices } from "./handlers/monitoring.ts";
import type { StreamServices } from "./handlers/streams.ts";

/** A route of the app. */
export interface AppRoute extends Route {
  /** Whether the app answers without the token. Default: it requires the token. */
  readonly isOpen?: true;
}

/** The objects that the handlers use. */
export interface Services extends BuildServices, StreamServices, MonitoringServices {
  readonly guard: TokenOptions;
}

/** Every route of the app. `README.md` beside this file documents the same table. */
export function routes(services: Services): Readonly<Record<string, AppRoute>> {
  const page = pageHandlers(services.guard);
  const builds = buildHandlers(services);
  const streams = streamHandlers(services);
  const monitoring = monitoringHandlers(services);
  return {
    // It requires the token itself, since it also accepts `?token=`, which it exchanges for a cookie.
    "/": { GET: page.page, isOpen: true },
    "/page/*file": { GET: page.file },
    "/terminal/*file": { GET: page.terminalFile },
    "/api/log/push": { GET: streams.feed },
    "/api/projects": { GET: builds.listProjects },
    "/api/project/build": { POST: builds.start },
    "/api/builds": { GET: builds.list },
    "/api/builds/:id": { GET: builds.show },
    "/api/builds/:id/events": { GET: streams.events },
    "/api/builds/:id/log": { GET: streams.log },
    "/api/builds/:id/cancel": { POST: builds.cancel },
    "/api/builds/:id/rerun": { POST: builds.rerun },
    "/metrics": { GET: monitoring.metrics },
    // Monitors have no token.
    "/healthz": { GET: monitoring.health, isOpen: true },
  };
}
