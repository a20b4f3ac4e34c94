import { basename } from "node:path";
import { plainText } from "../../terminal/plain-text.ts";
import { shortenName } from "../format.ts";
import { chooseNode } from "../node/choose-node.ts";
import { detectPackageManager } from "../package-manager/detect.ts";
import { draftProject, planProject } from "../planning/plan.ts";
import { NEXT_PLAN_STEP, PLAN_STEP } from "../planning/plan-draft.ts";
import { readProject } from "../project/project.ts";
import { nameOf } from "./project-settings.ts";
import type { InstallLedger } from "../install/install-ledger.ts";
import type { NamedSetting } from "../node/choose-node.ts";
import type { Plan, PlanOptions, ProjectPlanOptions } from "../planning/plan.ts";
import type { PlanContext, PlanDraft } from "../planning/plan-draft.ts";
import type { Step } from "../planning/step.ts";
import type { DirectoryPin } from "../project/directory-pin.ts";
import type { Environment } from "../program/find-program.ts";
import type { ProjectFolder } from "../project/project.ts";
import type { SettingsCommand, SettingsStep } from "./folder-settings.ts";
import type { AppliedSettings } from "./project-settings.ts";

/** The request for the build of a folder. */
export interface FolderRequest {
  readonly folder: ProjectFolder;
  readonly options: PlanOptions & { readonly env: Environment };
  readonly pins: readonly DirectoryPin[];
  readonly installs: InstallLedger;
  readonly nodePath: readonly string[];
}

/** The steps that the package manager plans. */
type Planned = Pick<
  Plan,
  "reason" | "warnings" | "steps" | "packageManager" | "nodeVersion" | "programFolders" | "pins"
>;

/** Names of steps that commands cannot have, since other steps have them. */
const RESERVED_NAMES: readonly string[] = [PLAN_STEP, NEXT_PLAN_STEP, "clean", "install", "build"];

const NOTHING: Planned = { reason: "", warnings: [], steps: [], packageManager: null };

/**
 * Drafts the build of a folder that a settings file names. Commands in front of `install` and `build` can change the
 * files that decide these steps, e.g. `git pull`. So those steps are planned after the commands.
 *
 * @throws {TailcastError} As `planBuild`, if the steps include `install` or `build`.
 */
export async function draftFolder(settings: AppliedSettings, request: FolderRequest): Promise<PlanDraft> {
  const { folder, pins } = request;
  const { steps, timeout, name } = settings;
  const plan = (context: PlanContext): Promise<Plan> => planSteps(settings, request, draft, context);
  const { path } = folder;
  const base = steps.some(isPlanned)
    ? await draftProject(await readProject(folder), optionsOf(settings, request.options), pins, plan)
    : { projectPath: path, projectName: await nameOf(folder), packageManager: null, directories: [path], pins, plan };
  const draft: PlanDraft = {
    ...base,
    projectName: name === undefined ? base.projectName : plainText(name),
    script: steps.includes("build") ? base.script : null,
    install: steps.includes("install") ? base.install : null,
    timeout,
  };
  return draft;
}

/** The choices of the request that the steps of the settings leave open. */
function optionsOf({ steps }: AppliedSettings, options: PlanOptions): ProjectPlanOptions {
  const install = steps.includes("install") ? options.install : "skip";
  return { ...options, install, hasScript: steps.includes("build") };
}

async function planSteps(
  settings: AppliedSettings,
  request: FolderRequest,
  draft: PlanDraft,
  context: PlanContext,
): Promise<Plan> {
  const { steps, file, problem } = settings;
  const first = countFirst(steps);
  const origin = `the settings in ${basename(file)} name the steps`;
  const warnings = problem === undefined ? [] : [`the last change of the settings does not apply: ${problem}`];
  const { directories, plan, ...facts } = draft;
  const commands = commandsOf(steps.slice(0, first), settings, request.folder.path);
  const planRest = async (now: PlanContext, reasons: readonly string[], said: readonly string[]): Promise<Plan> => {
    const rest = steps.slice(first);
    const planned = await (rest.some(isPlanned) ? planManaged : planCommands)(settings, request, now);
    return {
      ...facts,
      ...planned,
      reason: [...reasons, planned.reason].filter((reason) => reason !== "").join("; ") || "the rest is as planned",
      warnings: [...(first === 0 ? warnings : []), ...planned.warnings].filter((warning) => !said.includes(warning)),
      steps: commandsOf(rest, settings, request.folder.path, planned.steps, commands),
    };
  };
  if (first === 0) return planRest(context, [origin], []);
  const start = await planCommands(settings, request, context);
  const order = `the steps below ${commands.at(-1)?.name} are planned after it`;
  return {
    ...facts,
    nodeVersion: start.nodeVersion,
    programFolders: start.programFolders,
    reason: [origin, start.reason, order].filter((reason) => reason !== "").join("; "),
    warnings: [...warnings, ...start.warnings],
    steps: commands,
    next: (later) => planRest(later, [], start.warnings),
  };
}

/** Chooses the Node.js of commands. A folder without `package.json` needs none, unless its settings name one. */
async function planCommands(
  settings: AppliedSettings,
  { folder, options: { env }, nodePath }: FolderRequest,
  context: PlanContext,
): Promise<Planned> {
  const setting = nodeSettingOf(settings);
  const project = await readProject(folder).catch(() => undefined);
  if (project === undefined && setting === undefined) return NOTHING;
  const places = project === undefined ? [] : (await detectPackageManager(project)).places;
  const request = { project: folder, places, cwd: folder.path, env, nodePath, setting, limits: context.limits };
  const { version, folder: programs, reason, warnings } = await chooseNode(request);
  const name = version === undefined ? [] : [`the commands run on Node.js ${version}`];
  return {
    ...NOTHING,
    reason: [...name, reason].filter((part) => part !== "").join("; "),
    warnings,
    nodeVersion: version,
    programFolders: programs === undefined ? [] : [programs],
  };
}

function nodeSettingOf({ node, file }: AppliedSettings): NamedSetting | undefined {
  return node && { ...node, source: `node in ${basename(file)}` };
}

function isPlanned(step: SettingsStep): step is "install" | "build" {
  return typeof step === "string";
}

/** How many commands run before the rest is planned. */
function countFirst(steps: readonly SettingsStep[]): number {
  const planned = steps.findIndex(isPlanned);
  if (planned !== -1) return planned;
  // The commit that a build is of is read with the plan.
  const others = steps.findIndex((step) => isPlanned(step) || step.command !== "git");
  return Math.max(others, 0);
}

async function planManaged(
  settings: AppliedSettings,
  { folder, options, pins, installs, nodePath }: FolderRequest,
  context: PlanContext,
): Promise<Planned> {
  const project = await readProject(folder);
  const server = { installs, nodePath, nodeSetting: nodeSettingOf(settings) };
  const plan = await planProject(project, optionsOf(settings, options), pins, { ...context, ...server });
  const { reason, warnings, steps, packageManager, nodeVersion, programFolders } = plan;
  return { reason, warnings, steps, packageManager, nodeVersion, programFolders, pins: plan.pins };
}

/**
 * The steps of a part of the settings. Their names differ from each other.
 *
 * @param planned - The steps that `install` and `build` stand for.
 * @param before - The steps of the part before.
 */
function commandsOf(
  part: readonly SettingsStep[],
  { env }: AppliedSettings,
  cwd: string,
  planned: readonly Step[] = [],
  before: readonly Step[] = [],
): Step[] {
  const isInstall = ({ name }: Step): boolean => name === "install" || name === "clean";
  const taken = new Set([...RESERVED_NAMES, ...[...planned, ...before].map(({ name }) => name)]);
  const steps = part.flatMap((step): readonly Step[] => {
    if (step === "install") return planned.filter(isInstall);
    if (step === "build") return planned.filter((each) => !isInstall(each));
    return [{ ...commandOf(step, taken), cwd }];
  });
  return steps.map((step) => ({ ...step, env: { ...step.env, ...env } }));
}

function commandOf({ name, command, args }: SettingsCommand, taken: Set<string>): Omit<Step, "cwd"> {
  const wanted = plainText(shortenName(name)) || "command";
  let free = wanted;
  for (let number = 2; taken.has(free); number++) free = `${wanted} ${number}`;
  taken.add(free);
  return { name: free, command, args };
}
