import { draftProject, pinFolders, planProject } from "./plan.ts";
import { addVariables } from "../program/variables.ts";
import { InstallLedger } from "../install/install-ledger.ts";
import { draftFolder } from "../settings/plan-folder.ts";
import { buildEnvironment } from "../program/environment.ts";
import { openFolder, readProject } from "../project/project.ts";
import { readProjectVariables } from "../project/project-variables.ts";
import type { Environment } from "../program/find-program.ts";
import type { BuildVariables } from "../program/variables.ts";
import type { BuildInputs } from "./build-inputs.ts";
import type { Plan } from "./plan.ts";
import type { PlanDraft } from "./plan-draft.ts";
import type { ProjectFolder } from "../project/project.ts";
import type { ProjectSettings } from "../settings/project-settings.ts";

/** The chosen inputs of a build; `undefined` stands for the default. */
export type ChosenInputs = { readonly [Name in keyof BuildInputs]: BuildInputs[Name] | undefined };

/** A request for a build, from a client or from the record of a build that was queued when a server ended. */
export interface PlanRequest extends ChosenInputs, Pick<BuildVariables, "variables" | "color"> {
  /** Absolute, or relative to one of the roots. */
  readonly projectPath: string;
}

/**
 * Plans the build of a folder; `undefined` leaves it to the folder's `package.json`. It is called before the build is
 * accepted, so anything slow belongs into a draft.
 */
export type FolderPlanner = (
  folder: ProjectFolder,
  inputs: ChosenInputs,
) => Plan | PlanDraft | undefined | Promise<Plan | PlanDraft | undefined>;

/** Checks a requested build. Runs no program. Rejects when the folder is outside the roots, or cannot be built. */
export type BuildPlanner = (request: PlanRequest) => Promise<Plan | PlanDraft>;

/** The files and variables that a {@link BuildPlanner} uses. */
export interface PlannerOptions {
  /** The environment of builds, whose `PATH` is searched. Default: {@link buildEnvironment}. */
  readonly env?: Environment | undefined;
  /** The folder with the variables of each project. Default: projects have none. */
  readonly variablesFolder?: string | undefined;
  /** The last install of each directory. Default: it is in memory, and empty. */
  readonly installs?: InstallLedger | undefined;
  /** Folders that are an installation of Node.js, or hold several: absolute. Default: none. */
  readonly nodePath?: readonly string[] | undefined;
  /** The settings of folders. Default: none. */
  readonly settings?: ProjectSettings | undefined;
}

/**
 * Creates the function that drafts every build, also the plan of a restored build: a stored plan is never run, since
 * anyone who can write a file could have planted it.
 *
 * @param roots - Only folders in or below these directories can be built.
 * @param describe - Called for every folder first, also for one that the settings name.
 */
export function buildPlanner(
  roots: readonly string[],
  describe: FolderPlanner,
  options: PlannerOptions = {},
): BuildPlanner {
  const { env = buildEnvironment(), variablesFolder, settings } = options;
  const { installs = new InstallLedger(), nodePath = [] } = options;
  return async ({ projectPath, script, install, variables, color }) => {
    const folder = await openFolder(projectPath, roots);
    // Before anything in the folder is read: it must still be the same folder when the build starts.
    const pins = await pinFolders(folder.path);
    const isConfigured = variablesFolder !== undefined;
    const projectVariables = isConfigured ? await readProjectVariables(variablesFolder, folder.path) : undefined;
    const given = { projectVariables, variables, color };
    const described = await describe(folder, { script, install });
    if (described !== undefined) return { pins, ...described, ...given };
    const found = await settings?.find(folder.path);
    const inputs = { script, install, env: addVariables(env, given, found?.env) };
    if (found !== undefined) {
      const request = { folder, options: inputs, pins, installs, nodePath };
      return { ...(await draftFolder(found, request)), ...given };
    }
    const draft = await draftProject(await readProject(folder), inputs, pins, async (context) => {
      // Read again: the files may have changed while the build was queued.
      return planProject(await readProject(folder), inputs, pins, { ...context, installs, nodePath });
    });
    return { ...draft, ...given };
  };
}
