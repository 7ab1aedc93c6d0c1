import { type SSMClient, StartSessionCommand } from '@aws-sdk/client-ssm';
import { UserError } from '../errors';
import type { SessionTicket } from '../session/ticket';
import { AwsCallError, AwsUnreachableError, awsCall, awsErrorName } from './errors';
import { retry } from './retry';

/** AWS's own documents: a port of the container itself, and one of a host that it can reach. */
export const OWN_PORT_DOCUMENT = 'AWS-StartPortForwardingSession';
export const REMOTE_HOST_DOCUMENT = 'AWS-StartPortForwardingSessionToRemoteHost';
/** As a remote host the agent refuses them from 3.3.4851.0 on. */
const OWN_HOSTS = ['localhost', '127.0.0.1', '::1'];
const UNREACHABLE_TIMEOUT_MS = 20_000;
/** ECS says that the agent runs some seconds before the service can reach it. */
const CONNECT_TIMEOUT_MS = 60_000;

export interface PortDestination {
  /** As the container resolves it; `localhost` is the container itself. */
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
  const isOwn = OWN_HOSTS.includes(host.toLowerCase());
  const document = isOwn ? OWN_PORT_DOCUMENT : REMOTE_HOST_DOCUMENT;
  const command = new StartSessionCommand({
    Target: target,
    DocumentName: document,
    Parameters: {
      ...(isOwn ? {} : { host: [host] }),
      portNumber: [String(port)],
      localPortNumber: [String(localPort)],
    },
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
    throw explain(error, target, document);
  }
}

function patience(error: unknown, connectTimeoutMs: number): number {
  if (error instanceof AwsUnreachableError) return UNREACHABLE_TIMEOUT_MS;
  return awsErrorName(error) === 'TargetNotConnected' ? connectTimeoutMs : 0;
}

/** What the general words of `awsCall` leave out. */
function explain(error: unknown, target: string, document: string): unknown {
  const name = awsErrorName(error);
  if (name === 'TargetNotConnected') {
    return new AwsCallError(
      `The agent in ${target} is not connected to Systems Manager`,
      'See whether the task still runs (`npm run connect -- status`), and start another',
      { cause: error },
    );
  }
  if (name === 'InvalidDocument') {
    return new AwsCallError(`There is no document ${document} in this region`, 'Check --region', {
      cause: error,
    });
  }
  return error;
}
