import { fork } from 'node:child_process';
import { openSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '../errors';
import { compiled } from '../package';
import { claimFolder, hasClaimedFolder, requireOwner } from './claim';
import { emptyFolder, removeFolder } from './folder';
import { isRunning, kill, sweep } from './processes';
import { type Instance, readRecord } from './record';
import { signedHeaders } from './signature/sign';
import { lockStart } from './start-lock';

interface Status {
  readonly id?: string;
  readonly tasks: readonly Readonly<Record<string, string>>[];
}

const STOP_TIMEOUT_MS = 60_000;
const STATUS_TIMEOUT_MS = 5_000;
/** The variable that marks the background server, and nothing that it starts. */
export const SERVER_MARK = 'LOCAL_AWS_SERVER';

/** The folder of the user's local AWS; `LOCAL_AWS_DIR` moves it. Empty, it would name the checkout itself. */
export function instanceDirectory(env: NodeJS.ProcessEnv, projectDirectory: string): string {
  const named = env.LOCAL_AWS_DIR ?? '';
  return resolve(projectDirectory, named === '' ? '.local-aws' : named);
}

/** The instance whose server answers; undefined when none is up. @throws ForeignFolderError for another user's */
export async function findInstance(directory: string): Promise<Instance | undefined> {
  const instance = requireOwner(directory) ? readRecord(directory) : undefined;
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

/**
 * Starts the server in the background and waits until it is ready. What a crashed one left is cleaned up first.
 * @throws ForeignFolderError, StartUnderWayError
 */
export async function startInstance(directory: string, say: (line: string) => void): Promise<Instance> {
  claimFolder(directory);
  using _lock = lockStart(directory);
  // Another may have come up between the caller's look and the lock.
  const running = await findInstance(directory);
  if (running !== undefined) return running;
  await endProcesses(directory);
  emptyFolder(directory);
  return await launch(directory, say);
}

function launch(directory: string, say: (line: string) => void): Promise<Instance> {
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

/**
 * Ends the server with all it runs, and deletes its folder. @returns whether there was anything
 * @throws ForeignFolderError; then no process has been ended either
 */
export async function stopInstance(directory: string): Promise<boolean> {
  const existed = hasClaimedFolder(directory);
  const instance = await findInstance(directory);
  if (instance !== undefined) {
    kill(instance.pid, 'SIGTERM');
    const deadline = Date.now() + STOP_TIMEOUT_MS;
    while (isRunning(instance.pid) && Date.now() < deadline) await sleep(50);
  }
  await endProcesses(directory);
  removeFolder(directory);
  return existed;
}

/** Ends what an instance left that did not end in order. */
async function endProcesses(directory: string): Promise<void> {
  // Without a record too: a server that has not become ready writes none.
  await sweep(`${SERVER_MARK}=${serverMark(directory)}`);
  const left = readRecord(directory);
  if (left !== undefined) await sweep(left.mark);
}

/** In brackets, since one folder's name may begin another's. */
function serverMark(directory: string): string {
  return `[${directory}]`;
}
