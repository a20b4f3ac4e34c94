import { stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { readStart } from "../project/read-file-start.ts";

/** The maximum size of the small files of a repository, and of the file of all packed references, in bytes. */
const MAX_FILE_BYTES = 4096;
const MAX_REFERENCES_BYTES = 4 * 1024 * 1024;

/** A name of a reference that is a path below the repository. */
const REFERENCE = /^ref: (refs\/(?!.*(?:\.\.|\/\/|\/\.))[^\0-\x20\x7f~^:?*[\\]{1,250})$/;
const COMMIT = /^(?:[\da-f]{40}|[\da-f]{64})$/;

/** A repository, as its files describe it. */
export interface Repository {
  /** The directory of the files that git tracks. */
  readonly top: string;
  /** The directory of this working tree's `HEAD` and `index`. */
  readonly directory: string;
  /** The directory of the objects and branches: another one for further working trees. */
  readonly common: string;
  /** `null` without a branch. */
  readonly branch: string | null;
  /** The hash of the commit; `null` for a branch without commits. */
  readonly commit: string | null;
}

/**
 * Finds the repository of a directory, and what is checked out. It only reads files of limited size, and never the
 * configuration.
 */
export async function findRepository(path: string): Promise<Repository | undefined> {
  const place = await findPlace(path);
  if (place === undefined) return undefined;
  const head = await readText(join(place.directory, "HEAD"));
  if (head === undefined) return undefined;
  const common = await readText(join(place.directory, "commondir"));
  const repository = { ...place, common: common === undefined ? place.directory : resolve(place.directory, common) };
  if (COMMIT.test(head)) return { ...repository, branch: null, commit: head };
  const [, reference] = REFERENCE.exec(head) ?? [];
  if (reference === undefined) return undefined;
  const branch = reference.replace(/^refs\/heads\//, "");
  return { ...repository, branch, commit: (await commitOf(repository.common, reference)) ?? null };
}

/** Finds `.git`: a directory, a link to one, or a file that names one, as further working trees and submodules have. */
async function findPlace(path: string): Promise<Pick<Repository, "top" | "directory"> | undefined> {
  for (let top = path; ; top = dirname(top)) {
    const git = join(top, ".git");
    const status = await stat(git).catch(() => undefined);
    if (status?.isDirectory() === true) return { top, directory: git };
    const [, target] = /^gitdir: (.+)$/.exec((status?.isFile() === true && (await readText(git))) || "") ?? [];
    if (target !== undefined) return { top, directory: resolve(top, target) };
    if (top === dirname(top)) return undefined;
  }
}

async function commitOf(common: string, reference: string): Promise<string | undefined> {
  const loose = await readText(join(common, reference));
  if (loose !== undefined && COMMIT.test(loose)) return loose;
  const packed = (await readText(join(common, "packed-refs"), MAX_REFERENCES_BYTES)) ?? "";
  const line = packed.split("\n").find((text) => text.endsWith(` ${reference}`)) ?? "";
  const commit = line.slice(0, line.indexOf(" "));
  return COMMIT.test(commit) ? commit : undefined;
}

/** Reads a regular file without the line end at its end; `undefined` when it cannot be read. */
async function readText(path: string, limit = MAX_FILE_BYTES): Promise<string | undefined> {
  const bytes = await readStart(path, limit).catch(() => undefined);
  return bytes && Buffer.from(bytes).toString("utf8").replace(/\r?\n$/, "");
}
