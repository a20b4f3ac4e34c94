import { constants } from "node:fs";
import { open, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { invalidOption } from "../../error.ts";
import { isInstallation } from "../node/node-setting.ts";
import { readManifest } from "../project/manifest.ts";
import { openFolder, projectName } from "../project/project.ts";
import { readFolders } from "./folder-settings.ts";
import { JsonProblem, JsonSource, propertyPath } from "./json-source.ts";
import type { ProjectSummary } from "../project/find-projects.ts";
import type { ProjectFolder } from "../project/project.ts";
import type { FolderSettings } from "./folder-settings.ts";

/** The settings that apply to one build. */
export interface AppliedSettings extends FolderSettings {
  /** The file that holds them. */
  readonly file: string;
  /** Why they are those of an earlier version of the file; `undefined` when they are current. */
  readonly problem: string | undefined;
}

type Entry = FolderSettings & { readonly place: ProjectFolder };

const MAX_BYTES = 256 * 1024;

/** The mode bits that allow the group and other users to write. */
const WRITABLE_BY_OTHERS = 0o022;

/**
 * A file with settings of projects. It belongs to the server: only its user, or the system's administrator, can write
 * it. It is read again when it has changed, at its next use.
 */
export class ProjectSettings {
  readonly #file: string;
  readonly #roots: readonly string[];
  readonly #report: (problem: string | undefined) => void;
  #stamp: string;
  #entries: ReadonlyMap<string, Entry>;
  #problem: string | undefined;
  #refresh: Promise<void> | undefined;

  /**
   * Reads the file.
   *
   * @param roots - Its folders must be in or below these directories.
   * @param report - Called when the file was read again: with the reason if it cannot be used, so that its last version
   *   still applies.
   * @throws {TailcastError} `INVALID_OPTION`, naming the file, the line, the column and the property.
   */
  static async open(
    file: string,
    roots: readonly string[],
    report: (problem: string | undefined) => void,
  ): Promise<ProjectSettings> {
    const stamp = await stampOf(file);
    return new ProjectSettings(file, roots, report, stamp, await read(file, roots));
  }

  private constructor(
    file: string,
    roots: readonly string[],
    report: (problem: string | undefined) => void,
    stamp: string,
    entries: ReadonlyMap<string, Entry>,
  ) {
    this.#file = file;
    this.#roots = roots;
    this.#report = report;
    this.#stamp = stamp;
    this.#entries = entries;
  }

  /** The settings of a folder; `undefined` when the file does not name it. @param path - Without symbolic links. */
  async find(path: string): Promise<AppliedSettings | undefined> {
    await this.#update();
    const entry = this.#entries.get(path);
    return entry && { ...entry, file: this.#file, problem: this.#problem };
  }

  /** Adds the folders of the file to the projects that were found. The result is sorted by path. */
  async addTo(found: readonly ProjectSummary[]): Promise<readonly ProjectSummary[]> {
    await this.#update();
    const projects = new Map(found.map((project) => [project.path, project]));
    for (const [path, { name, place }] of this.#entries) {
      projects.set(path, { path, name: name ?? projects.get(path)?.name ?? (await nameOf(place)) });
    }
    return [...projects.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
  }

  #update(): Promise<void> {
    this.#refresh ??= this.#readAgain().finally(() => (this.#refresh = undefined));
    return this.#refresh;
  }

  async #readAgain(): Promise<void> {
    const stamp = await stampOf(this.#file);
    // With a problem, e.g. a folder that does not exist yet, the file itself need not change.
    if (stamp === this.#stamp && this.#problem === undefined) return;
    const before = { stamp: this.#stamp, problem: this.#problem };
    this.#stamp = stamp;
    try {
      this.#entries = await read(this.#file, this.#roots);
      this.#problem = undefined;
    } catch (error) {
      this.#problem = (error as Error).message;
    }
    if (this.#problem !== before.problem || this.#problem === undefined) this.#report(this.#problem);
  }
}

/** The name of a folder without one in the settings, in lists and in records of builds. */
export async function nameOf({ path, root }: ProjectFolder): Promise<string> {
  return projectName(await readManifest(path, root).catch(() => ({})), path);
}

/** Changes when the file changes, or was replaced. */
async function stampOf(file: string): Promise<string> {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = await stat(file, { bigint: true });
    return [dev, ino, size, mtimeNs, ctimeNs].join(" ");
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code);
  }
}

async function read(file: string, roots: readonly string[]): Promise<ReadonlyMap<string, Entry>> {
  try {
    const source = new JsonSource(await readSafe(file));
    const entries = new Map<string, Entry>();
    for (const settings of readFolders(source, dirname(file))) {
      const { folder, node } = settings;
      const property = propertyPath("projects", folder);
      const place = await openFolder(resolve(dirname(file), folder), roots).catch(() => undefined);
      if (place === undefined) {
        throw source.problem(property, `${JSON.stringify(folder)} is not a directory in or below a root of the server`);
      }
      const twin = entries.get(place.path);
      if (twin !== undefined) {
        throw source.problem(property, `${JSON.stringify(twin.folder)} is the same folder`);
      }
      if (node !== undefined && !(await isInstallation(node))) {
        const problem = `${JSON.stringify(node.text)} is not an installation of Node.js: it has no file bin/node`;
        throw source.problem(`${property}.node`, problem);
      }
      entries.set(place.path, { ...settings, place });
    }
    return entries;
  } catch (error) {
    const { message } = error as Error;
    const place = error instanceof JsonProblem ? `${file}:${error.place}` : file;
    throw invalidOption("projects", `${place}: ${message}`, error);
  }
}

async function readSafe(path: string): Promise<string> {
  // O_NONBLOCK: to open a named pipe does not wait for a writer.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const status = await file.stat();
    if (!status.isFile()) throw new RangeError("it is not a regular file");
    if (status.size > MAX_BYTES) throw new RangeError(`it must not be larger than ${MAX_BYTES} bytes`);
    // Windows has no such permissions.
    if (process.getuid !== undefined) {
      const isOwned = status.uid === process.getuid() || status.uid === 0;
      if (!isOwned) throw new RangeError("it belongs to another user, who could run any command here");
      if ((status.mode & WRITABLE_BY_OTHERS) !== 0) {
        throw new RangeError('other users may change it; restrict it with "chmod go-w"');
      }
    }
    return new TextDecoder().decode(await file.readFile());
  } finally {
    await file.close();
  }
}
