import { isAbsolute, join, resolve } from "node:path";
import { isFile } from "../program/is-file.ts";
import { parseWanted } from "./wanted-version.ts";
import type { WantedVersion } from "./wanted-version.ts";

/** The Node.js that a setting of the server chooses for a folder: a version, or an installation. */
export interface NodeSetting {
  /** As it is written. */
  readonly text: string;
  /** The wanted version; `undefined` when the setting names an installation. */
  readonly wanted: WantedVersion | undefined;
  /** The folder of the installation: absolute. */
  readonly folder: string | undefined;
}

/**
 * Reads a setting. A text that begins with a dot or is an absolute path names a folder.
 *
 * @param base - Relative paths start here.
 * @returns `undefined` when it is neither a folder nor a known version.
 */
export function parseNodeSetting(text: string, base: string): NodeSetting | undefined {
  if (text.startsWith(".") || isAbsolute(text)) return { text, wanted: undefined, folder: resolve(base, text) };
  const wanted = parseWanted(text);
  return wanted && { text, wanted, folder: undefined };
}

/** The program of an installation of Node.js. */
export function nodeProgram(folder: string): string {
  return join(folder, "bin", "node");
}

/** Whether the folder of a setting, if it names one, is an installation. Runs nothing. */
export async function isInstallation({ folder }: NodeSetting): Promise<boolean> {
  return folder === undefined || (await isFile(nodeProgram(folder)));
}
