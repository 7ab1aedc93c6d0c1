import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import type { AwsAccess } from '../aws/clients';
import { channelEndpoint, configuredEndpoints, type EndpointConfiguration } from '../aws/endpoints';
import { streamAddress } from '../aws/stream-url';
import { isErrno, UserError } from '../errors';
import { OFFICIAL_CLIENT } from '../session/client-version';
import type { SessionTicket } from '../session/session';
import type { Interruption } from './signals';

const PLUGIN = 'session-manager-plugin';
const TICKET_VARIABLE = 'AWS_SSM_START_SESSION_RESPONSE';
/** From the next version on the plugin reads the ticket from a variable, out of sight of `ps`; as the AWS CLI knows. */
const LAST_VERSION_WITH_ARGUMENT = '1.2.497.0';

/** An installed session-manager-plugin. */
export interface Plugin {
  readonly version: string;
  /** Whether it takes the ticket from a variable. */
  readonly readsVariable: boolean;
  /** Whether AWS still promises to serve it. */
  readonly isServed: boolean;
}

/** Which session, how SSM names its container, and how AWS is reached. */
export interface PluginSession {
  readonly ticket: SessionTicket;
  readonly target: string;
  readonly access: AwsAccess;
  /** The configuration of the client that has started it. */
  readonly client: EndpointConfiguration;
}

/** @throws UserError when it is not installed */
export async function findPlugin(): Promise<Plugin> {
  try {
    const { stdout } = await promisify(execFile)(PLUGIN, ['--version']);
    const version = stdout.trim();
    return {
      version,
      readsVariable: isNewer(version, LAST_VERSION_WITH_ARGUMENT),
      isServed: version === OFFICIAL_CLIENT.minimum || isNewer(version, OFFICIAL_CLIENT.minimum),
    };
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
    throw new UserError(`${PLUGIN} is not on the PATH`, 'Install it, or leave --plugin away: nothing else needs it');
  }
}

/** Hands the session to the plugin, called as the AWS CLI calls it. @returns its exit code */
export async function runPlugin(
  { readsVariable }: Plugin,
  { ticket, target, access, client }: PluginSession,
  interruption: Interruption,
): Promise<number> {
  const { region, profile } = access;
  const place = { region, endpoint: channelEndpoint(access), configured: await configuredEndpoints(client) };
  const response = JSON.stringify({
    SessionId: ticket.sessionId,
    TokenValue: ticket.tokenValue,
    StreamUrl: streamAddress(ticket.streamUrl, place).href,
  });
  const { AWS_ENDPOINT_URL_SSM, AWS_ENDPOINT_URL } = process.env;
  const endpoint = AWS_ENDPOINT_URL_SSM ?? AWS_ENDPOINT_URL ?? `https://ssm.${region}.amazonaws.com`;
  const request = JSON.stringify({ Target: target });
  const child = spawn(
    PLUGIN,
    [readsVariable ? TICKET_VARIABLE : response, region, 'StartSession', profile ?? '', request, endpoint],
    { stdio: 'inherit', env: { ...process.env, ...(readsVariable ? { [TICKET_VARIABLE]: response } : {}) } },
  );
  // The plugin turns Ctrl-C into a key for the remote side.
  using ctrlC = interruption.leaveCtrlCToChild();
  const { signal } = interruption;
  const stop = (): void => {
    child.kill('SIGTERM');
  };
  signal.addEventListener('abort', stop, { once: true });
  try {
    const [code] = (await once(child, 'exit')) as [number | null];
    signal.throwIfAborted();
    return code ?? 1;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

function isNewer(version: string, than: string): boolean {
  const [parts, limits] = [version, than].map((text) => text.split('.').map(Number)) as [number[], number[]];
  const at = limits.findIndex((limit, index) => (parts[index] ?? 0) !== limit);
  return at >= 0 && (parts[at] ?? 0) > (limits[at] ?? 0);
}
