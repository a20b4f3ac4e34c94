import { relative } from "node:path";
import { TailcastError } from "../../error.ts";
import { shortenName } from "../format.ts";
import { claimedMembers } from "../package-manager/claimed-members.ts";
import { findProjects } from "../project/find-projects.ts";
import { hasScript, scriptNames } from "../project/scripts.ts";
import { DEFAULT_INPUTS } from "./build-inputs.ts";
import type { DetectedPackageManager } from "../package-manager/detect.ts";
import type { ManagerCall } from "../package-manager/invocation.ts";
import type { Project } from "../project/project.ts";
import type { Step } from "./step.ts";

/** A message must not list a thousand names. */
const MAX_NAMES_SHOWN = 20;

/** The directories whose `package.json` has the script of a build: the project alone, or members of a monorepo. */
export interface ScriptPlaces {
  readonly script: string;
  /** The members of the monorepo that have the script, if its root, which is the project, does not have it. */
  readonly members: readonly string[];
}

/**
 * Finds where a script is. Checked before anything runs: the package manager would report a missing script only after a
 * whole install.
 *
 * @throws {TailcastError} `NO_SCRIPT` when neither the project nor one of its members has it.
 */
export async function findScript(project: Project, script: string): Promise<ScriptPlaces> {
  const { manifest, name, path } = project;
  if (hasScript(manifest, script)) return { script, members: [] };
  const find = async (wanted: string): Promise<string[]> => {
    return (await claimedMembers(project, await findProjects([path], wanted))).map((member) => member.path);
  };
  const members = await find(script);
  if (members.length > 0) return { script, members };
  const names = scriptNames(manifest);
  const others = names.length === 0 ? "it has no scripts" : `its scripts are: ${list(names.map(shortenName))}`;
  const standard = script === DEFAULT_INPUTS.script ? [] : await find(DEFAULT_INPUTS.script);
  const hint = standard.length === 0 ? "" : `; members with a "build" script: ${listPaths(path, standard)}`;
  const wanted = JSON.stringify(shortenName(script));
  const reason = `its package.json has no ${wanted} script; ${others}${hint}`;
  throw new TailcastError("NO_SCRIPT", `Cannot build ${name}: ${reason}`);
}

/** Says that the members run the script, as a part of the sentence about the plan; empty when the project does. */
export function describeMembers({ path }: Project, { script, members }: ScriptPlaces): string {
  if (members.length === 0) return "";
  return `it has no ${JSON.stringify(script)} script, so its members with one run theirs: ${listPaths(path, members)}`;
}

/** Plans the steps that run the script. */
export function scriptSteps(
  { path }: Project,
  { script, members }: ScriptPlaces,
  { manager, isApart }: Pick<DetectedPackageManager, "manager" | "isApart">,
  { command, args, version }: ManagerCall,
): Step[] {
  const { run, runMembers, runMembersSince = 0, apart = [] } = manager;
  if (members.length === 0) return [{ name: "build", command, args: [...args, ...run, script], cwd: path }];
  if (runMembers !== undefined && (version === undefined || Number.parseInt(version, 10) >= runMembersSince)) {
    // Otherwise it runs the script in the members of the workspace above.
    const all = isApart ? [...runMembers, ...apart] : runMembers;
    return [{ name: "build", command, args: [...args, ...all, script], cwd: path }];
  }
  return members.map((cwd) => {
    return { name: `build ${relative(path, cwd)}`, command, args: [...args, ...run, script], cwd };
  });
}

function listPaths(root: string, paths: readonly string[]): string {
  return list(paths.map((path) => relative(root, path)));
}

function list(names: readonly string[]): string {
  return names.slice(0, MAX_NAMES_SHOWN).join(", ") + (names.length > MAX_NAMES_SHOWN ? ", ..." : "");
}
