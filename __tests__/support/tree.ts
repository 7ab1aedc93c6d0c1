import { createHash } from 'node:crypto';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { generator, someBytes } from './random';

/** Names that a shell, a terminal or an archive may take for something else. */
export const ODD_NAMES = [
  'with  two spaces ',
  ' ',
  'new\nline',
  'ends with newline\n',
  'tab\tand\\backslash',
  `'single' "double" \`back\` $HOME $(id)`,
  '-rf',
  '--help',
  '*',
  '?[a-z]',
  '.hidden',
  '..two dots',
  '...',
  '~',
  '#comment; exit 1',
  ':colon',
  '日本語の名前.csv',
  'é (decomposed)',
  '😀',
  'n'.repeat(255),
  '長'.repeat(85),
];

/** How many files, links, folders and bytes there are in a folder, for a round trip. */
export interface TreeShape {
  readonly files: number;
  readonly largeBytes: number;
  readonly names: readonly string[];
}

/** A folder with small files and large ones, modes, times, links, deep paths and odd names. */
export function makeTree(root: string, { files, largeBytes, names }: TreeShape): void {
  const random = generator(files);
  mkdirSync(join(root, 'small'), { recursive: true });
  const put = (name: string, bytes: Buffer, mode = 0o644): void => {
    const path = join(root, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, bytes);
    chmodSync(path, mode);
  };
  for (let n = 0; n < files; n += 1) {
    put(`small/${n % 7}/${n}.txt`, someBytes(Math.floor(random() * 3000), n), [0o644, 0o600, 0o755, 0o444][n % 4]);
  }
  for (const [at, name] of names.entries()) {
    put(join('names', name), Buffer.from(`content ${at}`));
    mkdirSync(join(root, 'folders', name), { recursive: true, mode: 0o750 });
  }
  put('large', someBytes(largeBytes, 5));
  put('empty', Buffer.alloc(0));
  put(`${'deep/'.repeat(30)}file`, Buffer.from('deep'));
  mkdirSync(join(root, 'empty folder'));
  mkdirSync(join(root, 'closed'));
  put('closed/file', Buffer.from('closed'));
  symlinkSync('large', join(root, 'link'));
  symlinkSync('/etc/passwd', join(root, 'outside'));
  symlinkSync('nowhere', join(root, 'dangling'));
  symlinkSync('small', join(root, 'link to folder'));
  chmodSync(join(root, 'closed'), 0o555);
  for (const name of ['large', 'empty folder', 'small', 'closed', '']) {
    utimesSync(join(root, name), 1_500_000_000, 1_500_000_000);
  }
}

/** What there is: a line for each thing, by its path, with all that a copy keeps. */
export function listing(root: string): readonly string[] {
  const lines: string[] = [];
  const walk = (name: string): void => {
    const path = join(root, name);
    const found = lstatSync(path);
    const time = Math.floor(found.mtimeMs / 1000);
    if (found.isSymbolicLink()) {
      lines.push(`${name} link ${readlinkSync(path)}`); // not every tar keeps its time
      return;
    }
    const mode = (found.mode & 0o777).toString(8);
    if (found.isDirectory()) {
      lines.push(`${name} folder ${mode} ${time}`);
      for (const child of readdirSync(path)) walk(join(name, child));
    } else {
      lines.push(`${name} file ${mode} ${time} ${createHash('sha256').update(readFileSync(path)).digest('hex')}`);
    }
  };
  walk('.');
  return lines.toSorted();
}
