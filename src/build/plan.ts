import { TailcastError } from "../error.ts";
import { pinDirectories } from "./directory-pin.ts";
import { buildEnvironment } from "./environment.ts";
import { findProgram } from "./find-program.ts";
import { managerCommands } from "./manager-commands.ts";
import { detectPackageManager } from "./package-manager.ts";
import { BUILD_SCRIPT, hasBuildScript, scriptNames } from "./scripts.ts";
import type { DirectoryPin } from "./directory-pin.ts";
import type { Environment } from "./find-program.ts";
import type { Project } from "./project.ts";

/** One command of a build. It is data: a plan of your own may run anything, e.g. `make`. */
export interface Step {
  /** What clients see, e.g. `install`. */
  readonly name: string;
  /** A program on `PATH`, or a path. Never a shell's command line. */
  readonly command: string;
  /** Handed over as they are: nothing in them is interpreted. */
  readonly args: readonly string[];
  /** Where it runs: an absolute path. */
  readonly cwd: string;
  /** Added to the environment of the build. Default: nothing. */
  readonly env?: Readonly<Record<string, string>> | undefined;
}

/** What a build will do: steps that run one after the other until one fails. */
export interface Plan {
  /** The project's directory. Of each, only one build is queued or running at a time. */
  readonly projectPath: string;
  readonly projectName: string;
  /** Shown to clients; `null` when there is none. */
  readonly packageManager: string | null;
  /** Why this plan, in one sentence: the first line of the log. */
  readonly reason: string;
  /** Shown after the reason, one line each. */
  readonly warnings: readonly string[];
  readonly steps: readonly Step[];
  /** Directories that must still be the same ones when a step starts. Default: none. */
  readonly pins?: readonly DirectoryPin[] | undefined;
}

/** A message is no place for a list of a thousand scripts. */
const MAX_SCRIPTS_SHOWN = 20;

/**
 * Plans the build of a JavaScript project: install its dependencies, frozen when its package manager's lock file is
 * there, then run its `build` script. Nothing runs yet.
 *
 * @param env The environment whose `PATH` is searched. Default: the one that builds get, {@link buildEnvironment}.
 * @throws {TailcastError} `NO_SCRIPT` when `package.json` has no `build` script; the message lists those that it has.
 * `PROJECT_NOT_FOUND` when the directory was removed since the project was opened.
 */
export async function planBuild(project: Project, env: Environment = buildEnvironment()): Promise<Plan> {
  requireScript(project);
  const manager = await detectPackageManager(project);
  const { program, frozenInstall, install, installEnv } = managerCommands[manager.name];
  const isFrozen = manager.lockFile !== null;
  const has = async (name: string): Promise<boolean> => (await findProgram(name, env)) !== undefined;
  const needsCorepack = manager.isNamed && !(await has(program)) && (await has("corepack"));
  const call = (...args: string[]): Pick<Step, "command" | "args"> => {
    return needsCorepack ? { command: "corepack", args: [program, ...args] } : { command: program, args };
  };
  return {
    projectPath: project.path,
    projectName: project.name,
    packageManager: manager.name,
    reason: needsCorepack ? `${manager.reason}; it is not on PATH, so corepack runs it` : manager.reason,
    warnings: manager.warnings,
    steps: [
      {
        name: "install",
        ...call(...(isFrozen ? frozenInstall : install)),
        cwd: manager.installPath,
        env: isFrozen ? undefined : installEnv,
      },
      { name: "build", ...call("run", BUILD_SCRIPT), cwd: project.path },
    ],
    pins: await pinned(project.path, manager.installPath),
  };
}

async function pinned(...paths: readonly string[]): Promise<readonly DirectoryPin[]> {
  return pinDirectories(paths).catch((cause: unknown) => {
    // It was there a moment ago.
    throw new TailcastError("PROJECT_NOT_FOUND", "Cannot open the project: its directory was removed", { cause });
  });
}

/** Asked before anything runs: the package manager would only complain after a whole install. */
function requireScript({ manifest, name }: Project): void {
  if (hasBuildScript(manifest)) return;
  const names = scriptNames(manifest);
  const shown = names.slice(0, MAX_SCRIPTS_SHOWN).join(", ") + (names.length > MAX_SCRIPTS_SHOWN ? ", ..." : "");
  const others = names.length === 0 ? "it has no scripts" : `its scripts are: ${shown}`;
  const message = `Cannot build ${name}: its package.json has no "${BUILD_SCRIPT}" script; ${others}`;
  throw new TailcastError("NO_SCRIPT", message);
}
