import { isObject } from "../check-options.ts";
import { installModes } from "../runner/planning/build-inputs.ts";
import { HttpError } from "../http/http-error.ts";
import { variableProblem } from "../runner/program/variables.ts";
import type { InstallMode } from "../runner/planning/build-inputs.ts";

/** The fields of a request for a build. Omitted fields are `undefined`. */
export interface BuildRequest {
  readonly projectPath: string;
  readonly script: string | undefined;
  readonly install: InstallMode | undefined;
  readonly variables: Readonly<Record<string, string>> | undefined;
  readonly color: boolean | undefined;
}

/** The maximum number of variables in a request. */
const MAX_VARIABLES = 100;

/** The names of variables in a form begin with this. */
const FORM_PREFIX = "env.";

const COLORS: ReadonlyMap<unknown, boolean | undefined> = new Map<unknown, boolean | undefined>([
  [undefined, undefined],
  [true, true],
  ["true", true],
  [false, false],
  ["false", false],
]);

/**
 * Reads a request for a build from the fields of a request body.
 *
 * @throws {HttpError} `BAD_REQUEST` when the path is missing, or a field has an invalid value. An empty value is
 * invalid: it probably comes from a variable that was not set.
 */
export function readBuildRequest(fields: Readonly<Record<string, unknown>>): BuildRequest {
  const { projectPath, script, install } = fields;
  if (typeof projectPath !== "string" || projectPath.trim() === "") {
    throw new HttpError("BAD_REQUEST", 'Cannot build: enter the path of a project ("projectPath")');
  }
  if (script !== undefined && (typeof script !== "string" || script === "")) {
    const wanted = 'must be the name of a script in package.json; leave it out for "build"';
    throw new HttpError("BAD_REQUEST", `Cannot build: "script" ${wanted}`);
  }
  const isMode = (value: unknown): value is InstallMode => (installModes as readonly unknown[]).includes(value);
  if (install !== undefined && !isMode(install)) {
    const wanted = installModes.map((mode) => `"${mode}"`).join(" or ");
    throw new HttpError("BAD_REQUEST", `Cannot build: "install" must be ${wanted}; leave it out for "auto"`);
  }
  const { color } = fields;
  if (!COLORS.has(color)) throw new HttpError("BAD_REQUEST", 'Cannot build: "color" must be true or false');
  const variables = requestedVariables(fields);
  return { projectPath, script, install, variables, color: COLORS.get(color) };
}

/** Reads the variables: the object `env` in JSON, the fields `env.NAME` in a form. Errors never show a value. */
function requestedVariables(fields: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> | undefined {
  const { env = {} } = fields;
  const refusal = (reason: string): HttpError => new HttpError("BAD_REQUEST", `Cannot build: "env" ${reason}`);
  if (!isObject(env)) throw refusal("must be an object of texts");
  const inForm = Object.entries(fields).filter(([name]) => name.startsWith(FORM_PREFIX));
  const entries = [
    ...Object.entries(env),
    ...inForm.map(([name, value]) => [name.slice(FORM_PREFIX.length), value] as const),
  ];
  if (entries.length > MAX_VARIABLES) throw refusal(`must not have more than ${MAX_VARIABLES} variables`);
  const variables = entries.map(([name, value]) => {
    if (typeof value !== "string") throw refusal("must be an object of texts");
    const problem = variableProblem(name, value);
    if (problem !== undefined) throw refusal(problem);
    return [name, value] as const;
  });
  return variables.length === 0 ? undefined : Object.fromEntries(variables);
}
