// @vitest-environment node
// Every word that users see goes through the translator: the strings are extracted as a translator's tool would, and what
// stands in the source without it is found.
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const SOURCES = import.meta.glob<string>('../src/**/*.{ts,tsx}', { query: '?raw', import: 'default', eager: true });
const CALLS: Record<string, number> = { __: 1, _n: 2, _p: 2, _np: 3 };
/** Attributes that are read aloud or shown. */
const SHOWN = ['aria-label', 'title', 'alt', 'placeholder', 'aria-valuetext', 'aria-description', 'label', 'tooltip'];

interface IFound {
  readonly extracted: string[];
  readonly bare: string[];
}

function look(path: string, text: string): IFound {
  const found: IFound = { extracted: [], bare: [] };
  const kind = path.endsWith('x') ? ts.ScriptKind.TSX : ts.ScriptKind.TS;
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression)) {
      const count = CALLS[node.expression.name.text];
      node.arguments.slice(0, count ?? 0).forEach(argument => {
        const value = literal(argument);
        (value === null ? found.bare : found.extracted).push(value ?? `${path}: ${argument.getText()}`);
      });
    }
    if (ts.isJsxText(node) && /\p{L}/u.test(node.text)) {
      found.bare.push(`${path}: ${node.text.trim()}`);
    }
    if (ts.isJsxAttribute(node) && SHOWN.includes(node.name.getText()) && node.initializer) {
      const value = ts.isJsxExpression(node.initializer) ? node.initializer.expression : node.initializer;
      if (value && literal(value) !== null && /\p{L}/u.test(literal(value) ?? '')) {
        found.bare.push(`${path}: ${node.getText()}`);
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true, kind));
  return found;
}

// A string in one piece, or in several put together: what a translator's tool can read without running the code.
function literal(node: ts.Node): string | null {
  if (ts.isStringLiteralLike(node)) {
    return node.text;
  }
  if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.PlusToken) {
    const [left, right] = [literal(node.left), literal(node.right)];
    return left === null || right === null ? null : left + right;
  }
  return null;
}

describe('strings', () => {
  const all = Object.entries(SOURCES).map(([path, text]) => look(path, text));
  const extracted = new Set(all.flatMap(found => found.extracted));

  it('are extracted from the whole panel', () => {
    expect(extracted.size).toBeGreaterThan(100);
    for (const text of [
      'Cancel start',
      'No Spark kernel here',
      'Running %1 tasks',
      'No job has run yet.',
      'Restart kernel…'
    ]) {
      expect(extracted).toContain(text);
    }
  });

  it('are nowhere shown without the translator', () => {
    expect(all.flatMap(found => found.bare)).toEqual([]);
  });

  it('number their placeholders from one', () => {
    const odd = [...extracted].filter(text => {
      const numbers = [...text.matchAll(/%(\d+)/g)]
        .map(([, number]) => Number(number))
        .sort((one, other) => one - other);
      return numbers.some((number, index) => number !== index + 1);
    });
    // The singular of one task need not say how many there are.
    expect(odd).toEqual([]);
  });

  it('the search finds what is not translated', () => {
    const source = 'const a = <p title="Close it">Some text{trans.__(name)}{trans.__("fine")}</p>;';
    expect(look('a.tsx', source)).toEqual({
      extracted: ['fine'],
      bare: ['a.tsx: title="Close it"', 'a.tsx: Some text', 'a.tsx: name']
    });
  });
});
