import { checkChoice, checkNames, checkValue, kinds } from "../../check-options.ts";
import { TailcastError } from "../../error.ts";
import { pinDirectories } from "../project/directory-pin.ts";
import { buildEnvironment } from "../program/environment.ts";
import { DEFAULT_INPUTS, installModes } from "./build-inputs.ts";
import { planInstall } from "../install/install-plan.ts";
import { findManager } from "../package-manager/invocation.ts";
import { detectPackageManager } from "../package-manager/detect.ts";
import { lockFormatProblem } from "../package-manager/lock-format.ts";
import { chooseNode } from "../node/choose-node.ts";
import { makeShims } from "../program/shims.ts";
import { describeMembers, findScript, scriptSteps } from "./script-steps.ts";
import { addToPath } from "../program/variables.ts";
import type { OptionNames } from "../../check-options.ts";
import type { InstallLedger } from "../install/install-ledger.ts";
import type { DirectoryPin } from "../project/directory-pin.ts";
import type { BuildVariables } from "../program/variables.ts";
import type { ChosenNode, NamedSetting } from "../node/choose-node.ts";
import type { Environment } from "../program/find-program.ts";
import type { BuildInputs, InstallMode } from "./build-inputs.ts";
import type { ManagerCall } from "../package-manager/invocation.ts";
import type { PackageManager } from "../package-manager/managers.ts";
import type { PlanContext, PlanDraft } from "./plan-draft.ts";
import type { Project } from "../project/project.ts";
import type { Step } from "./step.ts";

/** The steps of a build, which run one after the other until one fails. */
export interface Plan extends BuildVariables {
  /** The project's directory. At most one build of a directory is queued or running at a time. */
  readonly projectPath: string;
  readonly projectName: string;
  /** Shown to clients; `null` when the plan uses no package manager. */
  readonly packageManager: string | null;
  /**
   * The inputs that the plan was made from, kept in the build's record. Default: `null`, the plan offered no choice.
   */
  readonly script?: string | null | undefined;
  readonly install?: InstallMode | null | undefined;
  /** The reason for this plan, in one sentence: the first line of the log. Empty: no such line. */
  readonly reason: string;
  /** Shown after the reason, one line each. */
  readonly warnings: readonly string[];
  readonly steps: readonly Step[];
  /** The time limit of the build, in milliseconds; 0: no limit. Default: that of the queue. */
  readonly timeout?: number | undefined;
  /**
   * Makes another plan, for steps that follow these ones and depend on what they do. The build calls it in a step of
   * its own, `plan again`, when these steps have succeeded. Default: no steps follow.
   */
  readonly next?: ((context: PlanContext) => Plan | Promise<Plan>) | undefined;
  /** The version of Node.js that runs the build, for clients. Default: `null`, it is unknown. */
  readonly nodeVersion?: string | null | undefined;
  /** Directories that stand first in the `PATH` of its steps. Default: none. */
  readonly programFolders?: readonly string[] | undefined;
  /** Directories that must still be the same when a step starts. Default: none. */
  readonly pins?: readonly DirectoryPin[] | undefined;
}

/** The options of {@link planBuild}. */
export interface PlanOptions {
  /** The script of `package.json` that builds the project. Default `build`. */
  script?: string | undefined;
  /** How its dependencies are installed. Default `auto`. */
  install?: InstallMode | undefined;
  /** The environment whose `PATH` is searched. Default: the one that builds get, {@link buildEnvironment}. */
  env?: Environment | undefined;
}

/** The options of a plan inside of the runner. */
export interface ProjectPlanOptions extends PlanOptions {
  /** Whether the plan runs a script. Default: it does. */
  hasScript?: boolean | undefined;
}

const optionNames: OptionNames<PlanOptions> = { script: true, install: true, env: true };

/** The build that a plan is made for, and the state of the server. */
export interface PlanningContext extends Pick<PlanContext, "limits" | "makeFolder"> {
  /** The last install of each directory. */
  readonly installs: InstallLedger;
  /** Folders that are an installation of Node.js, or hold several: absolute. */
  readonly nodePath: readonly string[];
  /** The Node.js that the settings of the project name. Default: the files of the project decide. */
  readonly nodeSetting?: NamedSetting | undefined;
}

/**
 * Plans the build of a JavaScript project: install its dependencies, exactly as the lock file of its package manager
 * says if that exists, then run its `build` script or another one. Nothing of the project runs yet, but the package
 * manager may run to report its version.
 *
 * If the project is the root of a monorepo without the script, its members that have the script run it.
 *
 * @throws {TailcastError} `NO_SCRIPT` when no `package.json` has such a script; the message lists other scripts.
 * `PROJECT_NOT_FOUND` when the directory was removed since the project was opened. `INVALID_OPTION`, naming the option.
 */
export async function planBuild(project: Project, options: PlanOptions = {}): Promise<Plan> {
  checkNames(options, optionNames);
  checkValue("project.path", checkValue("project", project, kinds.object).path, kinds.filledText);
  checkValue("project.root", project.root, kinds.filledText);
  checkValue("project.name", project.name, kinds.text);
  checkValue("project.manifest", project.manifest, kinds.object);
  return planProject(project, options, await pinFolders(project.path));
}

/**
 * The same as {@link planBuild} for a project that is pinned already.
 *
 * @param pins - The project's folder as it was before it was read.
 * @param context - Default: it is not known, so the install is never skipped, and no Node.js is chosen.
 */
export async function planProject(
  project: Project,
  options: ProjectPlanOptions,
  pins: readonly DirectoryPin[],
  context?: PlanningContext,
): Promise<Plan> {
  const { script, install, env: given } = checkInputs(options);
  const places = options.hasScript === false ? undefined : await findScript(project, script);
  const detected = await detectPackageManager(project);
  const { manager, installPath, because } = detected;
  const wish = { project, places: detected.places, cwd: installPath, env: given, setting: context?.nodeSetting };
  const node = context && (await chooseNode({ ...context, ...wish }));
  const nodeFolders = node?.folder === undefined ? [] : [node.folder];
  const env = addToPath(given, nodeFolders);
  const call = await findManager(detected, env, context?.limits);
  const comparison =
    context && { ledger: context.installs, env, limits: context.limits, nodeVersion: node?.version };
  const installation = await planInstall(detected, call, install, comparison);
  const lockProblem = await lockFormatProblem(project, detected, call.version);
  const subject = [manager.name, call.version, nodeText(manager, node)].filter((part) => part !== undefined).join(" ");
  const members = places === undefined ? "" : describeMembers(project, places);
  const reasons = [`${subject}, because ${because}`, node?.reason ?? "", installation.reason, call.note, members];
  return {
    projectPath: project.path,
    projectName: project.name,
    packageManager: manager.name,
    script,
    install,
    reason: reasons.filter((reason) => reason !== "").join("; "),
    warnings: [
      ...detected.warnings,
      ...(node?.warnings ?? []),
      ...call.warnings,
      ...installation.warnings,
      ...(lockProblem === undefined ? [] : [lockProblem]),
    ],
    steps: [
      ...installation.steps,
      ...(places === undefined ? [] : scriptSteps(project, places, detected, call)),
    ],
    nodeVersion: node?.version,
    // The shims call corepack, which needs the Node.js behind them.
    programFolders: context && [...(await shimFolders(manager, call, context)), ...nodeFolders],
    pins: installPath === project.path ? pins : [...pins, ...(await pinFolders(installPath))],
  };
}

/** A manager that is no script, such as Bun, does not run on Node.js, but its scripts call it. */
function nodeText({ windowsScript }: PackageManager, node: ChosenNode | undefined): string | undefined {
  if (node?.version === undefined) return undefined;
  return `${windowsScript === undefined ? "with" : "on"} Node.js ${node.version}`;
}

/** Without shims, scripts would not find the manager that corepack runs, or find another version of it. */
async function shimFolders(
  { corepackPrograms }: PackageManager,
  { corepack }: ManagerCall,
  context: Pick<PlanContext, "makeFolder"> | undefined,
): Promise<readonly string[]> {
  if (corepack === undefined || context === undefined || process.platform === "win32") return [];
  const folder = await context.makeFolder();
  await makeShims(folder, corepackPrograms, corepack);
  return [folder];
}

/**
 * Checks from files alone whether {@link planProject} can plan the build. Runs no program.
 *
 * @param pins - The project's folder as it was before it was read.
 * @param plan - Makes the plan when the build runs.
 * @throws {TailcastError} As {@link planBuild}.
 */
export async function draftProject(
  project: Project,
  options: ProjectPlanOptions,
  pins: readonly DirectoryPin[],
  plan: PlanDraft["plan"],
): Promise<PlanDraft> {
  const { script, install } = checkInputs(options);
  const { members } = options.hasScript === false ? { members: [] } : await findScript(project, script);
  const { manager, installPath } = await detectPackageManager(project);
  const directories = [...new Set([project.path, installPath, ...members])];
  const { path: projectPath, name: projectName } = project;
  const all = installPath === projectPath ? pins : [...pins, ...(await pinFolders(installPath))];
  return { projectPath, projectName, packageManager: manager.name, script, install, directories, pins: all, plan };
}

function checkInputs(options: ProjectPlanOptions): Required<BuildInputs> & { readonly env: Environment } {
  const { script = DEFAULT_INPUTS.script, install = DEFAULT_INPUTS.install, env = buildEnvironment() } = options;
  checkValue("script", script, kinds.filledText);
  checkChoice("install", install, installModes);
  checkValue("env", env, kinds.object);
  return { script, install, env };
}

/** Records which directories these paths lead to now. @throws {TailcastError} `PROJECT_NOT_FOUND` */
export async function pinFolders(...paths: readonly string[]): Promise<readonly DirectoryPin[]> {
  return pinDirectories(paths).catch((cause: unknown) => {
    // The directory existed a moment ago.
    throw new TailcastError("PROJECT_NOT_FOUND", "Cannot open the project: its directory was removed", { cause });
  });
}
