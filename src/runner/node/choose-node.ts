import { askTrusted, confirmFolder, confirmNode, findOwnNode, formatVersion } from "./confirmed-node.ts";
import { findWanted } from "./find-wanted.ts";
import { findInstalledNodes } from "./installed-nodes.ts";
import { exactly, isWanted } from "./wanted-version.ts";
import type { ProjectFolder } from "../project/project.ts";
import type { Workspace } from "../project/workspace.ts";
import type { AskOptions, ConfirmedNode } from "./confirmed-node.ts";
import type { NamedNode } from "./find-wanted.ts";
import type { InstalledNode } from "./installed-nodes.ts";
import type { NodeSetting } from "./node-setting.ts";
import type { NodeRelease } from "./wanted-version.ts";

/** The project whose Node.js is chosen, and how programs run that print their version. */
export interface NodeRequest extends AskOptions {
  readonly project: ProjectFolder;
  /** The project, then the root of its monorepo. */
  readonly places: readonly Workspace[];
  /** Folders that are an installation of Node.js, or hold several: absolute. */
  readonly nodePath: readonly string[];
  /** The choice of the server's administrator, which wins over the files of the project. Default: none. */
  readonly setting?: NamedSetting | undefined;
}

/** A setting, and its name in messages. */
export interface NamedSetting extends NodeSetting {
  readonly source: string;
}

/** The Node.js that runs a build. */
export interface ChosenNode {
  /** The version that it has printed; `undefined` when it is unknown. */
  readonly version: string | undefined;
  /** The folder of its programs, if that must stand first in `PATH`. */
  readonly folder: string | undefined;
  /** A part of the sentence about the plan; empty in the usual case. */
  readonly reason: string;
  readonly warnings: readonly string[];
}

/** The maximum number of installed versions that are tried. */
const MAX_TRIED = 5;

/** The maximum number of installed versions in a warning. */
const MAX_SHOWN = 5;

/**
 * Chooses the Node.js of a build. It is the one on `PATH` if the project wants that version, or none. Otherwise it is
 * the newest one that is installed, wanted, and safe to run. Without such a version, it is the one on `PATH` after all,
 * and a warning says so. Nothing is downloaded.
 *
 * @throws A sentence when the setting of the request cannot be followed.
 */
export async function chooseNode(request: NodeRequest): Promise<ChosenNode> {
  const { setting } = request;
  const { named: others, warnings } = await findWanted(request.project, request.places);
  const own = await findOwnNode(request);
  const given = setting && (await openSetting(setting, request));
  const named = given === undefined ? others : [given.named, ...others];
  // A version that every file accepts is better than one that only the deciding file accepts. A setting counts alone.
  const needs = given === undefined ? [named, named.slice(0, 1)] : [[given.named]];
  const { chosen, installed, problems } = given?.chosen === undefined
    ? await search(request, needs, own)
    : { chosen: given.chosen, installed: [], problems: [] };
  if (given !== undefined && !fitsAll(chosen?.release, [given.named])) {
    const wish = `${given.named.source} wants Node.js ${given.named.text}: ${missing(installed)}`;
    throw new Error(`Cannot plan the build: ${[wish, ...problems].join("; ")}`);
  }
  return {
    version: chosen?.release && formatVersion(chosen.release.version),
    folder: chosen?.folder,
    reason: reasonFor(chosen, named),
    warnings: [...warnings, ...problems, ...mismatches(chosen, named, installed)],
  };
}

/** The Node.js that a setting names. Without a folder, it is still to be found. */
async function openSetting(
  { source, text, wanted, folder }: NamedSetting,
  request: NodeRequest,
): Promise<{ readonly named: NamedNode; readonly chosen?: ConfirmedNode }> {
  if (wanted !== undefined) return { named: { source, text, wanted } };
  const chosen = await confirmFolder(folder ?? "", request);
  if (typeof chosen === "string") throw new Error(`Cannot plan the build: ${source} cannot be used: ${chosen}`);
  const { version } = chosen.release;
  return { named: { source, text: formatVersion(version), wanted: exactly(version) }, chosen };
}

/** The result of a search among the installed versions. */
interface Search {
  readonly chosen: ConfirmedNode | undefined;
  readonly installed: readonly InstalledNode[];
  readonly problems: readonly string[];
}

/** @param needs - Lists of wishes. The first list that a Node.js fulfils counts. */
async function search(
  request: NodeRequest,
  needs: readonly (readonly NamedNode[])[],
  own: ConfirmedNode | undefined,
): Promise<Search> {
  // Their programs lie elsewhere on Windows.
  if (fitsAll(own?.release, needs[0] ?? []) || process.platform === "win32") {
    return { chosen: own, installed: [], problems: [] };
  }
  const problems: string[] = [];
  const installed = await findInstalledNodes(request.env, request.nodePath, async (program) => {
    const answer = await askTrusted(program, request);
    if (typeof answer !== "string") return answer;
    problems.push(`${program} is not used: ${answer}`);
    return undefined;
  });
  const tried = new Set<InstalledNode>();
  for (const needed of needs) {
    if (fitsAll(own?.release, needed)) return { chosen: own, installed, problems };
    for (const node of installed) {
      if (tried.size === MAX_TRIED || tried.has(node) || !fitsAll(node, needed)) continue;
      tried.add(node);
      const chosen = await confirmNode(node, request);
      if (typeof chosen !== "string") return { chosen, installed, problems };
      problems.push(chosen);
    }
  }
  return { chosen: own, installed, problems };
}

function fitsAll(release: NodeRelease | undefined, named: readonly NamedNode[]): boolean {
  return named.every(({ wanted }) => release !== undefined && isWanted(release, wanted));
}

function reasonFor(chosen: ConfirmedNode | undefined, named: readonly NamedNode[]): string {
  const [deciding] = named;
  const isOfServer = chosen?.origin === "the server";
  const parts = isOfServer ? ["node is not on PATH, so that of the server runs"] : [];
  if (deciding === undefined || !fitsAll(chosen?.release, [deciding])) return parts.join("; ");
  const wish = `${deciding.source} wants Node.js ${deciding.text}`;
  const isOwn = isOfServer || chosen?.origin === "PATH";
  return [...parts, isOwn ? wish : `${wish}, which is that of ${chosen?.origin}`].join("; ");
}

/** A sentence for each file that wants another version than the chosen one. */
function mismatches(
  chosen: ConfirmedNode | undefined,
  named: readonly NamedNode[],
  installed: readonly InstalledNode[],
): string[] {
  const release = chosen?.release;
  if (release === undefined) {
    const problem = chosen === undefined ? "node is not on PATH" : "node printed no version";
    return [`${problem}, so the version of Node.js that runs is unknown`];
  }
  const runs = `but Node.js ${formatVersion(release.version)} runs`;
  return named.flatMap((each, index) => {
    if (fitsAll(release, [each])) return [];
    const wish = `${each.source} wants Node.js ${each.text}, ${runs}`;
    return index === 0 ? `${wish}: ${missing(installed)}` : `${wish}, as ${named[0]?.source} wants`;
  });
}

function missing(installed: readonly InstalledNode[]): string {
  const found = new Set(installed.map(({ version, origin }) => `${formatVersion(version)} (${origin})`));
  const shown = Array.from(found).slice(0, MAX_SHOWN).join(", ") + (found.size > MAX_SHOWN ? ", ..." : "");
  const others = shown === "" ? "no other version was found" : `only others are installed, ${shown}`;
  return `${others}; install it with a version manager, or name its folder with --node-path`;
}
