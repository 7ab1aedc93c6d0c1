import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { TokenFile } from '../../../src/cli/forward/token-file';

const OPTIONS = { port: 15432, user: 'app:1', onFailure: () => undefined };

it('writes what libpq reads, for its owner alone, and takes it away', async () => {
  const file = await TokenFile.write({ ...OPTIONS, token: () => Promise.resolve('db:5432/?Action=connect\\x') });
  expect(readFileSync(file.path, 'utf8')).toBe('*:15432:*:app\\:1:db\\:5432/?Action=connect\\\\x\n');
  expect(statSync(file.path).mode & 0o777).toBe(0o600);
  expect(statSync(dirname(file.path)).mode & 0o777).toBe(0o700);
  file[Symbol.dispose]();
  expect(existsSync(dirname(file.path))).toBe(false);
});

it('leaves nothing when there is no token', async () => {
  await expect(
    TokenFile.write({ ...OPTIONS, token: () => Promise.reject(new Error('no credentials')) }),
  ).rejects.toThrow('no credentials');
});

describe('as time goes by', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it('holds a fresh token, and says when there is none', async () => {
    let made = 0;
    const failures: unknown[] = [];
    const token = (): Promise<string> => {
      made += 1;
      return made < 3 ? Promise.resolve(`token ${made}`) : Promise.reject(new Error('signed out'));
    };
    using file = await TokenFile.write({ ...OPTIONS, token, onFailure: (error) => failures.push(error) });
    await jest.advanceTimersByTimeAsync(14 * 60_000); // before the first token's end
    expect(readFileSync(file.path, 'utf8')).toContain('token 2');
    expect(failures).toEqual([new Error('signed out')]);
  });
});
