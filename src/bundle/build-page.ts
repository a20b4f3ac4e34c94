import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { sep } from "node:path";
import { compactDocument, compactStyleSheet } from "./compact-text.ts";
import { joinModules } from "./join-modules.ts";
import { parseModules } from "./parse-modules.ts";
import type { Rename } from "./join-modules.ts";

/** The folders of the page. */
export interface PageFolders {
  /** The HTML, CSS, images and scripts that are not compiled. */
  readonly sources: URL;
  /** The folders of compiled modules, by the name that imports have for them. */
  readonly modules: Readonly<Record<string, URL>>;
  /** The folder for the files that browsers load. Its earlier content is deleted. */
  readonly target: URL;
}

/** The address of a script or a style sheet, in a document or in a module that starts a worker. */
const ADDRESS = /"\/page\/([^"]+\.(?:js|css))"/g;

/**
 * Writes the files that browsers load: documents, images, and the scripts and style sheets that have an address. A
 * script or a style sheet contains those that it imports.
 */
export function buildPage({ sources, modules, target }: PageFolders, rename?: Rename): void {
  const scripts = new Map<string, string>();
  for (const [name, folder] of [["page", sources], ...Object.entries(modules)] as const) {
    for (const path of list(folder, ".js")) scripts.set(`/${name}/${path}`, read(path, folder));
  }
  const documents = new Map(list(sources, ".html").map((path) => [path, read(path, sources)]));
  const texts = [...documents.values(), ...scripts.values()];
  const addresses = new Set(texts.flatMap((text) => Array.from(text.matchAll(ADDRESS), ([, path = ""]) => path)));

  rmSync(target, { recursive: true, force: true });
  const parsed = parseModules(scripts);
  for (const path of addresses) {
    if (path.endsWith(".js")) write(path, target, joinModules(`/page/${path}`, parsed, rename));
    else write(path, target, compactStyleSheet(new URL(path, sources)));
  }
  for (const [path, text] of documents) write(path, target, compactDocument(text));
  for (const path of list(sources, ".svg")) write(path, target, read(path, sources).trimEnd());
}

function list(folder: URL, ending: string): string[] {
  const paths = readdirSync(folder, { encoding: "utf8", recursive: true });
  return paths.map((path) => path.replaceAll(sep, "/")).filter((path) => path.endsWith(ending));
}

function read(path: string, folder: URL): string {
  return readFileSync(new URL(path, folder), "utf8");
}

function write(path: string, folder: URL, text: string): void {
  const file = new URL(path, folder);
  mkdirSync(new URL(".", file), { recursive: true });
  writeFileSync(file, text);
}
