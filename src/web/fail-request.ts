import { TailcastError } from "../error.ts";
import { refusalCode, sendError } from "./send-error.ts";
import type { ServerResponse } from "node:http";
import type { BuildService } from "./builders/builders.ts";
import type { RequestMonitor } from "./monitoring/request-monitor.ts";

/** The parts of the app that receive a failed request. */
interface Failures {
  readonly queue: BuildService;
  readonly requests: RequestMonitor;
  /** Receives unexpected errors of the server. */
  readonly onError: (error: unknown) => void;
}

/** Ends a request whose handler or guard failed: counts the refusal, reports a fault of the server, and replies. */
export function failRequest(response: ServerResponse, error: unknown, { queue, requests, onError }: Failures): void {
  const code = refusalCode(error);
  if (code === undefined) onError(error);
  requests.refuse(response, code ?? "INTERNAL_ERROR");
  sendError(response, error, blockingBuild(error, queue));
}

/** Returns the build that prevents the requested one, if the error contains its id and the build still exists. */
function blockingBuild(error: unknown, queue: BuildService): Readonly<Record<string, unknown>> {
  const id = error instanceof TailcastError ? error.buildId : undefined;
  const build = queue.list().find((known) => known.id === id);
  return build === undefined ? {} : { build };
}
