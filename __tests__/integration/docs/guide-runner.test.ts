import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryDirectory } from '../../support/bastion';
import { parseGuide } from '../../support/guide';
import { inOrder } from '../../support/guide-order';
import { type Reader, runStep, sqlByCommand } from '../../support/guide-runner';

let reader: Reader;
let faults: object[];

beforeEach(() => {
  const directory = temporaryDirectory();
  faults = [];
  reader = {
    directory,
    env: process.env,
    stateFile: join(directory, 'state'),
    sql: sqlByCommand(['sh', '-c', 'if grep wrong; then echo "no such thing" >&2; exit 3; else echo "(1 row)"; fi']),
    setFaults: (next) => {
      faults.push(next);
    },
  };
});

/** Runs a document as the guide's test does. */
async function read(...lines: readonly string[]): Promise<void> {
  for (const step of parseGuide('a.md', lines.join('\n'))) await runStep(step, reader);
}

const block = (language: string, ...lines: readonly string[]): string[] => [`\`\`\`${language}`, ...lines, '```'];

it('runs blocks one after the other, in one shell', async () => {
  await read(
    ...block('sh', 'WORD="two words"'),
    ...block('txt dir/file', 'of a name'),
    ...block('sh', 'echo "$WORD"; cat dir/file; echo told >&2'),
    ...block('text', 'two words', 'of a …', 'told'),
  );
  expect(readFileSync(join(reader.directory, 'dir/file'), 'utf8')).toBe('of a name\n');
});

it('fails at a command that fails, wherever it stands in its block', async () => {
  await expect(read('# A', '', ...block('sh', 'echo before', 'false', 'true'))).rejects.toThrow(
    /^a\.md:3: the block ended with 1, not 0:\nbefore\n/,
  );
});

it('fails when a block that should fail does not', async () => {
  await expect(read('<!-- run: {"exitCode": 3} -->', ...block('sh', 'true'))).rejects.toThrow(
    'a.md:2: the block ended with 0, not 3',
  );
  await read('<!-- run: {"exitCode": 3} -->', ...block('sh', 'exit 3'));
});

it('fails at the line that is not printed', async () => {
  await expect(read(...block('sh', 'echo one; echo two'), ...block('text', 'one', 'three'))).rejects.toThrow(
    /^a\.md:6: the document has\n {2}three\nwhere this was printed:\n {2}two\n/,
  );
});

it('fails when more is printed than it shows', async () => {
  await expect(read(...block('sh', 'echo one; echo two'), ...block('text', 'one'))).rejects.toThrow(
    /^a\.md:6: the document has\n {2}\(nothing more\)\nwhere this was printed:\n {2}two/,
  );
});

it('leaves out what npm says before a command, and nothing else', async () => {
  const npm = `printf '\\n> a@1 connect\\n> "run" x\\n\\nnpm warn x\\nanswer\\n'`;
  await read(...block('sh', npm), ...block('text', 'answer'));
});

it('gives SQL to its program on standard input, and fails with it', async () => {
  await read(...block('sql', 'select 1;'), ...block('text', '(1 row)'));
  await expect(read('', ...block('sql', 'wrong;'))).rejects.toThrow(
    /^a\.md:2: the block ended with 3, not 0:\n[^]*no such thing/,
  );
});

it('sets faults for one block, and takes them back when it fails too', async () => {
  await expect(read('<!-- run: {"faults": {"yumFails": true}} -->', ...block('sh', 'false'))).rejects.toThrow('a.md:2');
  expect(faults).toEqual([{ yumFails: true }, {}]);
});

it('types into a terminal, and looks at all it shows', async () => {
  await read(...block('console', '$ echo $((6 * 7))', '42', '$ printf "a\\nb\\n"', 'a', '…'));
  await expect(read('', ...block('console', '$ echo one', 'two'))).rejects.toThrow(
    /^a\.md:4: the document has\n {2}two\nwhere this was printed:\n {2}one\n/,
  );
});

it('runs two languages from deployment to deployment, and that once', () => {
  const document = (file: string): ReturnType<typeof parseGuide> =>
    parseGuide(
      file,
      [
        ...block('sh', 'echo 1'),
        ...block('sh', 'npx cdktf deploy --auto-approve'),
        ...block('sql', 'select 2;'),
        ...['<!-- seen: {"command": "echo 3", "faults": {"yumFails": true}} -->', ...block('text', '3')],
        ...block('sh', 'npx cdktf destroy'),
      ].join('\n'),
    );
  const order = inOrder(document('ja'), document('en')).map(({ file, line }) => `${file}:${line}`);
  expect(order).toEqual(['ja:1', 'en:1', 'ja:4', 'ja:7', 'ja:11', 'en:7', 'ja:14']);
});
