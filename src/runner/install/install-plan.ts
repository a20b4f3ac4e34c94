import { fileURLToPath } from "node:url";
import { formatDuration } from "../../terminal/duration.ts";
import { pinDirectories } from "../project/directory-pin.ts";
import { workspaceGlobs } from "../project/workspace.ts";
import { decideInstall } from "./decide-install.ts";
import { installConditions } from "./install-conditions.ts";
import { InstallWatch } from "./install-watch.ts";
import { surveyInThread } from "./survey-thread.ts";
import type { ProgramLimits } from "../cgroup/program-limits.ts";
import type { DetectedPackageManager } from "../package-manager/detect.ts";
import type { ManagerCall } from "../package-manager/invocation.ts";
import type { InstallMode } from "../planning/build-inputs.ts";
import type { Step } from "../planning/step.ts";
import type { Environment } from "../program/find-program.ts";
import type { InstallDecision } from "./decide-install.ts";
import type { InstallEntry, InstallLedger } from "./install-ledger.ts";

/** The install of a project's dependencies. */
export interface InstallPlan {
  /** A part of the sentence about the plan: `the install is frozen by pnpm-lock.yaml`. */
  readonly reason: string;
  readonly warnings: readonly string[];
  readonly steps: readonly Step[];
}

/** Compares an install with the last one. Only possible while the build runs: other builds may install before it. */
export interface InstallComparison {
  readonly ledger: InstallLedger;
  readonly env: Environment;
  readonly limits: ProgramLimits;
  /** The version of Node.js that runs the install; `undefined` when it is unknown. */
  readonly nodeVersion: string | undefined;
}

/**
 * The time that an install has to end after SIGTERM, in milliseconds: npm removes the packages that it has extracted
 * in part, which takes longer than 5 s in large projects.
 */
export const INSTALL_KILL_GRACE = 30_000;

const REMOVAL = fileURLToPath(new URL("./remove-modules-program.js", import.meta.url));

/** How to make a directory the root of an install. */
const OWN_ROOTS = {
  "lock file": "create an empty yarn.lock in the project",
  "workspace list": 'add "workspaces": [] to the package.json of the project',
} as const;

/**
 * Plans the install of a project's dependencies.
 *
 * @param comparison - Default: the install is never skipped.
 * @throws Error when the package manager would install above the allowed root.
 */
export async function planInstall(
  detected: DetectedPackageManager,
  call: ManagerCall,
  mode: InstallMode,
  comparison?: InstallComparison,
): Promise<InstallPlan> {
  const { manager, installPath, isApart } = detected;
  const [pin] = await pinDirectories([installPath]);
  const entry = pin && (await comparison?.ledger.read(pin));
  if (mode === "skip") {
    const problem = entry?.unfinished ?? null;
    const warnings = problem === null ? [] : [`the last install here ${problem}; node_modules may be incomplete`];
    return { reason: "the install is skipped, as requested", warnings, steps: [] };
  }
  checkPlace(detected);
  const globs = await workspaceGlobs(installPath);
  const isFrozen = detected.lockFile !== null && mode !== "update";
  const { watch, decision } =
    pin === undefined || comparison === undefined
      ? { decision: UNKNOWN }
      : await compare(detected, call, globs, { pin, entry }, comparison);
  const { apart = [] } = isApart ? manager : {};
  const step: Step = {
    name: "install",
    command: call.command,
    args: [...call.args, ...(isFrozen ? manager.frozenInstall : manager.install), ...apart],
    cwd: installPath,
    env: isFrozen ? undefined : manager.installEnv,
    killGrace: INSTALL_KILL_GRACE,
    retry: "network",
    watch: watch?.install,
  };
  if (mode === "auto" && decision.type === "skip") {
    const age = formatDuration(Date.now() - Date.parse(entry?.time ?? ""));
    const because = `nothing that it depends on changed since the last one, ${age} ago, and its files are untouched`;
    return { reason: `the install is skipped, because ${because} ("clean" forces it)`, warnings: [], steps: [] };
  }
  const isClean = mode === "clean" || decision.type === "clean";
  // The frozen install of npm removes the node_modules of the root alone.
  const isRemoved = isClean && !(isFrozen && manager.startsClean && globs.length === 0);
  const removal: Step = {
    name: "clean",
    command: process.execPath,
    args: [REMOVAL, ...globs],
    cwd: installPath,
    env: { NODE_OPTIONS: "" },
    watch: watch?.removal,
  };
  const steps = isRemoved ? [removal, step] : [step];
  return { reason: [...describeBasis(detected, mode), ...explain(mode, decision)].join("; "), warnings: [], steps };
}

function checkPlace({ manager, installPath, outerPath }: DetectedPackageManager): void {
  if (outerPath === undefined) return;
  const { name, ownRoot } = manager;
  const place = `${name} would install in ${outerPath}, whose package.json lists it as a member`;
  const advice = [...(ownRoot === undefined ? [] : [OWN_ROOTS[ownRoot]]), "allow that directory as a root"];
  const reason = `${place}, and which is not below an allowed root`;
  throw new Error(`Cannot install in ${installPath}: ${reason}; ${advice.join(", or ")}`);
}

const UNKNOWN: InstallDecision = { type: "install", because: undefined };

interface FormerInstall {
  readonly pin: InstallEntry["pin"];
  readonly entry: InstallEntry | undefined;
}

async function compare(
  detected: DetectedPackageManager,
  call: ManagerCall,
  globs: readonly string[],
  { pin, entry }: FormerInstall,
  { ledger, env, limits, nodeVersion }: InstallComparison,
): Promise<{ readonly watch: InstallWatch; readonly decision: InstallDecision }> {
  const { manager, installPath, lockFile } = detected;
  const { digests, doubts, settings } = await installConditions(detected, call, env, nodeVersion);
  const request = { path: installPath, globs, settings };
  const survey = await surveyInThread(request, limits.signal);
  const newFiles = lockFile === null ? manager.lockFiles : [];
  const install = { pin, survey: request, inputs: survey?.inputs, conditions: digests, newFiles };
  const state = survey && {
    inputs: { ...survey.inputs, ...digests },
    doubts: [...(lockFile === null ? ["there is no lock file"] : []), ...doubts, ...survey.doubts],
    tree: survey.tree,
  };
  return { watch: new InstallWatch(ledger, install), decision: decideInstall(entry, state) };
}

function describeBasis({ lockFile, isApart }: DetectedPackageManager, mode: InstallMode): string[] {
  const lock = describeLock(lockFile, mode);
  return isApart ? [lock, "it ignores the workspace above, to which the project does not belong"] : [lock];
}

function describeLock(lockFile: string | null, mode: InstallMode): string {
  if (lockFile === null) return "there is no lock file of it, so the install may pick newer versions";
  return mode === "update"
    ? `the install may change ${lockFile}, as requested`
    : `the install is frozen by ${lockFile}`;
}

function explain(mode: InstallMode, decision: InstallDecision): readonly string[] {
  if (mode === "clean") return ["it starts without node_modules, as requested"];
  if (decision.type === "clean") return [`it starts without node_modules, because ${decision.because}`];
  if (mode === "update" || decision.type === "skip" || decision.because === undefined) return [];
  return [`it is not skipped, because ${decision.because}`];
}
