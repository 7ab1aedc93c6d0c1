import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
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
  readonly port: number;
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

export async function startMoto(python: string, environment: NodeJS.ProcessEnv, log: number): Promise<Moto> {
  const port = await freePort();
  const child = spawn(python, ['-m', 'moto.server', '-H', '127.0.0.1', '-p', String(port)], {
    env: { ...environment, MOTO_IAM_LOAD_MANAGED_POLICIES: 'true', PYTHONUNBUFFERED: '1' },
    stdio: ['ignore', log, log],
  });
  const exited = once(child, 'exit');
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (!(await answers(port))) {
    if (child.exitCode !== null) throw new MotoError('moto has ended while it started', 'See the log of the local AWS');
    if (Date.now() > deadline) throw new MotoError('moto does not answer', 'See the log of the local AWS');
    await sleep(50);
  }
  return {
    port,
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL'); // it keeps nothing that could be lost
      await exited;
    },
  };
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('a TCP server has no port');
  return address.port;
}

function canImportMoto(python: string): boolean {
  return spawnSync(python, ['-c', 'import moto.server'], { stdio: 'ignore' }).status === 0;
}

async function answers(port: number): Promise<boolean> {
  try {
    await fetch(`http://127.0.0.1:${port}/moto-api/`, { method: 'HEAD' });
    return true;
  } catch {
    return false; // not listening yet
  }
}
