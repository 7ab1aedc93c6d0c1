import { existsSync, lstatSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { claimFolder } from '../../../src/local-aws/claim';
import { makeSocketDirectory, removeFolder } from '../../../src/local-aws/folder';
import { temporaryDirectory } from '../../support/bastion';

const mode = (path: string): string => (statSync(path).mode & 0o777).toString(8);

describe('the folder of a socket', () => {
  it('can be entered by nobody else, whatever was there', () => {
    const folder = temporaryDirectory();
    expect(mode(makeSocketDirectory(folder))).toBe('700');
    const other = temporaryDirectory();
    mkdirSync(join(other, 'moto'), { mode: 0o755 });
    expect(mode(makeSocketDirectory(other))).toBe('700');
  });

  it('is elsewhere where its path is too long for a socket, and goes all the same', () => {
    const folder = temporaryDirectory();
    claimFolder(folder);
    const directory = makeSocketDirectory(folder, folder.length);
    expect(directory.startsWith(folder)).toBe(false);
    expect(mode(directory)).toBe('700');
    expect(lstatSync(join(folder, 'moto')).isSymbolicLink()).toBe(true);
    writeFileSync(join(directory, 'socket'), '');
    removeFolder(folder);
    expect([folder, directory].filter((one) => existsSync(one))).toEqual([]);
  });
});
