import { fork } from 'node:child_process';
import { existsSync, mkdirSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '../errors';
import { compiled } from '../package';
import type { Endpoints } from './endpoints';
import { removeFolder } from './folder';
import { kill, sweep } from './processes';
import { signedHeaders } from './signature/sign';

/** A local AWS in the background, as its folder records it. */
export interface Instance extends Endpoints {
  readonly id: string;
  readonly pid: number;
  readonly mark: string;
  readonly variables: Readonly<Record<string, string>>;
}

interface Status {
  readonly id?: string;
  readonly tasks: readonly Readonly<Record<string, string>>[];
}

const RECORD = 'instance.json';
const STOP_TIMEOUT_MS = 60_000;
const STATUS_TIMEOUT_MS = 5_000;
/** The variable that marks the background server, and nothing that it starts. */
export const SERVER_MARK = 'LOCAL_AWS_SERVER';

/** The folder of the user's local AWS; `LOCAL_AWS_DIR` moves it. */
export function instanceDirectory(env: NodeJS.ProcessEnv, projectDirectory: string): string {
  return resolve(projectDirectory, env.LOCAL_AWS_DIR ?? '.local-aws');
}

export function writeInstance(directory: string, instance: Instance): void {
  const file = join(directory, RECORD);
  const made = `${file}.${process.pid}`;
  // The key is in it: nobody else can read it at any moment, and a file that is there already does not lend it its mode.
  writeFileSync(made, JSON.stringify(instance), { mode: 0o600, flag: 'wx' });
  renameSync(made, file);
}

/** The instance whose server answers; undefined when none is up. */
export async function findInstance(directory: string): Promise<Instance | undefined> {
  const instance = readInstance(directory);
  if (instance === undefined) return undefined;
  try {
    const { id } = await statusOf(instance);
    return id === instance.id ? instance : undefined;
  } catch {
    return undefined; // nobody listens there, or somebody else does
  }
}

/** What an instance says of itself; the key is shown by a signature, which is of no use to anybody else who listens there. */
export async function statusOf({ endpoint, variables }: Instance): Promise<Status> {
  const call = { method: 'GET', url: `${endpoint}/_local/status` } as const;
  const {
    AWS_ACCESS_KEY_ID: accessKeyId = '',
    AWS_SECRET_ACCESS_KEY: secretAccessKey = '',
    AWS_REGION = '',
  } = variables;
  const scope = { region: AWS_REGION, service: 'local' };
  const headers = signedHeaders(call, { accessKeyId, secretAccessKey }, scope);
  const answer = await fetch(call.url, { headers, signal: AbortSignal.timeout(STATUS_TIMEOUT_MS) });
  return (await answer.json()) as Status;
}

/** Starts the server in the background and waits until it is ready. What a crashed one left is cleaned up first. */
export async function startInstance(directory: string, say: (line: string) => void): Promise<Instance> {
  await cleanUp(directory);
  mkdirSync(directory, { recursive: true });
  const logFile = join(directory, 'log');
  const log = openSync(logFile, 'a', 0o600);
  const child = fork(compiled('src/local-aws/server'), [directory], {
    env: { ...process.env, [SERVER_MARK]: serverMark(directory) },
    stdio: ['ignore', log, log, 'ipc'],
    detached: true,
  });
  return new Promise((resolve, reject) => {
    child.on(
      'message',
      (message: { readonly say?: string; readonly error?: readonly [string, string]; readonly ready?: Instance }) => {
        if (message.say !== undefined) say(message.say);
        if (message.error !== undefined) reject(new UserError(...message.error));
        if (message.ready !== undefined) {
          child.disconnect();
          child.unref();
          resolve(message.ready);
        }
      },
    );
    child.once('exit', () => {
      reject(new UserError('The local AWS has ended while it started', `See ${logFile}`));
    });
  });
}

/** Ends the server with all it runs, and deletes its folder. @returns whether there was anything */
export async function stopInstance(directory: string): Promise<boolean> {
  const existed = existsSync(directory);
  const instance = await findInstance(directory);
  if (instance !== undefined) {
    kill(instance.pid, 'SIGTERM');
    const deadline = Date.now() + STOP_TIMEOUT_MS;
    while (isRunning(instance.pid) && Date.now() < deadline) await sleep(50);
  }
  await cleanUp(directory);
  return existed;
}

/** Removes what an instance left that did not end in order. */
async function cleanUp(directory: string): Promise<void> {
  // Without a record too: a server that has not become ready writes none.
  await sweep(`${SERVER_MARK}=${serverMark(directory)}`);
  const left = readInstance(directory);
  if (left !== undefined) await sweep(left.mark);
  removeFolder(directory);
}

/** In brackets, since one folder's name may begin another's. */
function serverMark(directory: string): string {
  return `[${directory}]`;
}

function readInstance(directory: string): Instance | undefined {
  const file = join(directory, RECORD);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Instance) : undefined;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false; // no such process
  }
}
