/** The thread of one survey: reading the times of 100 000 files would delay the server. */
import { parentPort, workerData } from "node:worker_threads";
import { surveyInstall } from "./survey.ts";
import type { SurveyRequest } from "./survey.ts";

parentPort?.postMessage(surveyInstall(workerData as SurveyRequest));
