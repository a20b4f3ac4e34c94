import { buildHandlers } from "./handlers/builds.ts";
import { lineHandlers } from "./handlers/lines.ts";
import { monitoringHandlers } from "./handlers/monitoring.ts";
import { pageHandlers } from "./handlers/page.ts";
import { searchHandlers } from "./handlers/search.ts";
import { sessionHandlers } from "./handlers/session.ts";
import { streamHandlers } from "./handlers/streams.ts";
import type { Route } from "../http/router.ts";
import type { Access, Need } from "./guards/access.ts";
import type { BuildServices } from "./handlers/builds.ts";
import type { LineServices } from "./handlers/lines.ts";
import type { MonitoringServices } from "./handlers/monitoring.ts";
import type { SearchServices } from "./handlers/search.ts";
import type { StreamServices } from "./handlers/streams.ts";

/** A route of the app. */
export interface AppRoute extends Route {
  /** The right that a client needs. */
  readonly needs: Need;
}

/** The objects that the handlers use. */
export interface Services extends BuildServices, StreamServices, LineServices, SearchServices, MonitoringServices {
  readonly access: Access;
}

/** Every route of the app. `README.md` in this folder documents the same table. */
export function routes(services: Services): Readonly<Record<string, AppRoute>> {
  const page = pageHandlers(services.access);
  const session = sessionHandlers(services.access);
  const builds = buildHandlers(services);
  const streams = streamHandlers(services);
  const lines = lineHandlers(services);
  const { search } = searchHandlers(services);
  const monitoring = monitoringHandlers(services);
  return {
    // Without a session, the reply is the sign-in page.
    "/": { needs: "open", GET: page.page },
    "/builds/:id": { needs: "open", GET: page.page },
    // The sign-in page also needs these files, and they do not contain secrets.
    "/page/*file": { needs: "open", GET: page.file },
    "/api/session": { needs: "open", GET: session.show, POST: session.signIn, DELETE: session.signOut },
    "/api/log/push": { needs: "view", GET: streams.feed },
    "/api/projects": { needs: "view", GET: builds.listProjects },
    "/api/project/build": { needs: "build", POST: builds.start },
    "/api/builds": { needs: "view", GET: builds.list },
    "/api/builds/:id": { needs: "view", GET: builds.show },
    "/api/builds/:id/events": { needs: "view", GET: streams.events },
    "/api/builds/:id/outline": { needs: "view", GET: lines.outline },
    "/api/builds/:id/lines": { needs: "view", GET: lines.lines },
    "/api/builds/:id/search": { needs: "view", GET: search },
    "/api/builds/:id/log": { needs: "view", GET: streams.log },
    "/api/builds/:id/cancel": { needs: "build", POST: builds.cancel },
    "/api/builds/:id/rerun": { needs: "build", POST: builds.rerun },
    "/metrics": { needs: "view", GET: monitoring.metrics },
    // Monitors do not have a token.
    "/healthz": { needs: "open", GET: monitoring.health },
  };
}
