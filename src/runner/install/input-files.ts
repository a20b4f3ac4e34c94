import { createHash } from "node:crypto";
import { closeSync, constants, fstatSync, openSync, readFileSync, readdirSync, statSync } from "node:fs";
import { dirname, join, sep } from "node:path";
import { isObject } from "../../check-options.ts";
import { installNames } from "../package-manager/install-traits.ts";
import { managers } from "../package-manager/managers.ts";
import { COPIED_FILE, filesIn, manifestDoubts } from "./manifest-doubts.ts";
import type { JsonObject } from "../project/manifest.ts";

/** The files that an install depends on. */
export interface InputFiles {
  /** A digest for each file, by its path relative to the directory of the install. Missing files have none. */
  readonly digests: Readonly<Record<string, string>>;
  /** The reasons why the install must run even if nothing changed, as sentences. */
  readonly doubts: readonly string[];
}

/** A package with this file is compiled by its install. */
const NATIVE = "binding.gyp";

/** A file that settings can name: a package, a patch, a plugin, hooks, or the package manager itself. */
const NAMED_BY_SETTINGS = /\.(?:tgz|tar|tar\.gz|patch|diff|[cm]?js)$/;

/** The largest file that is read, in bytes. The largest lock files have 5 MB. */
const MAX_BYTES = 64 * 1024 * 1024;

/** The largest manifest that is parsed, in bytes. */
const MAX_MANIFEST_BYTES = 1024 * 1024;

/** The maximum number of files in a folder of patches. */
const MAX_PATCHES = 2000;

/** Reads the files that an install depends on. It blocks, so call it in a thread. */
export class InputReader {
  readonly #root: string;
  readonly #digests: Record<string, string> = {};
  readonly #doubts: string[] = [];

  /** @param root - The directory of the install. All paths are relative to it. */
  constructor(root: string) {
    this.#root = root;
  }

  /** Adds the folders that exist once for an install. */
  addRoot(): void {
    for (const folder of installNames("patchFolders")) this.#addFolder(folder);
  }

  /** Adds the files of one package: the root (`""`), or a member of the workspace. */
  addPackage(path: string): void {
    const at = (name: string): string => (path === "" ? name : `${path}/${name}`);
    // With some settings, each member has a lock file of its own.
    for (const name of new Set(managers.flatMap(({ lockFiles }) => lockFiles))) this.#read(at(name));
    const manifest = this.#read(at("package.json"));
    if (manifest !== undefined) this.#addManifest(manifest, path);
    const places = new RegExp([...installNames("placeSettings")].join("|"), "i");
    for (const name of installNames("settings")) {
      const text = this.#read(at(name))?.toString();
      if (text === undefined) continue;
      const setting = places.exec(text)?.[0];
      if (setting !== undefined) this.#doubts.push(`${at(name)} sets ${setting}`);
      this.#addNamedFiles(filesIn(text, NAMED_BY_SETTINGS), at(name));
    }
    for (const name of installNames("manifests")) {
      if (this.#exists(at(name))) this.#doubts.push(`there is a ${at(name)}`);
    }
    if (this.#exists(at(NATIVE))) this.#doubts.push(`there is a ${at(NATIVE)}, which is compiled`);
  }

  /**
   * Adds a file that is not part of the project, such as the settings of the user. It is not read: it has a new digest
   * whenever it was written.
   */
  addOutside(path: string): void {
    const status = statSync(path, { throwIfNoEntry: false });
    if (status === undefined) return;
    const { ino, size, mtimeMs, ctimeMs } = status;
    this.#digests[path] = `${ino} ${size} ${mtimeMs} ${ctimeMs}`;
  }

  /** Returns everything that was read. */
  finish(): InputFiles {
    return { digests: this.#digests, doubts: this.#doubts };
  }

  #addManifest(bytes: Uint8Array, folder: string): void {
    const path = folder === "" ? "package.json" : `${folder}/package.json`;
    if (bytes.length > MAX_MANIFEST_BYTES) return void this.#doubts.push(`${path} is too large`);
    const text = new TextDecoder().decode(bytes);
    try {
      const manifest: unknown = JSON.parse(text);
      if (!isObject(manifest)) throw new SyntaxError("not an object");
      this.#doubts.push(...manifestDoubts(manifest, path));
      if (folder !== "") this.#addMember(manifest, folder);
    } catch {
      this.#doubts.push(`${path} cannot be parsed`);
    }
    this.#addNamedFiles(filesIn(text, COPIED_FILE), path);
  }

  #addMember({ bin, workspaces }: JsonObject, folder: string): void {
    if (workspaces !== undefined) this.#doubts.push(`${folder}/package.json has a workspace list`);
    // An install links a program only if it exists. A build can create it.
    for (const program of isObject(bin) ? Object.values(bin) : [bin]) {
      if (typeof program !== "string") continue;
      const path = join(folder, program).replaceAll(sep, "/");
      if (this.#exists(path)) this.#digests[path] ??= "exists";
    }
  }

  /** Their paths are relative to the file that names them, or to the root: package managers differ. */
  #addNamedFiles(files: readonly string[], source: string): void {
    for (const file of files) {
      for (const folder of new Set([".", dirname(source)])) this.#read(join(folder, file));
    }
  }

  #addFolder(path: string): void {
    let names: readonly string[];
    try {
      names = readdirSync(join(this.#root, path), { recursive: true, encoding: "utf8" });
    } catch {
      return;
    }
    if (names.length > MAX_PATCHES) return void this.#doubts.push(`${path} has too many files`);
    for (const name of names) this.#read(`${path}/${name}`);
  }

  #exists(path: string): boolean {
    return statSync(join(this.#root, path), { throwIfNoEntry: false }) !== undefined;
  }

  /** Follows links, as package managers do: only a digest leaves the thread. */
  #read(path: string): Buffer | undefined {
    let descriptor: number | undefined;
    try {
      // O_NONBLOCK: opening a named pipe does not wait for a writer.
      descriptor = openSync(join(this.#root, path), constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
      const status = fstatSync(descriptor);
      if (status.isDirectory()) return undefined;
      if (!status.isFile() || status.size > MAX_BYTES) throw new RangeError("It is not a file of a usual size");
      const content = readFileSync(descriptor);
      this.#digests[path] = createHash("sha256").update(content).digest("base64url").slice(0, 22);
      return content;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== "ENOENT" && code !== "ENOTDIR") this.#doubts.push(`${path} cannot be read`);
      return undefined;
    } finally {
      if (descriptor !== undefined) closeSync(descriptor);
    }
  }
}
