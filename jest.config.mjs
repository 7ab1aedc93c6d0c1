import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

// Every folder that a test makes lies in one of this run's, and goes with it. PostgreSQL's user may enter it.
const runDirectory = mkdtempSync(join(tmpdir(), 'aurora-bastion-test-'));
chmodSync(runDirectory, 0o755);
process.env.TEST_RUN_DIRECTORY = runDirectory;
process.on('exit', () => rmSync(runDirectory, { recursive: true, force: true, maxRetries: 5 }));

/**
 * unit: no process, no port. integration: real processes and sockets on loopback. e2e: the commands of the README.
 * The layers run in parallel workers; every test that needs a local AWS starts its own on free ports.
 */
const project = (name, testMatch, more = {}) => ({
  displayName: name,
  testEnvironment: 'node',
  testMatch,
  testPathIgnorePatterns: ['/node_modules/', '/dist/', '/cdktf.out/', '/.local-aws/'],
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/cdktf.out/', '<rootDir>/.local-aws/'],
  transform: { '^.+\\.ts$': ['ts-jest', { tsconfig: 'tsconfig.json', diagnostics: false }] },
  ...more,
});

export default {
  maxWorkers: 2,
  globalSetup: '<rootDir>/__tests__/support/compile.cjs',
  projects: [
    project('unit', ['<rootDir>/__tests__/unit/**/*.test.ts']),
    project('integration', ['<rootDir>/__tests__/integration/**/*.test.ts']),
    project('e2e', ['<rootDir>/__tests__/e2e/**/*.test.ts']),
  ],
  testTimeout: 60_000,
};
