import { findAll } from "./source.js";
import type { Problem, Source } from "./source.js";

/** What not to write, and what to write instead. Words may be on two lines. */
const PHRASES: readonly (readonly [phrase: string, remedy: string])[] = [
  ["whoever", 'name the subject ("clients that reconnect")'],
  ["whomever", "name the subject"],
  ["(?:is|are) told (?:a|the|of|that|what|how|to)", 'write "receives", "is informed" or what happens'],
  ["goes? on", 'write "continues" or "resumes"'],
  ["went on", 'write "continued" or "resumed"'],
  ["comes? back", 'write "reconnects", "returns" or "resumes"'],
  ["of one's own", 'write "per-request", "separate" or "own"'],
  ["any ?more", 'write "no longer"'],
  ["takes? nothing", 'write "does not read" or "is blocked"'],
  ["takes? no more", 'write "does not read" or "is blocked"'],
  ["what is missed", 'write "the missed events"'],
  ["at last", 'write "finally"'],
  ["so many", "write the number's name (N, `limit`)"],
  ["so long", 'write "that long" or the number\'s name'],
  ["is none", 'write "is not a ..."'],
  ["for ever", 'write "forever"'],
  ["(?:has|have|had|is|are|was) begun", 'write "has started"'],
];

/** The tests of these rules hold samples that break them. */
const CHECKED = /^(?!test\/sources)/;

const COMMENT_MARK = /^[ \t]*(?:\/\*+|\*+(?!\/)|\/\/|#)/gm;
const TITLE = /(?<=\b(?:it|describe|test|scenario)(?:\.\w+)?\(\s*)(?:"(?:[^"\\\n]|\\.)*"|`[^`]*`)/;
const COMMENT_OR_TITLE = new RegExp(`/\\*\\*?[\\s\\S]*?\\*/|(?<=^|[\\s;])// .*|${TITLE.source}`, "gm");

/** Phrases of the glossary stand in no sentence: in sources, in Markdown, in titles and comments of tests. */
export function checkPhrases(sources: readonly Source[]): Problem[] {
  const prose = sources.map(proseOf);
  return PHRASES.flatMap(([phrase, remedy]) => {
    const pattern = new RegExp(`(?<![\\w-])${phrase.replaceAll(/ (?!\?)/g, "\\s+")}(?![\\w-])`, "gi");
    return findAll(prose, CHECKED, pattern, ([words]) => `"${words.replaceAll(/\s+/g, " ")}": ${remedy}`);
  });
}

/** A sentence names its subject first; a heading and a question may begin otherwise. */
export function checkBeginnings(sources: readonly Source[]): Problem[] {
  const beginning = /(?<![\w`'’-])(?:Who|Whoever|Of|What)(?=\s)(?![^.!?;*"]*\?)/g;
  return findAll(
    sources.map(proseOf),
    CHECKED,
    beginning,
    ([word]) => `a sentence begins with "${word}"; begin with its subject`,
  );
}

/** A source with all but its prose blanked, so that lines keep their numbers. */
function proseOf({ path, text }: Source): Source {
  if (path.endsWith(".md")) return { path, text: text.replaceAll(/^(?:#|\s*\|).*$/gm, blank) };
  if (!/^test\/.*\.(?:ts|mjs)$/.test(path)) return { path, text: text.replaceAll(COMMENT_MARK, blank) };
  const kept = [...text.matchAll(COMMENT_OR_TITLE)];
  let prose = "";
  let end = 0;
  for (const match of kept) {
    prose += blank(text.slice(end, match.index)) + match[0];
    end = match.index + match[0].length;
  }
  return { path, text: (prose + blank(text.slice(end))).replaceAll(COMMENT_MARK, blank) };
}

function blank(text: string): string {
  return text.replaceAll(/[^\n]/g, " ");
}
