import { setTimeout as sleep } from 'node:timers/promises';
import { ExecuteCommandCommand, type ECSClient } from '@aws-sdk/client-ecs';
import { ResumeSessionCommand, type SSMClient, TerminateSessionCommand } from '@aws-sdk/client-ssm';
import { UserError } from '../errors';
import { SessionLostError, type SessionTicket } from '../session/session';
import { untilAborted } from '../session/until-aborted';
import { AwsUnreachableError, awsCall, awsErrorName, DENIED } from './errors';
import { retry } from './retry';
import { CONTAINER_NAME, type TaskReference } from './task';

/** How long a network may be away. */
const UNREACHABLE_TIMEOUT_MS = 20_000;
/** ECS says that the agent runs some seconds before the service can reach it. */
const CONNECT_TIMEOUT_MS = 60_000;

/**
 * Starts `command` in the task's container; retries while the agent is not connected, with growing pauses.
 * @param command a line that the agent splits as a shell would, and runs without one
 */
export async function executeCommand(
  ecs: ECSClient,
  task: TaskReference,
  command: string,
  signal: AbortSignal,
): Promise<SessionTicket> {
  const { session } = await retry(
    () =>
      awsCall('ecs:ExecuteCommand', () =>
        ecs.send(
          new ExecuteCommandCommand({
            cluster: task.cluster,
            task: task.taskArn,
            container: CONTAINER_NAME,
            interactive: true,
            command,
          }),
          { abortSignal: signal },
        ),
      ),
    patienceWith,
    signal,
  );
  return completeTicket(session ?? {});
}

/** For whoever wants to leave. */
const TERMINATE_TIMEOUT_MS = 10_000;
const UNKNOWN_SESSION = 'DoesNotExistException';
/**
 * Hourly credentials end when the service closes the socket, and a refusal may pass with them; each pause doubles. A right
 * that is not there is said after three seconds.
 */
const DENIED_ATTEMPTS = 5;
const FIRST_DENIED_PAUSE_MS = 200;

/**
 * A new ticket for a session whose connection was lost; undefined when the service has ended the session.
 * @throws SessionLostError when there is no way back; other errors may pass
 */
export async function resumeSession(ssm: SSMClient, sessionId: string): Promise<SessionTicket | undefined> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const { TokenValue: tokenValue, StreamUrl: streamUrl } = await awsCall('ssm:ResumeSession', () =>
        ssm.send(new ResumeSessionCommand({ SessionId: sessionId })),
      );
      if (!tokenValue || !streamUrl) return undefined;
      return { sessionId, tokenValue, streamUrl };
    } catch (error) {
      const name = awsErrorName(error) ?? '';
      const isDenied = DENIED.includes(name);
      if (name !== UNKNOWN_SESSION && !isDenied) throw error;
      if (!isDenied || attempt >= DENIED_ATTEMPTS) throw lost(error);
      await sleep(FIRST_DENIED_PAUSE_MS * 2 ** (attempt - 1), undefined, { ref: false });
    }
  }
}

function lost(error: unknown): SessionLostError {
  const { message, remedy } = error instanceof UserError ? error : { message: String(error), remedy: '' };
  return new SessionLostError(`its connection broke and it cannot be resumed (${message})`, remedy || undefined, {
    cause: error,
  });
}

/**
 * Ends the remote side of a session that we leave while it runs; best effort, since it may have ended by itself.
 * @returns whether the service has heard, within `limitMs`
 */
export async function terminateSession(
  ssm: SSMClient,
  sessionId: string,
  limitMs = TERMINATE_TIMEOUT_MS,
): Promise<boolean> {
  try {
    // Credentials may have to be looked for, by a program that does not answer.
    const limit = AbortSignal.timeout(limitMs);
    await untilAborted(ssm.send(new TerminateSessionCommand({ SessionId: sessionId }), { abortSignal: limit }), limit);
    return true;
  } catch {
    // Without ssm:TerminateSession the service ends the session when it has been idle for 20 minutes.
    return false;
  }
}

function completeTicket(session: {
  sessionId?: string | undefined;
  streamUrl?: string | undefined;
  tokenValue?: string | undefined;
}): SessionTicket {
  const { sessionId, streamUrl, tokenValue } = session;
  if (sessionId === undefined || streamUrl === undefined || tokenValue === undefined) {
    throw new UserError('ecs:ExecuteCommand answered without a session', 'Try again');
  }
  return { sessionId, streamUrl, tokenValue };
}

/** For how long to try again, in ms. */
function patienceWith(error: unknown): number {
  if (error instanceof AwsUnreachableError) return UNREACHABLE_TIMEOUT_MS;
  return isNotConnectedYet(error) ? CONNECT_TIMEOUT_MS : 0;
}

function isNotConnectedYet(error: unknown): boolean {
  const name = awsErrorName(error);
  if (name === 'TargetNotConnectedException') return true;
  // ECS says this too while the agent starts; whether exec is enabled at all was checked before.
  return name === 'InvalidParameterException' && error instanceof Error && /agent isn.t running/.test(error.message);
}
