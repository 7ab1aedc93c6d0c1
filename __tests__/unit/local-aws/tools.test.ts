import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  findOnPath,
  MissingToolError,
  requirePostgres,
  requirePython,
  requireTerraform,
} from '../../../src/local-aws/tools';

const NOWHERE = { PATH: '/nonexistent' };
let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tools-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

describe('tools', () => {
  it('are found in the first folder of PATH that holds an executable one', () => {
    for (const [name, mode] of [
      ['first', 0o644],
      ['second', 0o755],
    ] as const) {
      mkdirSync(join(directory, name));
      writeFileSync(join(directory, name, 'tool'), '');
      chmodSync(join(directory, name, 'tool'), mode);
    }
    const PATH = `${join(directory, 'first')}::${join(directory, 'second')}`;
    expect(findOnPath('tool', { PATH })).toBe(join(directory, 'second/tool'));
    expect(findOnPath('tool', NOWHERE)).toBeUndefined();
  });

  it.each([
    ['Terraform', requireTerraform, 'Terraform is not on the PATH'],
    ['Python', requirePython, 'python3 is not on the PATH'],
  ])('%s, when missing, is named with a way to install it', (_, require, message) => {
    try {
      require(NOWHERE);
      throw new Error('it was found');
    } catch (error) {
      expect(error).toBeInstanceOf(MissingToolError);
      expect((error as MissingToolError).message).toBe(message);
      expect((error as MissingToolError).remedy).toMatch(/^Install /);
    }
  });

  it('PostgreSQL is found off the PATH too, the newest first, and named when it is nowhere', () => {
    for (const version of ['9', '14', '15']) {
      const bin = join(directory, version, 'bin');
      mkdirSync(bin, { recursive: true });
      for (const name of ['postgres', 'initdb', 'psql']) writeFileSync(join(bin, name), '', { mode: 0o755 });
    }
    expect(requirePostgres(NOWHERE, [directory])).toBe(join(directory, '15/bin'));
    expect(() => requirePostgres(NOWHERE, [])).toThrow('PostgreSQL (postgres, initdb, psql) is not on the PATH');
  });
});
