import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findOnPath, MissingToolError, requirePython, requireTerraform } from '../../../src/local-aws/tools';

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
});
