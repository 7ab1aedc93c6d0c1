import { type SSMClient, StartSessionCommand } from '@aws-sdk/client-ssm';
import { UserError } from '../errors';
import type { SessionTicket } from '../session/ticket';
import { AwsCallError, AwsUnreachableError, awsCall, awsErrorName } from './errors';
import { retry } from './retry';

/** AWS's own document: a port of a host that the container can reach. */
const REMOTE_HOST_DOCUMENT = 'AWS-StartPortForwardingSessionToRemoteHost';
const UNREACHABLE_TIMEOUT_MS = 20_000;
/** ECS says that the agent runs some seconds before the service can reach it. */
const CONNECT_TIMEOUT_MS = 60_000;

export interface PortDestination {
  /** As the container resolves it. */
  readonly host: string;
  readonly port: number;
  /** Of this machine, for the session's history only: nothing listens on it by this call. */
  readonly localPort: number;
}

/**
 * Starts a session that forwards to a port; retries while the agent is not connected.
 * @param target `ecs:<cluster>_<task id>_<runtime id>`, as `sessionTarget` makes it
 * @param connectTimeoutMs for how long to try while the agent is not connected
 * @throws UserError when AWS refuses
 */
export async function startPortSession(
  ssm: SSMClient,
  target: string,
  { host, port, localPort }: PortDestination,
  signal: AbortSignal,
  connectTimeoutMs = CONNECT_TIMEOUT_MS,
): Promise<SessionTicket> {
  const command = new StartSessionCommand({
    Target: target,
    DocumentName: REMOTE_HOST_DOCUMENT,
    Parameters: { host: [host], portNumber: [String(port)], localPortNumber: [String(localPort)] },
  });
  const start = () => awsCall('ssm:StartSession', () => ssm.send(command, { abortSignal: signal }));
  try {
    const {
      SessionId: sessionId,
      StreamUrl: streamUrl,
      TokenValue: tokenValue,
    } = await retry(start, (error) => patience(error, connectTimeoutMs), signal);
    if (sessionId === undefined || streamUrl === undefined || tokenValue === undefined) {
      throw new UserError('ssm:StartSession answered without a session', 'Try again');
    }
    return { sessionId, streamUrl, tokenValue };
  } catch (error) {
    throw explain(error, target);
  }
}

function patience(error: unknown, connectTimeoutMs: number): number {
  if (error instanceof AwsUnreachableError) return UNREACHABLE_TIMEOUT_MS;
  return awsErrorName(error) === 'TargetNotConnected' ? connectTimeoutMs : 0;
}

/** What the general words of `awsCall` leave out. */
function explain(error: unknown, target: string): unknown {
  const name = awsErrorName(error);
  if (name === 'TargetNotConnected') {
    return new AwsCallError(
      `The agent in ${target} is not connected to Systems Manager`,
      'See whether the task still runs (`npm run connect -- status`), and start another',
      { cause: error },
    );
  }
  if (name === 'InvalidDocument') {
    return new AwsCallError(`There is no document ${REMOTE_HOST_DOCUMENT} in this region`, 'Check --region', {
      cause: error,
    });
  }
  return error;
}
