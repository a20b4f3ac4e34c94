import {
  SyntaxKind,
  isArrowFunction,
  isBindingElement,
  isExportDeclaration,
  isExportKeyword,
  isIdentifier,
  isImportDeclaration,
  isLiteralExpression,
  isObjectBindingPattern,
  isPrivateIdentifier,
  isShorthandPropertyAssignment,
  isTemplateLiteralToken,
} from "typescript/unstable/ast";
import type { ArrowFunction, Identifier, Node, PrivateIdentifier, SourceFile } from "typescript/unstable/ast";
import type { Binding } from "./scope.ts";

/** A part of a module, and its text in the bundle. The text between two parts has only punctuation and keywords. */
interface Part {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

const END_OF_STATEMENT = ";";

/** Statements with a semicolon at their end, which may be missing in the module. */
const ENDS_WITH_SEMICOLON: ReadonlySet<SyntaxKind> = new Set([
  SyntaxKind.VariableStatement,
  SyntaxKind.ExpressionStatement,
  SyntaxKind.ReturnStatement,
  SyntaxKind.ThrowStatement,
  SyntaxKind.BreakStatement,
  SyntaxKind.ContinueStatement,
  SyntaxKind.DebuggerStatement,
  SyntaxKind.PropertyDeclaration,
]);

const SPACE = /(?:\s|\/\*[^]*?\*\/|\/\/.*)+/;

/** Prints a module without comments, spaces, imports and exports, and with the new names of its bindings. */
export function printModule(module: SourceFile, bindings: ReadonlyMap<Node, Binding>): string {
  const parts: Part[] = [];
  const visit = (node: Node): void => {
    const before = parts.length;
    parts.push(...partsOf(node, module, bindings));
    if (parts.length === before || isArrowFunction(node)) node.forEachChild(visit);
    if (!ENDS_WITH_SEMICOLON.has(node.kind)) return;
    const hasSemicolon = module.text[node.end - 1] === ";";
    parts.push({ start: node.end - (hasSemicolon ? 1 : 0), end: node.end, text: END_OF_STATEMENT });
  };
  module.forEachChild(visit);

  const printer = new Printer();
  let end = 0;
  for (const part of parts.toSorted((a, b) => a.start - b.start)) {
    for (const text of module.text.slice(end, part.start).split(SPACE)) printer.add(text);
    if (part.text === END_OF_STATEMENT) printer.endStatement();
    else printer.add(part.text);
    end = part.end;
  }
  for (const text of module.text.slice(end).split(SPACE)) printer.add(text);
  return printer.finish();
}

/** The parts that a node has itself, not in its children. */
function partsOf(node: Node, module: SourceFile, bindings: ReadonlyMap<Node, Binding>): Part[] {
  const start = node.getStart(module);
  const part = (text: string): Part[] => [{ start, end: node.end, text }];
  if (isIdentifier(node) || isPrivateIdentifier(node)) {
    const { newName = node.text } = bindings.get(node) ?? {};
    return part(isShorthand(node) && newName !== node.text ? `${node.text}:${newName}` : newName);
  }
  if (isLiteralExpression(node) || isTemplateLiteralToken(node)) return part(node.getText(module));
  if (isImportDeclaration(node) || isExportDeclaration(node) || isExportKeyword(node)) return part("");
  return isArrowFunction(node) ? parenthesesOf(node, module) : [];
}

/** Whether a name is also the name of a property, as in `{ name }`. */
function isShorthand(name: Identifier | PrivateIdentifier): boolean {
  const { parent } = name;
  if (isShorthandPropertyAssignment(parent)) return parent.name === name;
  if (!isBindingElement(parent) || parent.name !== name) return false;
  if (parent.propertyName !== undefined || parent.dotDotDotToken !== undefined) return false;
  return isObjectBindingPattern(parent.parent);
}

/** The parentheses that an arrow function does not need, because it has one parameter without a default. */
function parenthesesOf({ parameters, equalsGreaterThanToken }: ArrowFunction, module: SourceFile): Part[] {
  const [parameter, ...others] = parameters;
  if (parameter === undefined || others.length > 0 || !isIdentifier(parameter.name)) return [];
  if (parameter.initializer !== undefined || parameter.dotDotDotToken !== undefined) return [];
  const arrow = equalsGreaterThanToken.getStart(module);
  if (!module.text.slice(parameter.end, arrow).includes(")")) return [];
  return [
    { start: parameter.pos - 1, end: parameter.pos, text: "" },
    { start: parameter.end, end: arrow, text: "" },
  ];
}

/** Joins tokens with the spaces and semicolons that they need. */
class Printer {
  #text = "";
  #last = "";
  #isSemicolonDue = false;

  add(text: string): void {
    if (text === "") return;
    if (this.#isSemicolonDue && !text.startsWith("}")) this.#text += ";";
    else if (needsSpace(this.#last, text)) this.#text += " ";
    this.#isSemicolonDue = false;
    this.#text += text;
    this.#last = text;
  }

  endStatement(): void {
    this.#isSemicolonDue = true;
  }

  finish(): string {
    return this.#isSemicolonDue ? `${this.#text};` : this.#text;
  }
}

/** Whether two texts would mean something else without a space between them. */
function needsSpace(last: string, next: string): boolean {
  const isRegExp = last.length > 1 && last.startsWith("/") && last.endsWith("/");
  if (/^[\w$\\\u{80}-\u{10ffff}]/u.test(next) && (isRegExp || /[\w$\u{80}-\u{10ffff}]$/u.test(last))) return true;
  if (/^\d[\d_]*$/.test(last) && next.startsWith(".")) return true;
  // Scripts that are not modules have comments that begin with "<!--".
  if (last.endsWith("<!") && next.startsWith("--")) return true;
  return (last.endsWith("<") && next.startsWith("!--")) || (/[-+/]$/.test(last) && last.at(-1) === next[0]);
}
