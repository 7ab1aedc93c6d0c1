import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { compiled, PACKAGE } from '../../src/package';
import type { SessionTicket } from '../../src/session/session';
import { own, type Owned } from '../children';
import { pluginArguments } from '../contenders';
import type { RelayPlan } from './relay';

/** A process that listens on a port of loopback, which leads to the destination. */
export interface Tunnel extends AsyncDisposable {
  readonly pid: number;
  readonly port: number;
  /** Rejects when the process has ended. */
  readonly exited: Promise<never>;
}

const DROP_IN = join(PACKAGE, 'src/cli/bin/session-manager-plugin');
const REQUEST = { Target: 'bench', DocumentName: 'AWS-StartPortForwardingSession' };
/** Both clients' words. */
const PORT_OPENED = /Port (\d+) opened/;

/** Our command in the place of AWS's client. */
export function startOurs(ticket: SessionTicket): Promise<Tunnel> {
  return start(process.execPath, [DROP_IN, ...pluginArguments(ticket, REQUEST)]);
}

/** The official client that SESSION_MANAGER_PLUGIN names; undefined when it names none. */
export function pluginStart(env: NodeJS.ProcessEnv): typeof startOurs | undefined {
  const program = env.SESSION_MANAGER_PLUGIN;
  if (program === undefined || program === '') return undefined;
  return async (ticket) => {
    // Its socket there is named by the session alone, and stays when it is killed.
    const directory = mkdtempSync(join(tmpdir(), 'bench-'));
    const forget = (): void => {
      rmSync(directory, { recursive: true, force: true });
    };
    try {
      const tunnel = await start(program, pluginArguments(ticket, REQUEST), { TMPDIR: directory });
      return {
        ...tunnel,
        [Symbol.asyncDispose]: async () => {
          await tunnel[Symbol.asyncDispose]();
          forget();
        },
      };
    } catch (error) {
      forget();
      throw error;
    }
  };
}

/** A TCP relay without a session. */
export function startRelay(plan: RelayPlan): Promise<Tunnel> {
  return start(process.execPath, [compiled('bench/tunnel/relay')], { BENCH_RELAY: JSON.stringify(plan) });
}

async function start(program: string, argv: readonly string[], more: NodeJS.ProcessEnv = {}): Promise<Tunnel> {
  const env = { ...process.env, AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b', ...more };
  const child = spawn(program, argv, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const owned = own(child);
  try {
    const opened = new Promise<number>((resolve) => {
      let said = '';
      child.stdout.on('data', (text: Buffer) => {
        said += text.toString();
        const port = PORT_OPENED.exec(said)?.[1];
        if (port !== undefined) resolve(Number(port));
      });
    });
    const port = await Promise.race([opened, owned.exited]);
    return { pid: owned.pid, port, exited: owned.exited, [Symbol.asyncDispose]: () => end(owned) };
  } catch (error) {
    await owned[Symbol.asyncDispose]();
    throw error;
  }
}

async function end(owned: Owned): Promise<void> {
  await owned[Symbol.asyncDispose]();
  await sleep(50); // the next one starts on a machine at rest
}
