import { TailcastError } from "../../error.ts";
import { sendJson } from "../../http/reply.ts";
import { readLineQuery } from "../line-query.ts";
import type { Handler } from "../../http/router.ts";
import type { BuildQueue } from "../../runner/build-queue.ts";
import type { BuildLines } from "../../streams/lines/build-lines.ts";
import type { StreamRegistry } from "../../streams/stream-registry.ts";

/** The objects that the handlers of lines use. */
export interface LineServices {
  readonly queue: BuildQueue;
  readonly streams: StreamRegistry;
}

/** Handlers of the lines of a log by number. */
export function lineHandlers({ queue, streams }: LineServices): Readonly<Record<"outline" | "lines", Handler>> {
  const linesOf = async (buildId: string): Promise<BuildLines> => {
    const lines = await streams.linesOf(queue.get(buildId));
    if (lines === undefined) throw new TailcastError("BUILD_NOT_FOUND", `Cannot find the build ${buildId}`);
    return lines;
  };
  return {
    outline: async ({ response, parameter }) => sendJson(response, 200, await (await linesOf(parameter)).outline()),
    lines: async ({ response, query, parameter }) => {
      const { from, count } = readLineQuery(query);
      sendJson(response, 200, await (await linesOf(parameter)).lines(from, count));
    },
  };
}
