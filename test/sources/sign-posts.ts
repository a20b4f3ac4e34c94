import { existsSync } from "node:fs";
import { posix } from "node:path";
import { lineAt } from "./source.js";
import type { Problem, Source } from "./source.js";

/** From **To add** to the next one, or to the next heading, table, block, comment or end of the file. */
const PART = /^(?:.*\.\n)?\*\*To add [^]*?(?=\n+(?:#|\||```|<!--|\*\*To add )|\s*$(?![^]))/gm;
const IS_FILE = /^[\w.][\w./-]*(?:\/|\.(?:ts|js|mjs|css|json|conf))$|^(?:src|test)\/[\w/-]+$/;

const ROOT = new URL("../../", import.meta.url);

/**
 * What a README names where it says **To add** exists: each file and folder, searched from the folder of the README,
 * from the top of the repository and in the folder of its tests; any other name in backquotes, in one of those files.
 */
export function checkSignPosts(sources: readonly Source[]): Problem[] {
  return sources.filter(({ path }) => posix.basename(path) === "README.md").flatMap((readme) =>
    [...readme.text.matchAll(PART)].flatMap((match) => {
      const line = lineAt(readme.text, match.index);
      const missing = missingNames(match[0], posix.dirname(readme.path), sources);
      return missing.map((name) => ({ path: readme.path, line, message: `${name} does not exist; name what does` }));
    }),
  );
}

function missingNames(part: string, folder: string, sources: readonly Source[]): string[] {
  const quoted = [...part.replaceAll(/\[`[^`]*`\]/g, "").matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name);
  const links = [...part.matchAll(/\]\(([^)#:\s]+)/g)].map(([, target = ""]) => posix.join(folder, target));
  const files = [...links, ...quoted.filter((name) => IS_FILE.test(name))];
  const names = quoted.filter((name) => !IS_FILE.test(name) && !name.startsWith("node:"));

  const tests = folder.replace(/^src(?=\/|$)/, "test");
  const found = files.map((file) => [folder, "", tests].flatMap((start) => filesAt(posix.join(start, file), sources)));
  const nearby = [...found.flat(), ...filesAt(tests, sources)];
  const all = found.map((places, index) =>
    places.length > 0 ? places : nearby.filter(({ path }) => path.endsWith(`/${files[index]}`)),
  );
  const code = all.flat().filter(({ path }) => !path.endsWith(".md"));
  return [
    ...files.filter((_, index) => all[index]?.length === 0),
    ...names.filter((name) => !wordsOf(name).every((word) => code.some(({ text }) => hasWord(text, word)))),
  ];
}

/** The file at a path, or every source in the folder there. */
function filesAt(path: string, sources: readonly Source[]): Source[] {
  const start = path.endsWith("/") ? path : `${path}/`;
  const found = sources.filter((source) => source.path === path || source.path.startsWith(start));
  const isOther = found.length === 0 && /\.(?:json|conf)$/.test(path) && existsSync(new URL(path, ROOT));
  return isOther ? [{ path, text: "" }] : found;
}

/** The words of a piece of code, for example `former` and `record` of `former.record`. */
function wordsOf(name: string): string[] {
  return name.match(/#?\w+/g) ?? [];
}

function hasWord(text: string, word: string): boolean {
  return new RegExp(`(?<![\\w#])${word}(?!\\w)`).test(text);
}
