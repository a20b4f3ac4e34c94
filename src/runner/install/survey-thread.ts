import { Worker } from "node:worker_threads";
import type { InstallSurvey, SurveyRequest } from "./survey.ts";

/** The maximum time of a survey, in milliseconds. On a slow disk, an install takes much longer. */
const MAX_TIME = 120_000;

/** The maximum memory of a thread, in MiB. */
const MEMORY = { maxOldGenerationSizeMb: 512 };

/**
 * Reads the state of an install in a thread.
 *
 * @param signal - Ends the survey.
 * @returns `undefined` when something could not be read, when it took too long, and when `signal` was aborted. Never
 * rejects.
 */
export async function surveyInThread(request: SurveyRequest, signal: AbortSignal): Promise<InstallSurvey | undefined> {
  if (signal.aborted) return undefined;
  const limit = AbortSignal.timeout(MAX_TIME);
  const thread = new Worker(new URL("./survey-worker.js", import.meta.url), {
    workerData: request,
    resourceLimits: MEMORY,
    name: "tailcast install",
    execArgv: [],
  });
  try {
    return await new Promise((resolve) => {
      thread.on("message", resolve);
      // A file was removed meanwhile, or there are too many of them.
      thread.on("error", () => resolve(undefined));
      thread.on("exit", () => resolve(undefined));
      // On Node 20, `AbortSignal.any` may lose the time limit, to which nothing else refers.
      for (const end of [signal, limit]) end.addEventListener("abort", () => resolve(undefined), { once: true });
    });
  } finally {
    await thread.terminate();
  }
}
