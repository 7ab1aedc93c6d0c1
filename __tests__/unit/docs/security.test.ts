import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as ts from 'typescript';

const read = (file: string): string => readFileSync(join(__dirname, '../../..', file), 'utf8');

interface Row {
  readonly source: string;
  readonly test: string;
}

/** The rows of the tables of guards: those whose second cell begins with a file's name. */
function rowsOf(document: string): readonly Row[] {
  return read(document)
    .split('\n')
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .flatMap(([, , source = '', test = '']) => (/^`[\w./-]+`/.test(source) ? [{ source, test }] : []));
}

const [en, ja] = ['docs/SECURITY.md', 'docs/SECURITY.ja.md'].map(rowsOf) as [readonly Row[], readonly Row[]];
/** Source files are in backticks; whatever else is (the names of functions) has no dot in it. */
const filesIn = (cell: string): string[] => [...cell.matchAll(/`([^`]*\.[^`]*)`/g)].map(([, file = '']) => file);
const testsIn = (cell: string): (readonly [file: string, title: string])[] =>
  cell.split('<br>').map((one) => {
    const [, file = '', title = ''] = /^`([^`]+)` › (.+)$/.exec(one.trim()) ?? [];
    return [file, title] as const;
  });

/** Texts of a source file: titles, and the cases that stand in them; places of templates as `${}`. */
function textsIn(source: string): readonly string[] {
  const texts: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node)) texts.push(node.text);
    if (ts.isTemplateExpression(node)) {
      texts.push([node.head.text, ...node.templateSpans.map(({ literal }) => literal.text)].join('${}'));
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile('a.ts', source, ts.ScriptTarget.Latest));
  return texts;
}

/** Whether a test is called so: by its text, or by one with places for cases that the file has as well. */
function hasTitle(source: string, title: string): boolean {
  const texts = textsIn(source);
  return texts.some((text) => {
    if (text === title) return true;
    if (!/%[sji]|\$\{\}/.test(text)) return false;
    const [first = '', ...rest] = text.split(/%[sji]|\$\{\}/);
    if (first === '' && rest.join('').trim() === '') return false;
    const pattern = [first, ...rest].map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('(.+)');
    const cases = new RegExp(`^${pattern}$`).exec(title)?.slice(1);
    return cases?.every((one) => source.includes(one)) === true;
  });
}

describe('the tables of guards', () => {
  it('has rows', () => {
    expect(en.length).toBeGreaterThanOrEqual(100);
  });

  it('names the same guards and tests in both languages', () => {
    expect(ja).toEqual(en);
  });

  it.each(en)('$source: its files are there', ({ source, test }) => {
    for (const file of [...filesIn(source), ...testsIn(test).map(([name]) => name)]) expect(read(file)).not.toBe('');
  });

  it.each(en.map(({ source }) => source))('%s has what is named behind it', (source) => {
    for (const [, file = '', names = ''] of source.matchAll(/`([^`]+)` \(([^)]+)\)/g)) {
      const missing = names.split(', ').filter((name) => !read(file).includes(name));
      expect(missing).toEqual([]);
    }
  });

  it.each(en.flatMap(({ test }) => testsIn(test)))('%s has the test: %s', (file, title) => {
    expect(hasTitle(read(file), title)).toBe(true);
  });
});

it.each([
  ['README.md', 'docs/SECURITY.md'],
  ['README.ja.md', 'docs/SECURITY.ja.md'],
  ['docs/SECURITY.md', 'SECURITY.ja.md'],
  ['docs/SECURITY.ja.md', 'SECURITY.md'],
])('%s leads to %s', (from, to) => {
  expect(read(from)).toContain(`](${to})`);
});

describe('a title', () => {
  const source = "it.each([['one']])('is found: %s', f); it('is whole', f);";

  it.each(['is whole', 'is found: one'])('that a file has is found: %s', (title) => {
    expect(hasTitle(source, title)).toBe(true);
  });

  it.each(['is', 'is found: two', 'is whole too'])('that it has not is missed: %s', (title) => {
    expect(hasTitle(source, title)).toBe(false);
  });
});
