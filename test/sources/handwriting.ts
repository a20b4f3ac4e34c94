import { findAll } from "./source.js";
import type { Problem, Source } from "./source.js";

const CODE = /\.(?:ts|js|mjs)$/;
const STRING = /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\$]|\\.)*`/g;

/** A constant of a module that holds a number, a string or a boolean has a name in UPPER_CASE. */
export function checkConstants(sources: readonly Source[]): Problem[] {
  const constant = /^(?:export )?const (\w+)(?:: [\w| ]+)? =\s*([^;]*);/gm;
  return findAll(sources, CODE, constant, ([, name = "", value = ""]) => {
    if (/^[A-Z][A-Z0-9_]*$/.test(name) || !isScalar(value)) return undefined;
    const upper = name.replace(/(?<=[a-z0-9])(?=[A-Z])/g, "_").toUpperCase();
    return `the scalar constant ${name} is in lower case; call it ${upper}`;
  });
}

/** A parameter is described as `@param name - Text.`; behind a type, as JavaScript has it, the text may be missing. */
export function checkParams(sources: readonly Source[]): Problem[] {
  const param = /(?<=^[ \t]*\/?\*+ )@param[^@]*?(?=\s*\*\/|\n[ \t]*\*(?: @|[ \t]*\n))/gm;
  return findAll(sources, CODE, param, ([text]) => {
    const description = text.replaceAll(/\s*\n\s*\*\s*/g, " ");
    if (/^@param (?:\{.*\} )?\[?[\w.]+\]? - (?![a-z]+ ).*\.$/.test(description)) return undefined;
    if (/^@param \{[^-]*\} [\w.]+$/.test(description)) return undefined;
    return `"${description}" is not "@param name - Text."`;
  });
}

/** Work that is left to do is an issue, not a comment. */
export function checkTodos(sources: readonly Source[]): Problem[] {
  return findAll(sources, /./, /\b(?:TO[D]O|FIX[M]E)\b/g, ([word]) => `${word}: do it now, or open an issue`);
}

function isScalar(value: string): boolean {
  const plain = value.replaceAll(STRING, "0");
  if (!/^[\w\s.*+\-/()]*$/.test(plain) || /\w\s*\(/.test(plain)) return false;
  const parts = plain.split(/[\s*+\-/()]+/).filter((part) => part !== "");
  const literals = parts.filter((part) => /^(?:[\d.][\w.]*|true|false)$/.test(part));
  return literals.length > 0 && parts.every((part) => literals.includes(part) || /^[A-Za-z_]\w*$/.test(part));
}
