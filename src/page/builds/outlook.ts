import { serverText } from "../words/server-words.ts";
import { words } from "../words/words.ts";
import { statusWord } from "./status.ts";
import type { Build } from "../model.ts";

/** The estimate for a build that is queued or running. */
export interface Outlook {
  /** For example `about 12 s left`, `40 s longer than usual` or `2nd in the queue`; empty without an estimate. */
  readonly text: string;
  /** The basis of the estimate; empty if the text is not an estimate. */
  readonly title: string;
  /** The share of its usual time that has passed, from 0 to 99; `undefined` without an estimate. */
  readonly percent: number | undefined;
  /** Whether it takes noticeably longer than usual. */
  readonly isLate: boolean;
}

/** A build takes longer than usual if it exceeds its usual time by both this factor and this number of milliseconds. */
const tolerance = { factor: 1.2, milliseconds: 2000 };

/**
 * Estimates when a build will start or end.
 *
 * @param now - The server's time, in milliseconds since 1970.
 */
export function outlook(build: Build, now: number): Outlook {
  const { status, startedAt, estimatedDuration } = build;
  if (status !== "running" || startedAt === null || !estimatedDuration) {
    return { text: status === "queued" ? place(build) : "", title: "", percent: undefined, isLate: false };
  }
  const passed = Math.max(0, now - Date.parse(startedAt));
  return {
    text: timeLeft(passed, estimatedDuration),
    title: sentence(usually(estimatedDuration)),
    // Only its end completes a build.
    percent: Math.min(99, Math.floor((100 * passed) / estimatedDuration)),
    isLate: isLonger(passed, estimatedDuration),
  };
}

/** Returns the announcement of a build's new state for screen readers. It is made once, so it holds no ticking time. */
export function announcement(build: Build): string {
  const { projectName, status, message, estimatedDuration } = build;
  if (message !== null) return words().announcement(projectName, serverText(message));
  const usual = status === "running" && estimatedDuration ? usually(estimatedDuration) : "";
  const more = status === "queued" ? place(build) : usual;
  const word = statusWord(status);
  return words().announcement(projectName, more === "" ? word : words().withDetail(word, more));
}

function place({ queuePosition }: Build): string {
  if (queuePosition === null) return "";
  return queuePosition === 1 ? words().nextInQueue : words().placeInQueue(queuePosition);
}

function timeLeft(passed: number, estimated: number): string {
  const left = estimated - passed;
  if (left > 60_000) return words().minutesLeft(Math.ceil(left / 60_000));
  if (left > 0) return words().secondsLeft(Math.ceil(left / 1000));
  if (!isLonger(passed, estimated)) return words().almostDone;
  return words().longerThanUsual(words().duration(-left, true));
}

function isLonger(passed: number, estimated: number): boolean {
  const { factor, milliseconds } = tolerance;
  return passed > Math.max(estimated * factor, estimated + milliseconds);
}

function usually(estimated: number): string {
  return words().usually(words().duration(estimated));
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
