import { MAX_DELAY, isObject } from "../../check-options.ts";
import { typeName } from "../../error.ts";
import { parseNodeSetting } from "../node/node-setting.ts";
import { variableProblem } from "../program/variables.ts";
import { propertyPath } from "./json-source.ts";
import { splitWords } from "./split-words.ts";
import type { NodeSetting } from "../node/node-setting.ts";
import type { JsonSource } from "./json-source.ts";

/** A command of a settings file. */
export interface SettingsCommand {
  /** The name of the step. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
}

/** `install` and `build` stand for the steps that the package manager of the folder needs for that. */
export type SettingsStep = SettingsCommand | "install" | "build";

/** The settings of one folder. */
export interface FolderSettings {
  /** The folder as the file names it. */
  readonly folder: string;
  /** Default: the name in `package.json`, or the folder's. */
  readonly name: string | undefined;
  readonly steps: readonly SettingsStep[];
  /** Variables of all its steps. */
  readonly env: Readonly<Record<string, string>>;
  /** The time limit of a build, in milliseconds; 0: no limit. Default: that of every build. */
  readonly timeout: number | undefined;
  /** The Node.js of its steps. Default: the one that the files of the folder name. */
  readonly node: NodeSetting | undefined;
}

const MAX_SECONDS = Math.floor(MAX_DELAY / 1000);

const PLANNED: readonly ["install", "build"] = ["install", "build"];

/**
 * Reads the folders of a settings file.
 *
 * @param base - The folder of the file. Relative paths start there.
 * @throws {JsonProblem} A property is unknown, or has a wrong value.
 */
export function readFolders(source: JsonSource, base: string): FolderSettings[] {
  const reader = new SettingsReader(source);
  const { projects } = reader.object("", source.value, ["projects"]);
  return Object.entries(reader.object("projects", projects)).map(([folder, value]) => {
    const path = propertyPath("projects", folder);
    const known = ["name", "steps", "env", "timeout", "node"];
    const { name, steps, env = {}, timeout, node } = reader.object(path, value, known);
    return {
      folder,
      name: name === undefined ? undefined : reader.text(`${path}.name`, name),
      steps: steps === undefined ? PLANNED : reader.steps(`${path}.steps`, steps),
      env: reader.variables(`${path}.env`, env),
      timeout: timeout === undefined ? undefined : reader.seconds(`${path}.timeout`, timeout) * 1000,
      node: node === undefined ? undefined : reader.node(`${path}.node`, node, base),
    };
  });
}

/** Reads values, and reports wrong ones with their place. */
class SettingsReader {
  readonly #source: JsonSource;

  constructor(source: JsonSource) {
    this.#source = source;
  }

  object(path: string, value: unknown, known?: readonly string[]): Readonly<Record<string, unknown>> {
    if (!isObject(value)) throw this.#wrong(path, "an object", value);
    for (const name of Object.keys(value)) {
      if (known === undefined || known.includes(name)) continue;
      const inner = propertyPath(path, name);
      throw this.#source.problem(inner, `there is no property ${inner}; known are: ${known.join(", ")}`);
    }
    return value;
  }

  text(path: string, value: unknown): string {
    if (typeof value !== "string" || value.trim() === "") throw this.#wrong(path, "a non-empty string", value);
    return value;
  }

  seconds(path: string, value: unknown): number {
    if (Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= MAX_SECONDS) {
      return value as number;
    }
    const wanted = `a number of seconds from 0 to ${MAX_SECONDS}, without a fraction`;
    throw this.#source.problem(path, `${path} must be ${wanted}`);
  }

  node(path: string, value: unknown, base: string): NodeSetting {
    const setting = parseNodeSetting(this.text(path, value), base);
    if (setting !== undefined) return setting;
    throw this.#source.problem(path, `${path} must be a version such as "20" or "lts/*", or the path of a folder`);
  }

  variables(path: string, value: unknown): Readonly<Record<string, string>> {
    for (const [name, text] of Object.entries(this.object(path, value))) {
      const inner = propertyPath(path, name);
      if (typeof text !== "string") throw this.#wrong(inner, "a string", text);
      const problem = variableProblem(name, text);
      if (problem !== undefined) throw this.#source.problem(inner, `${path} ${problem}`);
    }
    return value as Readonly<Record<string, string>>;
  }

  steps(path: string, value: unknown): SettingsStep[] {
    if (!Array.isArray(value) || value.length === 0) throw this.#wrong(path, "a list with at least one step", value);
    const steps = value.map((step: unknown, index) => this.#step(propertyPath(path, index), step));
    for (const planned of PLANNED) {
      const second = steps.indexOf(planned, steps.indexOf(planned) + 1);
      if (steps.includes(planned) && second > -1) {
        throw this.#source.problem(propertyPath(path, second), `${path} must not have "${planned}" twice`);
      }
    }
    return steps;
  }

  #step(path: string, value: unknown): SettingsStep {
    if (value === "install" || value === "build") return value;
    const step = isObject(value) ? this.object(path, value, ["name", "command", "shell"]) : { command: value };
    const { name, command, shell }: { name?: unknown; command?: unknown; shell?: unknown } = step;
    if ((command === undefined) === (shell === undefined)) {
      throw this.#source.problem(path, `${path} must have either "command" or "shell"`);
    }
    const inner = isObject(value) ? `${path}.${command === undefined ? "shell" : "command"}` : path;
    const words = command === undefined ? ["/bin/sh", "-c", this.text(inner, shell)] : this.#words(inner, command);
    const [program = "", ...args] = words;
    const usual = command === undefined ? "shell" : (program.split(/[/\\]/).at(-1) ?? program);
    return { name: name === undefined ? usual : this.text(`${path}.name`, name), command: program, args };
  }

  #words(path: string, command: unknown): readonly string[] {
    const isList = Array.isArray(command) && command.length > 0 && command.every((word) => typeof word === "string");
    if (isList && command[0] !== "") return command;
    if (typeof command !== "string") throw this.#wrong(path, "a string, or a list of words", command);
    try {
      return splitWords(command);
    } catch (error) {
      throw this.#source.problem(path, `${path} cannot be run: ${(error as RangeError).message}`);
    }
  }

  #wrong(path: string, wanted: string, value: unknown): Error {
    const found = value === "" ? '""' : typeName(value);
    return this.#source.problem(path, `${path === "" ? "the file" : path} must be ${wanted}, not ${found}`);
  }
}
