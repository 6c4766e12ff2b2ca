/**
 * No provider's name in a condition outside of its folder: what differs is a property of its adapter. Finds names that
 * are compared, switched on, looked for in a list or a text, or stand anywhere in what an `if` or a `?:` asks.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const PROVIDERS = join(ROOT, 'libs', 'providers', 'src');
const NAMES = new Set(
  readdirSync(PROVIDERS).filter((name) => existsSync(join(PROVIDERS, name, 'adapter.ts'))),
);
/** Ways to ask a list, a map or a text for a name. */
const QUESTIONS = new Set(['includes', 'has', 'indexOf', 'startsWith', 'endsWith', 'some', 'find', 'every']);
const EQUALITY = new Set([
  ts.SyntaxKind.EqualsEqualsToken,
  ts.SyntaxKind.EqualsEqualsEqualsToken,
  ts.SyntaxKind.ExclamationEqualsToken,
  ts.SyntaxKind.ExclamationEqualsEqualsToken,
]);

function sources() {
  return ['apps', 'libs'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { withFileTypes: true, recursive: true })
      .filter((entry) => entry.isFile() && /(?<!\.spec|\.d)\.tsx?$/.test(entry.name))
      .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
      .filter((file) => !/[/\\](?:node_modules|generated)[/\\]/.test(file)),
  );
}

/** Is the literal part of a question? */
function isAsked(literal) {
  for (let node = literal, parent = node.parent; parent; node = parent, parent = node.parent) {
    if (ts.isBinaryExpression(parent) && EQUALITY.has(parent.operatorToken.kind)) return true;
    if (ts.isCaseClause(parent)) return parent.expression === node;
    if (ts.isIfStatement(parent) || ts.isWhileStatement(parent)) return parent.expression === node;
    if (ts.isConditionalExpression(parent) && parent.condition === node) return true;
    if (ts.isCallExpression(parent) && isQuestion(parent.expression)) return true;
    if (ts.isStatement(parent) || ts.isFunctionLike(parent) || ts.isPropertyAssignment(parent)) return false;
  }
  return false;
}

function isQuestion(callee) {
  return ts.isPropertyAccessExpression(callee) && QUESTIONS.has(callee.name.text);
}

function* violations(file) {
  const folder = relative(PROVIDERS, file).split(/[/\\]/)[0];
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
  const stack = [source];
  for (let node = stack.pop(); node; node = stack.pop()) {
    if (ts.isStringLiteralLike(node) && NAMES.has(node.text) && node.text !== folder && isAsked(node)) {
      const { line } = source.getLineAndCharacterOfPosition(node.getStart());
      yield `${relative(ROOT, file)}:${line + 1}: '${node.text}' in a condition`;
    }
    ts.forEachChild(node, (child) => void stack.push(child));
  }
}

const found = sources().flatMap((file) => [...violations(file)]);
for (const line of found) process.stderr.write(`${line}\n`);
if (found.length > 0) {
  process.stderr.write(
    'Give the adapter a property that answers the question (libs/providers/src/spec.ts).\n',
  );
  process.exit(1);
}
