import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SocketFolder, SocketFolderError } from '../../../src/cli/forward/socket-folder';

let parent: string;
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'sockets-'));
});
afterEach(() => {
  rmSync(parent, { recursive: true });
});

it('makes a folder for its owner alone, and removes it', () => {
  const path = join(parent, 'new');
  {
    using folder = SocketFolder.open(path);
    expect(folder.path).toBe(path);
    expect(statSync(path).mode & 0o777).toBe(0o700);
  }
  expect(existsSync(path)).toBe(false);
});

it('leaves one that was there, and one that somebody has put something into', () => {
  const [mine, used] = [join(parent, 'mine'), join(parent, 'used')];
  mkdirSync(mine, { mode: 0o700 });
  SocketFolder.open(mine)[Symbol.dispose]();
  expect(existsSync(mine)).toBe(true);
  const folder = SocketFolder.open(used);
  writeFileSync(join(used, 'other'), '');
  folder[Symbol.dispose]();
  expect(existsSync(used)).toBe(true);
});

it.each([0o701, 0o710, 0o755, 0o1777])('refuses one that others may enter: mode %o', (mode) => {
  chmodSync(parent, mode);
  expect(() => SocketFolder.open(parent)).toThrow(SocketFolderError);
  expect(() => SocketFolder.open(parent)).toThrow('is not yours alone');
});

it("refuses another's", () => {
  // Only root can give a folder away; to all others root's own is another's.
  const isRoot = process.getuid?.() === 0;
  const path = isRoot ? join(parent, 'theirs') : '/root';
  if (isRoot) {
    mkdirSync(path, { mode: 0o700 });
    chownSync(path, 65_534, 65_534);
  }
  expect(() => SocketFolder.open(path)).toThrow('is not yours alone');
});

it('refuses what is no folder, or cannot be made', () => {
  const file = join(parent, 'file');
  writeFileSync(file, '');
  expect(() => SocketFolder.open(file)).toThrow(`${file} is no folder`);
  expect(() => SocketFolder.open(join(parent, 'no', 'such'))).toThrow('cannot be made');
});

it('refuses a path that the address of a socket has no room for, by its bytes', () => {
  using folder = SocketFolder.open(join(parent, 'new'));
  const room = (process.platform === 'linux' ? 107 : 103) - Buffer.byteLength(`${folder.path}/`);
  expect(folder.at('x'.repeat(room))).toContain('xxx');
  expect(() => folder.at('x'.repeat(room + 1))).toThrow(SocketFolderError);
  expect(() => folder.at('é'.repeat(room))).toThrow(/has \d+ bytes, and the address of a socket has room for/);
});
