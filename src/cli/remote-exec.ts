import { randomBytes } from 'node:crypto';
import type { ECSClient } from '@aws-sdk/client-ecs';
import { executeCommand } from '../aws/execute';
import { isEncrypting } from '../aws/session-key';
import { SessionService } from '../aws/session-service';
import { sessionTarget, type TaskReference } from '../aws/task';
import { describeTask } from '../aws/wait';
import { runExec, type StandardStreams } from '../remote/exec';
import { execCommand } from '../remote/exec-script';
import { Session } from '../session/session';
import type { Deployment } from './deployment';
import { leaveCleanly } from './leave';
import { remoteSignal } from './signals';

/** A ready task. */
export interface ExecPlace {
  readonly ecs: ECSClient;
  readonly task: TaskReference;
  readonly deployment: Deployment;
  readonly signal: AbortSignal;
}

export interface ExecTalk {
  /** Takes what the remote side and the agent have to say to the user. */
  readonly warn?: (text: string) => void;
  /** Why the connection was lost; `undefined`: it is back. */
  readonly onConnection?: (lost: string | undefined) => void;
  /** As for `execCommand`. */
  readonly tidySeconds?: number | undefined;
}

/**
 * Runs a program in a task in a session of its own, with its bytes as they are.
 * @returns its exit code, 128 + n when signal n ended it
 * @throws as `runExec`
 */
export async function execIn(
  { ecs, task, deployment: { access }, signal }: ExecPlace,
  words: readonly string[],
  streams: StandardStreams,
  { warn = () => undefined, onConnection, tidySeconds }: ExecTalk = {},
): Promise<number> {
  const nonce = randomBytes(8).toString('hex');
  const command = execCommand({ nonce, words, waitForClient: true, tidySeconds });
  const encrypting = isEncrypting(ecs, task.cluster, signal);
  encrypting.catch(() => undefined); // whoever awaits it hears of it
  const ticket = await executeCommand(ecs, task, command, signal);
  const service = new SessionService(access, {
    client: ecs,
    ticket,
    target: async () => sessionTarget((await describeTask(ecs, task, signal)) ?? {}),
    warn,
  });
  await using remote = leaveCleanly(() => service.terminate());
  await using session = await Session.open(ticket, {
    ...service.sessionOptions,
    signal,
    mustEncrypt: await encrypting,
    notice: warn,
    ...(onConnection === undefined ? {} : { onConnection }),
  });
  const exitCode = await runExec(session, { nonce, streams, warn, signal, interrupt: remoteSignal });
  await remote.commandHasEnded(session);
  return exitCode;
}
