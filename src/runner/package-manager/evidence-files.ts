import { relative } from "node:path";
import { isFile } from "../program/is-file.ts";
import { readStart } from "../project/read-file-start.ts";
import { resolveInside } from "../project/resolve-inside.ts";
import type { ProjectFolder } from "../project/project.ts";

/** The files that decide how a project is built. Symbolic links are followed below the allowed root. */
export class EvidenceFiles {
  readonly #project: ProjectFolder;
  readonly #refused = new Set<string>();

  constructor(project: ProjectFolder) {
    this.#project = project;
  }

  /** One sentence for each file that does not count. */
  get warnings(): string[] {
    return Array.from(this.#refused);
  }

  /** Whether a path leads to a regular file that counts. */
  async has(path: string): Promise<boolean> {
    if (!(await isFile(path))) return false;
    return resolveInside(path, this.#project.root).then(
      () => true,
      (error: Error) => {
        this.#refused.add(`${relative(this.#project.path, path)} does not count: ${error.message}`);
        return false;
      },
    );
  }

  /** The first characters of a file; empty when it does not count. */
  async start(path: string, maxBytes: number): Promise<string> {
    const real = await resolveInside(path, this.#project.root).catch(() => undefined);
    const bytes = real === undefined ? undefined : await readStart(real, maxBytes).catch(() => undefined);
    return new TextDecoder().decode(bytes);
  }
}
