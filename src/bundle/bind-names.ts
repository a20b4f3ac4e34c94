import {
  NodeFlags,
  SyntaxKind,
  isAccessorDeclaration,
  isBindingElement,
  isBlock,
  isBreakOrContinueStatement,
  isCallExpression,
  isCaseBlock,
  isCatchClause,
  isClassExpression,
  isClassLikeDeclaration,
  isDefaultKeyword,
  isExportAssignment,
  isExportDeclaration,
  isForInStatement,
  isForOfStatement,
  isForStatement,
  isFunctionDeclaration,
  isFunctionExpression,
  isFunctionLikeDeclaration,
  isIdentifier,
  isImportDeclaration,
  isImportExpression,
  isLabeledStatement,
  isMetaProperty,
  isMethodDeclaration,
  isParameterDeclaration,
  isPrivateIdentifier,
  isPropertyAccessExpression,
  isPropertyAssignment,
  isPropertyDeclaration,
  isVariableDeclaration,
  isVariableDeclarationList,
} from "typescript/unstable/ast";
import { Scope } from "./scope.ts";
import type {
  AccessorDeclaration,
  Identifier,
  MethodDeclaration,
  Node,
  PrivateIdentifier,
  PropertyDeclaration,
  SourceFile,
} from "typescript/unstable/ast";
import type { Binding } from "./scope.ts";

type Name = Identifier | PrivateIdentifier;

/** The names of a module. */
export interface BoundNames {
  /** The binding of each name, without those of properties and labels. */
  readonly bindings: ReadonlyMap<Node, Binding>;
  /** The names that the module uses and does not declare, such as `document`. */
  readonly free: ReadonlySet<string>;
}

/**
 * Finds the declarations of a module, and the declaration that each name in it means.
 *
 * @param scope - The scope of the module, with its imports.
 * @throws When the module has syntax that the compiler does not emit for the page.
 */
export function bindNames(module: SourceFile, scope: Scope): BoundNames {
  const bindings = new Map<Node, Binding>();
  const references: (readonly [Name, Scope])[] = [];
  const bind = (name: Name, binding: Binding): void => {
    binding.uses++;
    bindings.set(name, binding);
  };
  const visit = (node: Node, around: Scope): void => {
    if (isUnknown(node, module)) throw unknownSyntax(node, module);
    if (isIdentifier(node) || isPrivateIdentifier(node)) {
      if (!bindings.has(node) && isReference(node)) references.push([node, around]);
      return;
    }
    const inside = opensScope(node) ? new Scope(around) : around;
    for (const [name, place] of declarationsOf(node, around, inside)) bind(name, place.declare(name.text));
    // The parameters of a method are not visible in its computed name.
    const outside = isMethodDeclaration(node) || isAccessorDeclaration(node) ? node.name : undefined;
    node.forEachChild((child) => visit(child, child === outside ? around : inside));
  };
  module.forEachChild((child) => (isImportDeclaration(child) ? undefined : visit(child, scope)));

  const free = new Set<string>();
  for (const [name, place] of references) {
    const binding = place.find(name.text);
    if (binding === undefined) free.add(name.text);
    else bind(name, binding);
  }
  return { bindings, free };
}

function opensScope(node: Node): boolean {
  return (
    isFunctionLikeDeclaration(node) ||
    isClassLikeDeclaration(node) ||
    isBlock(node) ||
    isCaseBlock(node) ||
    isCatchClause(node) ||
    isForStatement(node) ||
    isForInStatement(node) ||
    isForOfStatement(node)
  );
}

/** The names that a node declares, each with the scope in which it does. */
function* declarationsOf(node: Node, around: Scope, inside: Scope): Generator<readonly [Name, Scope]> {
  if (isClassLikeDeclaration(node)) {
    if (node.name !== undefined) yield [node.name, isClassExpression(node) ? inside : around];
    for (const member of node.members) {
      if (isMember(member) && isPrivateIdentifier(member.name)) yield [member.name, inside];
    }
  } else if (isFunctionDeclaration(node) || isFunctionExpression(node)) {
    if (node.name !== undefined) yield [node.name, isFunctionExpression(node) ? inside : around];
  } else if (isVariableDeclaration(node) || isParameterDeclaration(node) || isBindingElement(node)) {
    if (node.name !== undefined && isIdentifier(node.name)) yield [node.name, around];
  }
}

/** Whether a name means a declaration. The others are names of properties and labels. */
function isReference(name: Name): boolean {
  const { parent } = name;
  if (isPrivateIdentifier(name)) return true;
  if (isPropertyAccessExpression(parent) || isMetaProperty(parent)) return parent.name !== name;
  if (isPropertyAssignment(parent) || isMember(parent)) return parent.name !== name;
  if (isBindingElement(parent)) return parent.propertyName !== name;
  return !isBreakOrContinueStatement(parent) && !(isLabeledStatement(parent) && parent.label === name);
}

function isMember(node: Node): node is MethodDeclaration | AccessorDeclaration | PropertyDeclaration {
  return isMethodDeclaration(node) || isAccessorDeclaration(node) || isPropertyDeclaration(node);
}

/** Whether the compiler does not emit this syntax for the page. Names in it would need other rules. */
function isUnknown(node: Node, module: SourceFile): boolean {
  if (isVariableDeclarationList(node)) return (node.flags & NodeFlags.BlockScoped) === 0;
  if (isExportDeclaration(node)) return node.getText(module) !== "export {};";
  if (isMetaProperty(node)) return node.keywordToken === SyntaxKind.ImportKeyword;
  if (isCallExpression(node) && isIdentifier(node.expression)) return node.expression.text === "eval";
  const isTypeInComment = (node.flags & NodeFlags.Reparsed) !== 0;
  return isTypeInComment || isImportExpression(node) || isExportAssignment(node) || isDefaultKeyword(node);
}

export function unknownSyntax(node: Node, module: SourceFile): Error {
  return new Error(`Cannot bundle ${module.fileName}: unknown syntax: ${node.getText(module).split("\n", 1)[0]}`);
}
