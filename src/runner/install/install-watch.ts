import { setTimeout as delay } from "node:timers/promises";
import { surveyInThread } from "./survey-thread.ts";
import type { StepWatch } from "../planning/step.ts";
import type { StepResult } from "../process/run-step.ts";
import type { DirectoryPin } from "../project/directory-pin.ts";
import type { InstallEntry, InstallLedger, InstallStamp } from "./install-ledger.ts";
import type { SurveyRequest } from "./survey.ts";

/** An install that is about to run. */
export interface PlannedInstall {
  /** The directory in which the package manager runs. */
  readonly pin: DirectoryPin;
  readonly survey: SurveyRequest;
  /** The files that the install depends on, when the build was planned; `undefined` when they could not be read. */
  readonly inputs: Readonly<Record<string, string>> | undefined;
  /** A digest for each condition outside of the project. */
  readonly conditions: Readonly<Record<string, string>>;
  /** The lock files that the install may create. Empty when the project has one. */
  readonly newFiles: readonly string[];
}

/** A file system can give two changes within this time the same time, in milliseconds. */
const FINE_TIME = 30;
const COARSE_TIME = 2100;

/**
 * Keeps the ledger up to date while one install runs: before its first command, the install is noted as unfinished, so
 * that this is on disk if the server is killed.
 */
export class InstallWatch {
  readonly #ledger: InstallLedger;
  readonly #install: PlannedInstall;
  #former: InstallEntry | undefined;

  constructor(ledger: InstallLedger, install: PlannedInstall) {
    this.#ledger = ledger;
    this.#install = install;
  }

  /** Watches the step that removes what is installed. */
  get removal(): StepWatch {
    return { onStart: () => this.#start(), onEnd: (result) => this.#noteFailure(result) };
  }

  /** Watches the step in which the package manager installs. */
  get install(): StepWatch {
    return {
      onStart: () => this.#start(),
      onEnd: async (result, signal) => {
        if (result.type === "succeeded") await this.#write(null, await this.#stamp(signal));
        else await this.#noteFailure(result);
      },
    };
  }

  /** Returns why the install must not start. */
  async #start(): Promise<string | undefined> {
    try {
      this.#former ??= await this.#ledger.read(this.#install.pin);
      await this.#write("was running when the server ended", null);
      return undefined;
    } catch (error) {
      return `the start of the install could not be stored (${(error as Error).message})`;
    }
  }

  async #noteFailure(result: StepResult): Promise<void> {
    switch (result.type) {
      case "succeeded":
        return;
      case "failed":
        return this.#write(`failed with exit code ${result.exitCode}`, null);
      case "killed":
        return this.#write(`was killed by ${result.signal}`, null);
      case "aborted":
        return this.#write("was stopped", null);
      case "not-started":
        // Nothing has changed.
        if (this.#former !== undefined) return this.#ledger.write(this.#former);
        return this.#write(null, null);
    }
  }

  async #write(unfinished: string | null, stamp: InstallStamp | null): Promise<void> {
    await this.#ledger.write({ pin: this.#install.pin, time: new Date().toISOString(), unfinished, stamp });
  }

  /** Returns `null` when the result cannot be compared later. */
  async #stamp(signal: AbortSignal): Promise<InstallStamp | null> {
    const { survey: request, inputs: before, conditions, newFiles } = this.#install;
    if (before === undefined) return null;
    // A later change of a file that was written just now could otherwise have the same time.
    await delay(FINE_TIME);
    let survey = await surveyInThread(request, signal);
    if (survey?.isCoarse === true) {
      await delay(COARSE_TIME);
      survey = await surveyInThread(request, signal);
    }
    if (survey === undefined) return null;
    const { inputs, tree } = survey;
    // Without any files, settings of the user have moved them to a place that is not known.
    if (Object.keys(tree.packages).length === 0) return null;
    const names = new Set([...Object.keys(before), ...Object.keys(inputs)]);
    const isExpected = (name: string): boolean => newFiles.includes(name) && before[name] === undefined;
    const changed = [...names].filter((name) => before[name] !== inputs[name] && !isExpected(name));
    return { inputs: changed.length > 0 ? null : { ...inputs, ...conditions }, tree };
  }
}
