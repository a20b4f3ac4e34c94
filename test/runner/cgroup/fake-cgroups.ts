import { basename, dirname, join } from "node:path";
import type { CgroupFiles } from "../../../dist/runner/cgroup/cgroup-files.js";

interface Fake {
  readonly pids: Set<number>;
  readonly files: Map<string, string>;
}

/**
 * A tree of cgroups in memory that behaves like the kernel: a process is in one cgroup, a cgroup with processes
 * distributes no controllers, and `cgroup.kill` empties a cgroup. It kills nothing.
 */
export class FakeCgroups implements CgroupFiles {
  /** Every write that is no move of a process: `<cgroup> <file> <text>`. */
  readonly writes: string[] = [];
  /** Every move of this process: the names of the cgroups. */
  readonly moves: string[] = [];
  /** Whether this user may divide the cgroups. */
  areDelegated = true;
  /** Called before each write, which fails with the error that this throws. */
  onWrite: (file: string, text: string) => void = () => undefined;
  readonly #cgroups = new Map<string, Fake>();
  readonly #controllers: string;

  /** @param own - The cgroup that this process is in. */
  constructor(own: string, { controllers = "cpu pids" } = {}) {
    this.#controllers = controllers;
    for (let path = own; path !== dirname(path); path = dirname(path)) this.make(path);
    this.put(process.pid, own);
  }

  /** Puts a process into a cgroup. */
  put(pid: number, path: string): void {
    for (const { pids } of this.#cgroups.values()) pids.delete(pid);
    this.#at(path).pids.add(pid);
  }

  /** Sets the content of a file. */
  set(path: string, name: string, text: string): void {
    this.#at(path).files.set(name, text);
  }

  own(): string | undefined {
    return [...this.#cgroups].find(([, { pids }]) => pids.has(process.pid))?.[0];
  }

  isDelegated(): boolean {
    return this.areDelegated;
  }

  read(file: string): string {
    const { pids, files } = this.#at(dirname(file));
    if (basename(file) === "cgroup.procs") return Array.from(pids, (pid) => `${pid}\n`).join("");
    const text = files.get(basename(file));
    if (text === undefined) throw failure("ENOENT", file);
    return text;
  }

  write(file: string, text: string): void {
    const path = dirname(file);
    const name = basename(file);
    const { pids, files } = this.#at(path);
    this.onWrite(file, text);
    if (name === "cgroup.procs") {
      if (files.get("cgroup.subtree_control") !== "") throw failure("EBUSY", file);
      this.put(Number(text), path);
      this.moves.push(basename(path));
      return;
    }
    if (!files.has(name)) throw failure("EACCES", file);
    this.writes.push(`${basename(path)} ${name} ${text}`);
    if (name === "cgroup.kill") for (const inside of this.#below(path)) this.#at(inside).pids.clear();
    else if (name === "cgroup.subtree_control") {
      if (pids.size > 0) throw failure("EBUSY", file);
      files.set(name, text.replace("+", ""));
    } else files.set(name, text);
  }

  make(path: string): void {
    if (this.#cgroups.has(path)) throw failure("EEXIST", path);
    const hasPids = this.#cgroups.get(dirname(path))?.files.get("cgroup.subtree_control") === "pids";
    const limits = { "pids.max": "max\n", "pids.events": "max 0\n" };
    const common = { "cgroup.kill": "", "cgroup.type": "domain\n", "cgroup.controllers": `${this.#controllers}\n` };
    const files = { ...common, "cgroup.subtree_control": "", ...(hasPids ? limits : {}) };
    this.#cgroups.set(path, { pids: new Set(), files: new Map(Object.entries(files)) });
  }

  remove(path: string): void {
    if (this.#at(path).pids.size > 0 || this.list(path).length > 0) throw failure("EBUSY", path);
    this.#cgroups.delete(path);
  }

  list(path: string): string[] {
    const below = [...this.#cgroups.keys()].filter((each) => dirname(each) === path);
    return below.map((each) => basename(each));
  }

  #below(path: string): string[] {
    return [path, ...this.list(path).flatMap((name) => this.#below(join(path, name)))];
  }

  #at(path: string): Fake {
    const cgroup = this.#cgroups.get(path);
    if (cgroup === undefined) throw failure("ENOENT", path);
    return cgroup;
  }
}

function failure(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${path}`), { code });
}
