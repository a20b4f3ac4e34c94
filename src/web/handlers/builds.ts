import { HttpError } from "../../http/http-error.ts";
import { sendJson } from "../../http/reply.ts";
import { readFields } from "../../http/request-body.ts";
import { readBuildQuery, selectBuilds } from "../build-query.ts";
import { readBuildRequest } from "../build-request.ts";
import { listProjects } from "../project-list.ts";
import type { ServerResponse } from "node:http";
import type { Handler } from "../../http/router.ts";
import type { ProjectCache } from "../../runner/project/project-cache.ts";
import type { BuildPlanner, PlanRequest } from "../../runner/planning/build-planner.ts";
import type { BuildService } from "../builders/builders.ts";

/** The objects that the handlers of builds use. */
export interface BuildServices {
  readonly queue: BuildService;
  readonly projects: ProjectCache;
  readonly plan: BuildPlanner;
}

/** The routes that list, start and cancel builds. */
export type BuildHandlers = Readonly<Record<"listProjects" | "start" | "list" | "show" | "cancel" | "rerun", Handler>>;

/** Handlers that list, start and cancel builds. */
export function buildHandlers({ queue, projects, plan }: BuildServices): BuildHandlers {
  const accept = async (response: ServerResponse, request: PlanRequest): Promise<void> => {
    const added = queue.add(await plan(request), request);
    // A queue of this process must be asked in this turn whether the build is stored.
    const build = added instanceof Promise ? await added : added;
    await queue.stored(build.id).catch((cause: Error) => {
      // An accepted build must survive even if this process is killed now. The message has no details, since the cause
      // may contain paths.
      const reason = (cause as NodeJS.ErrnoException).code ?? "an error on the server";
      throw new HttpError("NOT_STORED", `Cannot build: the build could not be stored (${reason})`, { cause });
    });
    const msg = `Build of ${build.projectName} accepted`;
    sendJson(response, 202, { msg, build }, { Location: `/api/builds/${build.id}` });
  };
  return {
    listProjects: async ({ response }) => {
      sendJson(response, 200, { projects: listProjects(await projects.find(), queue.list()) });
    },
    start: async ({ request, response }) => accept(response, readBuildRequest(await readFields(request))),
    list: ({ response, query }) => sendJson(response, 200, selectBuilds(queue.list(), readBuildQuery(query))),
    show: async ({ response, parameter }) => sendJson(response, 200, await queue.get(parameter)),
    cancel: async ({ response, parameter }) => {
      const build = await queue.cancel(parameter);
      sendJson(response, 202, { msg: `Cancelling the build of ${build.projectName}`, build });
    },
    // Uses the same inputs with the current state of the project.
    rerun: async ({ response, parameter }) => {
      await accept(response, await queue.inputs(parameter));
    },
  };
}
