import { installModes } from "../runner/planning/build-inputs.ts";
import { HttpError } from "../http/http-error.ts";
import type { InstallMode } from "../runner/planning/build-inputs.ts";

/** The fields of a request for a build. Omitted fields are `undefined`. */
export interface BuildRequest {
  readonly projectPath: string;
  readonly script: string | undefined;
  readonly install: InstallMode | undefined;
}

/**
 * Reads what to build out of the fields of a request body.
 *
 * @throws {HttpError} `BAD_REQUEST` when there is no path, or a field has a value that it cannot have. An empty one
 * is refused, too: it is most likely a variable that was not set.
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
  return { projectPath: projectPath.trim(), script, install };
}
