import { UserError } from '../errors';
import { registryEnvironment } from '../tree-environment';
import { runChild } from './child';

export class RegistryUnreachableError extends UserError {
  constructor(code: string) {
    super(`The npm registry cannot be reached (${code})`, 'Try again where the network, or a mirror of it, is there');
  }
}

/** Of npm, when nobody answered: it could not look up, connect, or wait any longer. */
const UNREACHABLE =
  /^npm error code (ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|EHOSTUNREACH|ENETUNREACH|ENOTCACHED|E?TIMEDOUT|\w+TIMEOUT|E50[234])$/m;

/** Waits seconds, not npm's minutes, between its attempts; leaves no log behind; runs no script of a package. */
const OPTIONS = [
  '--ignore-scripts',
  '--no-audit',
  '--no-fund',
  '--no-update-notifier',
  '--logs-max=0',
  '--fetch-retries=1',
  '--fetch-retry-mintimeout=1000',
  '--fetch-retry-maxtimeout=1000',
  '--fetch-timeout=120000',
];

/**
 * Installs what the lock file of a folder says, to the byte: `npm ci` holds each package against its SHA-512.
 * @throws RegistryUnreachableError, UserError with npm's reason
 */
export async function install(directory: string, signal: AbortSignal): Promise<void> {
  const { exitCode, said } = await runChild('npm', ['ci', ...OPTIONS, `--prefix=${directory}`], {
    cwd: directory,
    env: registryEnvironment(),
    signal,
  });
  if (exitCode === 0) return;
  const code = UNREACHABLE.exec(said)?.[1];
  if (code !== undefined) throw new RegistryUnreachableError(code);
  const reason = said.split('\n').filter((line) => line.startsWith('npm error'));
  throw new UserError(
    `The successor's packages cannot be installed:\n${reason.join('\n') || said.trim()}`,
    'Look at src/successor/packages',
  );
}
