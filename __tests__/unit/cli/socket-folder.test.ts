import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SocketFolder } from '../../../src/cli/forward/socket-folder';
import { SocketFolderError, whoElse } from '../../../src/cli/forward/socket-place';

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

describe('what leads to it', () => {
  it.each(['mine', 'nowhere'])('is no symbolic link: to %s', (target) => {
    mkdirSync(join(parent, 'mine'), { mode: 0o700 });
    symlinkSync(join(parent, target), join(parent, 'link'));
    expect(() => SocketFolder.open(join(parent, 'link'))).toThrow(SocketFolderError);
    expect(() => SocketFolder.open(join(parent, 'link'))).toThrow('is a symbolic link');
    expect(existsSync(join(parent, 'nowhere'))).toBe(false);
  });

  it('is followed once, above it', () => {
    mkdirSync(join(parent, 'mine'));
    symlinkSync(join(parent, 'mine'), join(parent, 'link'));
    using folder = SocketFolder.open(join(parent, 'link', 'new'));
    expect(folder.path).toBe(join(parent, 'mine', 'new'));
  });

  it.each([0o777, 0o770, 0o720, 0o702])('may not be written to by others: mode %o', (mode) => {
    const path = join(parent, 'between', 'new');
    mkdirSync(join(parent, 'between'));
    chmodSync(parent, mode);
    expect(() => SocketFolder.open(path)).toThrow(SocketFolderError);
    expect(() => SocketFolder.open(path)).toThrow(`${parent} may be written to by others`);
    expect(existsSync(path)).toBe(false);
    chmodSync(parent, 0o1000 | mode); // only owners may rename in it
    using folder = SocketFolder.open(path);
    expect(folder.path).toBe(path);
  });

  it.each<[string, number, number, 'owner' | 'writers' | undefined]>([
    ['one’s own', 1000, 0o755, undefined],
    ['root’s', 0, 0o755, undefined],
    ['root’s, for all, with the sticky bit', 0, 0o1777, undefined],
    ['one’s own, for all', 1000, 0o777, 'writers'],
    ['another’s', 1001, 0o700, 'owner'],
    ['another’s, with the sticky bit', 1001, 0o1777, 'owner'],
  ])('is nobody else’s to change: %s', (_, uid, mode, who) => {
    expect(whoElse({ uid, mode }, 1000)).toBe(who);
  });

  it.each([
    ['a,b', 'libpq takes a comma for the next host'],
    ['a\nb', 'a comma or a control character'],
  ])('has a name that clients take for a folder: %j', (name, message) => {
    expect(() => SocketFolder.open(join(parent, name))).toThrow(SocketFolderError);
    expect(() => SocketFolder.open(join(parent, name))).toThrow(message);
  });

  it('is not taken for an abstract socket', () => {
    expect(() => SocketFolder.open('@pg')).toThrow(SocketFolderError);
    expect(() => SocketFolder.open('@pg')).toThrow('an abstract socket');
  });
});

it('refuses a path that the address of a socket has no room for, by its bytes', () => {
  using folder = SocketFolder.open(join(parent, 'new'));
  const room = (process.platform === 'linux' ? 107 : 103) - Buffer.byteLength(`${folder.path}/`);
  expect(folder.at('x'.repeat(room))).toContain('xxx');
  expect(() => folder.at('x'.repeat(room + 1))).toThrow(SocketFolderError);
  expect(() => folder.at('é'.repeat(room))).toThrow(/has \d+ bytes, and the address of a socket has room for/);
});
