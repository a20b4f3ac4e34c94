import { join, relative } from "node:path";
import type { InstallMode } from "../planning/build-inputs.ts";
import type { ManagerCall } from "./invocation.ts";
import type { DetectedPackageManager } from "./detect.ts";
import type { Step } from "../planning/step.ts";
import type { Project } from "../project/project.ts";

/** The install of a project's dependencies. */
export interface InstallPlan {
  /** A part of the sentence about the plan: `the install is frozen by pnpm-lock.yaml`. */
  readonly reason: string;
  readonly steps: readonly Step[];
}

/** Plans the install of a project's dependencies. */
export function planInstall(
  project: Project,
  { manager, installPath, lockFile }: DetectedPackageManager,
  call: ManagerCall,
  mode: InstallMode,
): InstallPlan {
  if (mode === "skip") return { reason: "the install is skipped, as it was asked for", steps: [] };
  const { frozenInstall, install, installEnv, startsClean } = manager;
  const isFrozen = lockFile !== null;
  const step: Step = {
    name: "install",
    command: call.command,
    args: [...call.args, ...(isFrozen ? frozenInstall : install)],
    cwd: installPath,
    env: isFrozen ? undefined : installEnv,
    retry: "network",
  };
  const lock = isFrozen
    ? `the install is frozen by ${lockFile}`
    : "there is no lock file of it, so the install may pick newer versions";
  if (mode === "auto") return { reason: lock, steps: [step] };
  const reason = `${lock}; it starts without node_modules, as it was asked for`;
  return { reason, steps: isFrozen && startsClean ? [step] : [removal(project.path, installPath), step] };
}

/** Removes `node_modules` before an install that does not remove it. Only `npm ci` does, and it needs a lock file. */
function removal(projectPath: string, installPath: string): Step {
  const folders = new Set([installPath, projectPath].map((path) => relative(installPath, join(path, "node_modules"))));
  return { name: "clean", command: "rm", args: ["-rf", "--", ...folders], cwd: installPath };
}
