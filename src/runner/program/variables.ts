import { delimiter } from "node:path";
import type { Environment } from "./find-program.ts";

/** The variables that people give to one build, in addition to those of every build. */
export interface BuildVariables {
  /** From the project's file in the data folder. They win over the environment of every build and over steps. */
  readonly projectVariables?: Readonly<Record<string, string>> | undefined;
  /** From the request. They win over all others. The build's record has their names. */
  readonly variables?: Readonly<Record<string, string>> | undefined;
  /** From the request: whether programs colour their output. Default: as in every build. */
  readonly color?: boolean | undefined;
}

/** Also names like `npm_config_//registry.example/:_authToken`. */
const NAME = /^[A-Za-z_][\w./:@-]{0,255}$/;

/** The variables that turn colours on, and the one that turns them off. */
const COLORS_ON = { FORCE_COLOR: "1", CLICOLOR_FORCE: "1", npm_config_color: "always" };
const COLORS_OFF = { NO_COLOR: "1" };
const ABOUT_COLORS: ReadonlySet<string> = new Set([
  ...Object.keys({ ...COLORS_ON, ...COLORS_OFF }),
  "NODE_DISABLE_COLORS",
]);

/** Values that are no secret, and that occur in most logs. */
const COMMON_VALUE = /^(?:true|false|yes|no|on|off|null|none|test|debug|info|production|development|staging|\d)$/i;

/** The minimum length of a masked value. Masking three characters would make any log unreadable. */
export const MIN_SECRET_LENGTH = 4;

/**
 * Says why a build cannot have a variable, to complete a sentence that begins with its source. The value is not shown,
 * nor a name of the wrong form: both can be a secret.
 *
 * @returns `undefined` when it can.
 */
export function variableProblem(name: string, value: string): string | undefined {
  if (!NAME.test(name)) return "holds something that is not NAME=value";
  if (name.startsWith("TAILCAST_")) return `must not set ${name}: such names belong to this server`;
  return value.includes("\0") ? `must not set ${name} to a value with a NUL character` : undefined;
}

/** Adds the variables of one build to the environment of every build. */
export function addVariables(env: Environment, given: BuildVariables, step: Environment = {}): Environment {
  const { projectVariables, color, variables } = given;
  const merged = { ...env, ...step, ...projectVariables };
  return { ...(color === undefined ? merged : decideColors(merged, color)), ...variables };
}

/** Puts directories in front of `PATH`. */
export function addToPath(env: Environment, folders: readonly string[] = []): Environment {
  if (folders.length === 0) return env;
  return { ...env, PATH: [...folders, env["PATH"] ?? ""].filter((part) => part !== "").join(delimiter) };
}

/** The names of variables whose values must not be in the log: they are not empty, nor words that are in most logs. */
export function secretNames(variables: Environment = {}): string[] {
  const entries = Object.entries(variables);
  return entries.filter(([, value = ""]) => value.trim() !== "" && !COMMON_VALUE.test(value)).map(([name]) => name);
}

/** The values that must not be in the log: those of {@link secretNames}. */
export function variableSecrets(...layers: readonly (Environment | undefined)[]): string[] {
  return layers.flatMap((layer) => secretNames(layer).map((name) => layer?.[name] ?? ""));
}

/** A sentence for each variable of {@link secretNames} whose value is too short to be masked. */
export function unmaskedVariables(variables: Environment): string[] {
  const names = secretNames(variables).filter((name) => isTooShort(variables[name] ?? "", MIN_SECRET_LENGTH));
  return names.map((name) => unmaskedSentence(name, MIN_SECRET_LENGTH));
}

/** Whether a value cannot be masked. */
export function isTooShort(value: string, minLength: number): boolean {
  return value.trim().length < minLength;
}

/** Says that a variable is not masked. */
export function unmaskedSentence(name: string, minLength: number): string {
  return `${name} is not masked: its value has fewer than ${minLength} characters`;
}

function decideColors(env: Environment, isOn: boolean): Environment {
  const others = Object.entries(env).filter(([name]) => !ABOUT_COLORS.has(name));
  return { ...Object.fromEntries(others), ...(isOn ? COLORS_ON : COLORS_OFF) };
}
