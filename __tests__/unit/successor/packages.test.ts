import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RENAMES } from '../../../src/successor/rename';
import { PROJECT } from '../../support/helper';

interface Lock {
  readonly packages: Readonly<
    Record<
      string,
      {
        readonly version?: string;
        readonly integrity?: string;
        readonly inBundle?: boolean;
        readonly resolved?: string;
        readonly dependencies?: Readonly<Record<string, string>>;
      }
    >
  >;
}

const read = (file: string): unknown => JSON.parse(readFileSync(join(PROJECT, 'src/successor/packages', file), 'utf8'));
const { dependencies } = read('package.json') as { readonly dependencies: Readonly<Record<string, string>> };
const { packages } = read('package-lock.json') as Lock;

it('exact versions of the packages that the imports are renamed to, and of their constructs', () => {
  expect(Object.keys(dependencies).toSorted()).toEqual([...Object.values(RENAMES), 'constructs'].toSorted());
  for (const version of Object.values(dependencies)) expect(version).toMatch(/^\d+\.\d+\.\d+$/);
});

it('the lock file has them, with the SHA-512 of each and no host', () => {
  expect(packages['']?.dependencies).toEqual(dependencies);
  for (const [path, { version, integrity = '', inBundle = false, resolved }] of Object.entries(packages)) {
    if (path === '') continue;
    expect([path, resolved]).toEqual([path, undefined]);
    if (!inBundle) expect([path, integrity]).toEqual([path, expect.stringMatching(/^sha512-/)]);
    const pinned = dependencies[path.replace('node_modules/', '')];
    if (pinned !== undefined) expect(version).toBe(pinned);
  }
});
