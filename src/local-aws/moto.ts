import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, rmSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '../errors';
import { PACKAGE } from '../package';

const MOTO = 'moto[server]==5.2.1';
const START_TIMEOUT_MS = 60_000;
/** Beside other tools' caches, so that `down` does not throw the download away. */
const VIRTUAL_ENVIRONMENT = join(PACKAGE, 'node_modules/.cache/aurora-bastion/moto');

export class MotoError extends UserError {}

/** A running moto server: the control plane of everything that is not a task or a session. */
export interface Moto extends AsyncDisposable {
  /** The Unix socket at which it listens, and nowhere else: it does what it is asked, whoever asks. */
  readonly socketPath: string;
}

/** An interpreter that can run moto; makes a private environment when the given one cannot. */
export function pythonWithMoto(python: string, say: (line: string) => void): string {
  if (canImportMoto(python)) return python;
  const own = join(VIRTUAL_ENVIRONMENT, 'bin/python3');
  if (existsSync(own) && canImportMoto(own)) return own;
  say(`Installing ${MOTO} into a private Python environment (once)`);
  rmSync(VIRTUAL_ENVIRONMENT, { recursive: true, force: true });
  const steps = [
    [python, '-m', 'venv', VIRTUAL_ENVIRONMENT],
    [own, '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--retries', '1', MOTO],
  ] as const;
  for (const [command, ...argv] of steps) {
    const { status, stderr } = spawnSync(command, argv, { encoding: 'utf8' });
    if (status === 0) continue;
    rmSync(VIRTUAL_ENVIRONMENT, { recursive: true, force: true });
    const why = stderr.split('\n').findLast((line) => /error/i.test(line)) ?? `exit code ${String(status)}`;
    throw new MotoError(
      `moto cannot be installed (${why.trim()})`,
      `Connect to the network, or install it yourself: python3 -m pip install '${MOTO}'`,
    );
  }
  return own;
}

/** @param directory a folder that nobody else may enter */
export async function startMoto(
  python: string,
  directory: string,
  environment: NodeJS.ProcessEnv,
  log: number,
): Promise<Moto> {
  const socketPath = join(directory, 'socket');
  const child = spawn(python, ['-m', 'moto.server', '-H', `unix://${socketPath}`], {
    env: { ...environment, MOTO_IAM_LOAD_MANAGED_POLICIES: 'true', PYTHONUNBUFFERED: '1' },
    stdio: ['ignore', log, log],
  });
  const exited = once(child, 'exit');
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (!(await answers(socketPath))) {
    if (child.exitCode !== null) throw new MotoError('moto has ended while it started', 'See the log of the local AWS');
    if (Date.now() > deadline) throw new MotoError('moto does not answer', 'See the log of the local AWS');
    await sleep(50);
  }
  return {
    socketPath,
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL'); // it keeps nothing that could be lost
      await exited;
    },
  };
}

function canImportMoto(python: string): boolean {
  return spawnSync(python, ['-c', 'import moto.server'], { stdio: 'ignore' }).status === 0;
}

async function answers(socketPath: string): Promise<boolean> {
  try {
    const asked = request({ socketPath, path: '/moto-api/', method: 'HEAD' }).end();
    const [answer] = (await once(asked, 'response')) as [IncomingMessage];
    answer.resume();
    return true;
  } catch {
    return false; // not listening yet
  }
}
