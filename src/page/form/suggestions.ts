import type { Project } from "../model.ts";

/** A project that the path field offers. */
export interface Suggestion {
  readonly path: string;
  /** The name of the project; the name of its folder if the server does not list the project. */
  readonly name: string;
  /** Whether this browser has built it recently. */
  readonly isRecent: boolean;
}

/** The maximum number of suggestions: a person types more rather than scrolls further. */
const MAX_SUGGESTIONS = 50;

/** The ways in which a word can match a project, the best first. */
const RANKS: readonly ((name: string, path: string, word: string) => boolean)[] = [
  (name, _path, word) => name === word,
  (name, _path, word) => name.startsWith(word),
  (name, _path, word) => beginsPart(name, word),
  (name, _path, word) => name.includes(word),
  (_name, path, word) => path.startsWith(word),
  (_name, path, word) => beginsPart(path, word),
  (_name, path, word) => path.includes(word),
  (name, _path, word) => isSubsequence(name, word),
];

/**
 * Returns the projects whose name or path matches every word of the text, the best match first. Equal matches keep
 * their order: recent paths, then the projects as they are given. Without text, all match.
 *
 * @param recent - The paths that this browser has built, the latest first.
 */
export function suggest(text: string, projects: readonly Project[], recent: readonly string[]): readonly Suggestion[] {
  const words = wordsOf(text);
  const ranked = candidates(projects, recent).map((suggestion) => ({ suggestion, rank: rankOf(suggestion, words) }));
  const found = ranked.filter(({ rank }) => Number.isFinite(rank)).toSorted((a, b) => a.rank - b.rank);
  return found.slice(0, MAX_SUGGESTIONS).map(({ suggestion }) => suggestion);
}

/** Splits a text at the words of the query: the parts at odd positions match. */
export function splitMatches(text: string, query: string): readonly string[] {
  const words = wordsOf(query).toSorted((a, b) => b.length - a.length);
  if (words.length === 0) return [text];
  return text.split(new RegExp(`(${words.map(escape).join("|")})`, "i"));
}

function candidates(projects: readonly Project[], recent: readonly string[]): readonly Suggestion[] {
  const first = recent.map((path) => {
    const project = projects.find((known) => known.path === path);
    return { path, name: project?.name ?? folderName(path), isRecent: true };
  });
  const others = projects.filter(({ path }) => !recent.includes(path));
  return [...first, ...others.map(({ path, name }) => ({ path, name, isRecent: false }))];
}

/** The sum of the ranks of all words; infinite if one of them does not match. */
function rankOf({ name, path }: Suggestion, words: readonly string[]): number {
  const ranks = words.map((word) => {
    const rank = RANKS.findIndex((matches) => matches(name.toLowerCase(), path.toLowerCase(), word));
    return rank === -1 ? Infinity : rank;
  });
  return ranks.reduce((sum, rank) => sum + rank, 0);
}

function wordsOf(text: string): string[] {
  return text.toLowerCase().split(/\s+/).filter((word) => word !== "");
}

function folderName(path: string): string {
  return path.split(/[\\/]/).findLast((part) => part !== "") ?? path;
}

function beginsPart(text: string, word: string): boolean {
  return text.split(/[^\p{L}\p{N}]+/u).some((part) => part.startsWith(word));
}

function isSubsequence(text: string, word: string): boolean {
  let at = -1;
  return [...word].every((character) => (at = text.indexOf(character, at + 1)) !== -1);
}

function escape(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}
