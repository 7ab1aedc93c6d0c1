import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import {
  certificateFile,
  isVerified,
  requireRoot,
  serverTrust,
  UnverifiedTokenError,
  unverifiedNote,
} from '../../../src/cli/forward/certificate';

describe('how the certificate is checked', () => {
  const home = mkdtempSync(join(tmpdir(), 'home-'));
  afterAll(() => {
    rmSync(home, { recursive: true });
  });

  it.each<[NodeJS.ProcessEnv, string | undefined, string, string | undefined, boolean]>([
    [{}, __filename, 'verify-full', __filename, true],
    [{ PGSSLROOTCERT: '/b.pem' }, undefined, 'verify-full', '/b.pem', true],
    [{ PGSSLROOTCERT: '/b.pem' }, __filename, 'verify-full', __filename, true],
    [{ PGSSLROOTCERT: 'system' }, undefined, 'verify-full', 'system', true],
    [{ PGSSLMODE: 'verify-ca' }, __filename, 'verify-ca', __filename, true],
    [{ PGSSLMODE: 'require' }, __filename, 'require', __filename, false],
    [{ PGSSLMODE: 'disable' }, __filename, 'disable', __filename, false],
    [{ PGSSLMODE: '', PGSSLROOTCERT: '' }, undefined, 'require', undefined, false],
    [{}, undefined, 'require', undefined, false],
  ])('%j and --root-cert %s: %s', (env, named, sslMode, rootCertificate, verified) => {
    const trust = serverTrust(named, true, { HOME: home, ...env });
    expect(trust).toEqual({ sslMode, rootCertificate });
    expect(isVerified(trust)).toBe(verified);
  });

  it("is by the file in libpq's own place, where it is there", () => {
    const file = join(home, '.postgresql', 'root.crt');
    mkdirSync(join(home, '.postgresql'));
    writeFileSync(file, '');
    expect(serverTrust(undefined, true, { HOME: home })).toEqual({ sslMode: 'verify-full', rootCertificate: file });
    // libpq would check by it in any mode, unless it is given a name that leads nowhere.
    const nowhere = { sslMode: 'require', rootCertificate: '/dev/null/none' };
    expect(serverTrust(undefined, false, { HOME: home, PGSSLROOTCERT: file })).toEqual(nowhere);
  });
});

it.each([
  [{ PGSSLROOTCERT: '/b.pem' }, 'require'],
  [{ PGSSLMODE: 'verify-full' }, 'require'],
  [{ PGSSLMODE: 'prefer' }, 'prefer'],
])('--no-verify-ssl has nothing checked, whatever the environment asks for: %j', (env, sslMode) => {
  const trust = serverTrust(undefined, false, { HOME: '/no/home', ...env });
  expect(trust).toEqual({ sslMode, rootCertificate: undefined });
});

it('a file to check against has to be there, where it is checked', () => {
  const trust = (sslMode: string, rootCertificate?: string): void => {
    requireRoot({ sslMode, rootCertificate });
  };
  expect(() => {
    trust('verify-full', '/no/such.pem');
  }).toThrow('There is no file /no/such.pem');
  expect(() => {
    trust('require', '/no/such.pem');
  }).not.toThrow();
  for (const found of [__filename, 'system', undefined])
    expect(() => {
      trust('verify-full', found);
    }).not.toThrow();
});

it('a file that is named is named by its whole path, and has to be there', () => {
  expect(certificateFile(undefined)).toBeUndefined();
  expect(certificateFile('system')).toBe('system');
  expect(certificateFile(relative('.', __filename))).toBe(__filename);
  expect(() => certificateFile('/no/such.pem')).toThrow('There is no file /no/such.pem');
});

it('says in one line what to do where nothing is checked', () => {
  const nothing = { sslMode: 'require', rootCertificate: undefined };
  expect(unverifiedNote(nothing, true)).toMatch(
    /^Note: nothing checks .* To have it checked, once: curl .*global-bundle\.pem$/,
  );
  const low = { sslMode: 'prefer', rootCertificate: '/b.pem' };
  expect(unverifiedNote(nothing, false)).toMatch(/^Note: nothing checks .*, as --no-verify-ssl asks$/);
  expect(unverifiedNote(low, true)).toMatch(/^Note: .* To have it checked, unset PGSSLMODE, which is prefer$/);
  expect(new UnverifiedTokenError(low).remedy).toMatch(/unset PGSSLMODE.*--no-verify-ssl$/);
});
