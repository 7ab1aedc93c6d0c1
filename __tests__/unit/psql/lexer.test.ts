import { ScriptLexer } from '../../../src/psql/lexer';
import { ruleOf } from '../../../src/psql/commands';
import { generator } from '../../support/random';

const newLexer = (): ScriptLexer =>
  new ScriptLexer((name) => {
    const rule = ruleOf(name, { json: false });
    return rule.kind === 'pass' || rule.kind === 'output' ? rule.ends : undefined;
  });

/** What the lexer sees in a script: the commands, and `;` for the end of a statement. */
function seen(script: string): string[] {
  const lexer = newLexer();
  return Buffer.from(script)
    .toString('latin1')
    .split('\n')
    .flatMap((line) => lexer.line(line))
    .flatMap((part) => {
      if (part.kind === 'meta') return [`\\${[part.name, ...part.arguments.map(({ text }) => text)].join(' ')}`];
      return part.kind === 'semicolon' && part.ends !== undefined ? [';'] : [];
    });
}

describe('a backslash is a command', () => {
  it.each([
    ['at the start of a line', '\\i a.sql', ['\\i a.sql']],
    ['behind SQL', 'select 1 \\g out', ['\\g out']],
    ['behind another', '\\a\\t \\echo x', ['\\a', '\\t', '\\echo x']],
    ['before \\\\ and SQL', '\\set x 1 \\\\ select :x; \\q', ['\\set x 1', ';', '\\q']],
    ['in parentheses', 'select (1 \\i a', ['\\i a']],
    ['behind a string with a backslash', "select 'a\\'; \\i a", [';', '\\i a']],
    ['behind an escape string', "select e'a\\'b'; \\i a", [';', '\\i a']],
    ['behind an escape string with two quotes', "select E'a''\\'b'; \\i a", [';', '\\i a']],
    ['behind a name that ends in e', "select name'\\'; \\i a", [';', '\\i a']],
    ['behind a dollar in a name', 'select a$b$; \\i a', [';', '\\i a']],
    ['behind a quoted name', 'select 1 as "a\\b""c\\d"; \\i a', [';', '\\i a']],
    ['behind a comment in a comment', '/* /* \\a */ \\b */ \\i a', ['\\i a']],
    ['behind a comment that looks like an operator', 'select 1 +/* \\a */ 2; \\i a', [';', '\\i a']],
    ['behind another dollar quote', 'select $a$ $b$ \\x $$ $a$; \\i a', [';', '\\i a']],
    ['behind a dollar quote that follows a variable', 'select :x$$ ; $$; \\i a', [';', '\\i a']],
    ['behind a cast to a name with dollars', 'select 1::x$$; \\i a', [';', '\\i a']],
    ['behind a parameter', 'select $1; \\i a', [';', '\\i a']],
    ['behind letters with bytes that JavaScript takes for spaces', 'select à as à; \\i à', [';', '\\i \xc3\xa0']],
    [
      'behind strings when they have escapes',
      "set standard_conforming_strings = off;\nselect 'a\\'; \\i a'; \\q",
      [';', ';', '\\q'],
    ],
  ])('%s', (_where, script, expected) => {
    expect(seen(script)).toEqual(expected);
  });
});

describe('a backslash is none', () => {
  it.each([
    ['in a string', "select '\\i a'"],
    ['in a string of several lines', "select 'a\n\\i a\n''\\! ls'"],
    ['in an escape string', "select E'\\\\ \\'\n\\i a'"],
    ['in a Unicode string', "select U&'\\0041 \\i'"],
    ['in a bit string', "select x'\\i'"],
    ['in a dollar quote', 'do $$\n\\i a\n$$'],
    ['in a dollar quote with a tag', 'do $f_1$ $$ $f \\i $f_1$'],
    ['in a dollar quote with a tag of other letters', 'do $関数$ \\i a $関数$'],
    ['in a quoted name', 'select 1 as "\\i\n\\! x"'],
    ['in a comment to the end of the line', 'select 1 -- \\i a'],
    ['in a comment', '/* \\i a\n\\! x */'],
    ['in a comment in a comment', '/* /* */ \\i a */'],
    ['before a semicolon or a colon', 'select 1\\; select 2 \\: 3'],
  ])('%s', (_where, script) => {
    expect(seen(script)).toEqual([]);
  });
});

describe('a statement', () => {
  it.each([
    ['one', 'select 1;', 1],
    ['several', 'a; b ;c', 2],
    ['in parentheses', 'create rule r as on insert to t do (select 1; select 2);', 1],
    [
      'the body of a function',
      'create or replace function f() returns int begin atomic; select case when true then 1 end; end; select 1;',
      2,
    ],
    ['a transaction, which is no body', 'begin; select 1; end;', 3],
    ['a function whose body is a string', "create function f() returns int language sql as 'select 1;';", 1],
    ['a function with a column named end', 'create function f() returns int return (select 1); select 1 as end;', 2],
  ])('%s', (_what, script, count) => {
    expect(seen(script)).toHaveLength(count);
  });

  it('that copies from standard input is followed by data', () => {
    const blocks = (...lines: string[]): number => {
      const lexer = newLexer();
      for (const line of lines) lexer.line(line);
      return lexer.dataBlocks;
    };
    expect(blocks('copy t from stdin;')).toBe(1);
    expect(blocks('COPY "t" (a, b)', 'FROM /* here */ STDIN with csv;')).toBe(1);
    expect(blocks('copy t from stdin \\g')).toBe(1);
    expect(blocks('copy t from stdin \\; copy u from stdin;')).toBe(2);
    expect(blocks('copy t from stdin')).toBe(0);
    expect(blocks('copy t from stdin \\r')).toBe(0);
    expect(blocks("copy t from 'stdin';")).toBe(0);
    expect(blocks('copy t from "stdin" stdin;')).toBe(0);
    expect(blocks('copy (select 1 from stdin) to stdout;')).toBe(0);
    expect(blocks('select 1 from stdin;')).toBe(0);
    expect(blocks('do $$ copy t from stdin; $$;')).toBe(0);
  });

  it('has begun where there is more than space and comments', () => {
    const begun = (line: string): boolean => {
      const lexer = newLexer();
      lexer.line(line);
      return lexer.isInStatement;
    };
    expect(begun(' \t-- x')).toBe(false);
    expect(begun('/* x */')).toBe(false);
    expect(begun('select 1;')).toBe(false);
    expect(begun('select 1; x')).toBe(true);
    expect(begun("'")).toBe(true);
  });
});

describe('the arguments of a command', () => {
  const argumentsOf = (line: string) => {
    const [part] = newLexer().line(line);
    return part?.kind === 'meta'
      ? part.arguments.map(({ text, oddity }) => (oddity === undefined ? text : { oddity }))
      : [];
  };

  it.each([
    ["\\i 'a b.sql'", ['a b.sql']],
    ["\\i 'it''s \\'\\x41\\101\\t'", ["it's 'AA\t"]],
    ["\\i dir/'a b'.sql", ['dir/a b.sql']],
    ['\\i C:/a.sql', ['C:/a.sql']],
    ['\\i a: b', ['a:', 'b']],
    ['\\i :file', [{ oddity: 'variable' }]],
    ["\\i :'file'", [{ oddity: 'variable' }]],
    ['\\i `date`', [{ oddity: 'backticks' }]],
    ['\\i a`date', [{ oddity: 'backticks' }]],
    ['\\i "a b"', [{ oddity: 'double quotes' }]],
    ["\\i 'a", [{ oddity: 'unterminated' }]],
    ["\\echo '`date`'", ['`date`']],
    ['\\o |cat -n \\ x', ['|cat -n \\ x']],
    ['\\copy t from x \\ y', [' t from x \\ y']],
  ])('%s', (line, expected) => {
    expect(argumentsOf(line)).toEqual(expected);
  });
});

it('text without commands has none, whatever it is', () => {
  const random = generator(7);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const inner = ['\\i a', '\\! x', '\\copy t', 'x', '\n', ';', ':v', '"', '$1', '--', '/ *', 'à', '日本', ' '];
  const body = (without: RegExp): string =>
    Array.from({ length: 1 + Math.floor(random() * 6) }, () => pick(inner))
      .join('')
      .replaceAll(without, '');
  const tokens: readonly (() => string)[] = [
    () => `'${body(/'/g)}'`,
    () => `"${body(/"/g)}x"`,
    () => `$q$${body(/\$q\$/g)}$q$`,
    () => `/*${body(/\*\/|\/\*/g)}*/`,
    () => `--${body(/\n/g)}\n`,
    () => ` E'\\'${body(/['\\]/g)}\\\\' `,
    () =>
      pick(['select', 'from', 'a$b', 'été', '1.5', '(', ')', ',', ' ', '\n', '::', ':=', '<>', ';', '+', '*', '\\;']),
  ];
  for (let round = 0; round < 3_000; round += 1) {
    const script = Array.from({ length: 1 + Math.floor(random() * 12) }, () => ` ${pick(tokens)()}`).join(' ');
    const lexer = newLexer();
    const parts = Buffer.from(script)
      .toString('latin1')
      .split('\n')
      .flatMap((line) => lexer.line(line));
    expect([script, parts.filter(({ kind }) => kind === 'meta'), lexer.open]).toEqual([script, [], undefined]);
  }
});
