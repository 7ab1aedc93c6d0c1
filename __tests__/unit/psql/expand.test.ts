import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Expansion, type Script } from '../../../src/psql/expand';
import { Files } from '../../../src/psql/files';
import { jsonMarks } from '../../../src/psql/json-marks';
import { LineMap } from '../../../src/psql/line-map';
import { temporaryDirectory } from '../../support/bastion';

let folder: string;
let map: LineMap;

beforeEach(() => {
  folder = temporaryDirectory();
  map = new LineMap();
});

const put = (name: string, text: string | Buffer): void => {
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  writeFileSync(join(folder, name), text);
};

/** What psql gets for a script, with `<name=path>` where a file is sent before. */
async function expanded(
  text: string | Buffer,
  { json = false, encoding = 'UTF8', pieceBytes = 1 << 20, name = 'a.sql', isCommand = false } = {},
): Promise<string> {
  const bytes = Buffer.from(text);
  const chunks = Array.from({ length: Math.ceil(bytes.length / pieceBytes) }, (_, n) =>
    bytes.subarray(n * pieceBytes, (n + 1) * pieceBytes),
  );
  const script: Script = {
    name,
    path: isCommand ? undefined : join(folder, name),
    isCommand,
    read: async function* () {
      for (const chunk of chunks) yield await Promise.resolve(chunk);
    },
  };
  const expansion = new Expansion({ files: new Files(folder), json: json ? jsonMarks('N') : undefined, encoding, map });
  const parts: Buffer[] = [];
  for await (const piece of expansion.script(script)) {
    parts.push(
      piece.kind === 'text' ? piece.bytes : Buffer.from(`<${piece.name}=${piece.path.slice(folder.length + 1)}>`),
    );
  }
  return Buffer.concat(parts).toString(encoding === 'UTF8' ? 'utf8' : 'latin1');
}

const DATA = 'copy t from stdin;\n\\i nope\n\\! x\n\\.\n';

describe('a script without local files passes as it is', () => {
  it.each([
    ['SQL', "select '\\! x', $$\n\\i a\n$$;\n-- \\cd\nselect 1"],
    ['data', `${DATA}select 1;\n`],
    ['data of \\copy', '\\copy t from stdin csv\n\\! x\n\\.\nselect 1;\n'],
    ['data without an end', 'copy t from stdin;\n\\! x'],
    [
      'commands that touch no file',
      '\\set x 1\n\\if :x\nselect :x \\gset\n\\endif\n\\d+ t\n\\dt *.*\n\\pset null x\n\\q\n',
    ],
    ['\\o and \\g without a file', '\\o\nselect 1 \\g\nselect 2 \\g (format=csv)\n\\o /dev/null\n'],
    ['\\copy to standard output', '\\copy t to stdout\n\\copy t to pstdout csv\n'],
    ['lines of Windows', 'select 1;\r\n\\echo x\r\ncopy t from stdin;\r\n\\! x\r\n\\.\r\nselect 1;\r\n'],
    ['bytes that are no UTF-8', Buffer.from([0x73, 0xff, 0xfe, 0x3b, 0x0a])],
  ])('%s', async (_what, text) => {
    for (const pieceBytes of [1, 3, 1000]) {
      expect(await expanded(text, { pieceBytes })).toBe(Buffer.from(text).toString());
    }
  });
});

describe('local files', () => {
  it('that \\copy reads are sent before, once', async () => {
    put('d/a b.csv', '');
    expect(await expanded("x;\n\\copy t from 'd/a b.csv' csv\n\\copy u FROM 'd/a b.csv';\n")).toBe(
      "x;\n<in.0=d/a b.csv>\\copy t from 'in.0' csv\n\\copy u FROM 'in.0';\n",
    );
  });

  it('that are written get names there, the same for the same file', async () => {
    const text = "\\copy t to x.csv csv\n\\o y.txt;\nselect 1 \\g 'x.csv'\nselect 2 \\gx (format=csv title='(') z\n";
    expect(await expanded(text)).toBe(
      "\\copy t to 'out.0' csv\n\\o out.1\nselect 1 \\g out.0\nselect 2 \\gx (format=csv title='(') out.2\n",
    );
  });

  it('that are included stand in their place, \\ir by the file they are named in', async () => {
    put('d/b.sql', 'select 2 -- no end');
    put('d/c.sql', '\\ir e/f.sql\n\\i d/b.sql\n');
    put('d/e/f.sql', '\ufeffcopy t from stdin;\n1\n');
    expect(await expanded('select 1;\n  \\i d/c.sql\nselect 3;\n')).toBe(
      'select 1;\ncopy t from stdin;\n1\n\n\\.\n\n' + 'select 2 -- no end\n;\n' + '\nselect 3;\n',
    );
    expect([1, 2, 3, 7, 10].map((line) => map.at(line))).toEqual([
      { file: 'a.sql', line: 1 },
      { file: 'e/f.sql', line: 1 },
      { file: 'e/f.sql', line: 2 },
      { file: 'd/b.sql', line: 1 },
      { file: 'a.sql', line: 3 },
    ]);
  });

  it('are found in Shift JIS as well, where a letter may end with a backslash', async () => {
    const text = Buffer.from([0x27, 0x95, 0x5c, 0x27, 0x3b, 0x20, 0x5c, 0x71, 0x0a]); // '表'; \q
    expect(await expanded(text, { encoding: 'sjis' })).toBe(text.toString('latin1'));
    const quoted = Buffer.from([0x22, 0x95, 0x5c, 0x22, 0x5c, 0x21, 0x0a]); // "表"\!
    await expect(expanded(quoted, { encoding: 'Shift_JIS' })).rejects.toThrow('a.sql:1: \\! cannot be used here');
  });
});

describe('what cannot be run is named with its line', () => {
  it.each([
    ['\\! ls', /a\.sql:3: \\! cannot be used here: it runs a command of the shell/],
    ['\\cd /', /\\cd cannot be used here/],
    ['\\e', /\\e cannot be used here: it opens an editor/],
    ['\\ef f', /\\ef cannot be used here/],
    ['\\lo_import x', /\\lo_import cannot be used here/],
    ['\\lo_export 1 x', /\\lo_export cannot be used here/],
    ['\\w x', /\\w cannot be used here/],
    ['\\s x', /\\s cannot be used here/],
    ['\\password', /\\password cannot be used here/],
    ['\\prompt x', /\\prompt cannot be used here/],
    ['\\getenv a PGPASSWORD', /\\getenv cannot be used here/],
    ['\\setenv a b', /\\setenv cannot be used here/],
    ['\\frobnicate', /\\frobnicate cannot be used here: it is not known/],
    ['\\!ls', /\\!ls cannot be used here/],
    ['\\\\', /cannot be used here: it is not known/],
    ['select 1 \\g |cat', /\\g cannot be used here: it runs a command of the shell/],
    ['\\o |cat', /\\o cannot be used here: it runs a command of the shell/],
    ["\\copy t from program 'ls'", /\\copy cannot be used here: it runs a command of the shell/],
    ['\\copy t from pstdin', /standard input is not sent beside a script/],
    ['\\copy t', /it names nothing to copy from or to on this line/],
    ['\\copy (', /it names nothing to copy from or to on this line/],
    ['\\copy t from nope.csv', /\\copy cannot be used here: nope\.csv is not there/],
    ['\\copy t from d', /d is a folder/],
    ['\\copy t from /dev/tty', /is no regular file/],
    ['\\copy t to x\n\\copy t from x', /a\.sql:4: .*x is written by the same script/],
    ['\\set x `date`', /backticks run a command of the shell/],
    ['\\i nope.sql', /\\i cannot be used here: nope\.sql is not there/],
    ['\\i', /\\i cannot be used here: it needs a file/],
    ['\\i :x', /the name of the file has a variable in it/],
    ['\\i "x"', /the name of the file has double quotes\n?/],
    ['\\o ~root/x', /another user's folder/],
    ['\\i loop.sql', /loop\.sql:1: loop\.sql includes itself/],
    ['select 1\n\\i ok.sql', /a\.sql:4: A statement is not finished before \\i/],
    ['\\i ok.sql \\\\ select 1;', /There is more on the line of \\i/],
    ['select 1; \\i ok.sql', /There is more on the line of \\i/],
    ['\\i open.sql', /open\.sql ends within a string/],
    ['\\i if.sql', /if\.sql has an \\if without its \\endif/],
    ['\\i quit.sql', /quit\.sql:1: \\q cannot be used here/],
    ['\\i nested.sql', /deep\.sql:2: \\! cannot be used here/],
    ['\\if true\ncopy t from stdin;', /Data cannot stand between \\if and \\endif/],
    ['\\encoding SJIS', /the whole input has one encoding/],
    ["select '\0';", /a\.sql:3: There is a NUL byte/],
  ])('%j', async (text, message) => {
    mkdirSync(join(folder, 'd'));
    put('ok.sql', 'select 1;');
    put('loop.sql', '\\ir loop.sql');
    put('open.sql', "select 'a");
    put('if.sql', '\\if true');
    put('quit.sql', '\\q');
    put('nested.sql', '\\i deep.sql');
    put('deep.sql', '\n\\! ls');
    await expect(expanded(`select 1;\n\n${text}\n`)).rejects.toThrow(message);
  });

  it.each([
    ['', /a\.sql is empty/],
    [' \n\n', /a\.sql is empty/],
    [Buffer.from('\ufeffselect', 'utf16le'), /a\.sql is in UTF-16/],
  ])('%j', async (text, message) => {
    await expect(expanded(text)).rejects.toThrow(message);
  });

  it.each([
    ['\\dt', /\\dt cannot be used here: what it prints is no JSON/],
    ['\\pset format csv', /what it prints is no JSON/],
    ['\\o x', /what it prints is no JSON/],
    ['select 1 \\g x', /results go to standard output as JSON/],
    ['select 1 \\; select 2;', /several statements one/],
    ['copy t to stdout;', /COPY TO STDOUT writes is no JSON/],
    ['\\copy t to stdout', /what it writes is no JSON/],
  ])('with --json: %j', async (text, message) => {
    await expect(expanded(text, { json: true })).rejects.toThrow(message);
  });
});

it('with --json, each statement that is not empty is described and run', async () => {
  const run = '\\echo N columns \\gdesc \\echo N rows \\g \\echo N end ';
  expect(
    await expanded('select 1; ; -- x\n;\nselect 2 \\g\nselect 3 \\gset\nselect (1;);\nselect 4', { json: true }),
  ).toBe(
    `select 1 /**/ ${run}\\\\  ; -- x\n;\nselect 2 ${run}\nselect 3 \\gset\nselect (1;) /**/ ${run}\\\\ \nselect 4\n /**/ ${run}\\\\ \n`,
  );
});
