import { readFileSync } from "node:fs";

/** Reads a style sheet with those that it imports, without comments and spaces. */
export function compactStyleSheet(file: URL): string {
  const include = (_: string, path: string): string => compactStyleSheet(new URL(path, file));
  const text = readFileSync(file, "utf8").replaceAll(/^@import "([^"]+)";$/gm, include);
  const bare = text.replaceAll(/\/\*[^]*?\*\//g, "").replaceAll(/\s+/g, " ").trim();
  return bare.replaceAll(/ ?([{};]) ?/g, "$1").replaceAll(/(?<=[{;][\w-]+): /g, ":").replaceAll(";}", "}");
}

/** Removes the indentation of a document. Line ends stay, because a browser shows them as spaces. */
export function compactDocument(text: string): string {
  return text.replaceAll(/^ +/gm, "");
}
