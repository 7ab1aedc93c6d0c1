import { randomBytes } from 'node:crypto';
import type { ECSClient } from '@aws-sdk/client-ecs';
import { kmsClient, ssmClient } from '../aws/clients';
import { generateDataKey } from '../aws/data-key';
import { executeCommand, resumeSession, terminateSession } from '../aws/execute';
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
  const ticket = await executeCommand(
    ecs,
    task,
    execCommand({ nonce, words, waitForClient: true, tidySeconds }),
    signal,
  );
  await using remote = leaveCleanly(() => terminateSession(ssmClient(access), ticket.sessionId));
  await using session = await Session.open(ticket, {
    signal,
    notice: warn,
    // Fresh clients look for fresh credentials: those of the start may have expired by then.
    resume: () => resumeSession(ssmClient(access), ticket.sessionId),
    dataKey: async (keyId) => {
      const target = sessionTarget((await describeTask(ecs, task, signal)) ?? {});
      return generateDataKey(kmsClient(access), keyId, { sessionId: ticket.sessionId, target });
    },
    ...(onConnection === undefined ? {} : { onConnection }),
  });
  const exitCode = await runExec(session, { nonce, streams, warn, signal, interrupt: remoteSignal });
  await remote.commandHasEnded(session);
  return exitCode;
}
