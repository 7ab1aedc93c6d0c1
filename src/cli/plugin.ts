import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import type { AwsAccess } from '../aws/clients';
import { isErrno, UserError } from '../errors';
import type { SessionTicket } from '../session/session';

const PLUGIN = 'session-manager-plugin';
const TICKET_VARIABLE = 'AWS_SSM_START_SESSION_RESPONSE';
/** From the next version on the plugin reads the ticket from a variable, out of sight of `ps`; as the AWS CLI knows. */
const LAST_VERSION_WITH_ARGUMENT = [1, 2, 497, 0];

/** Hands the session to the installed session-manager-plugin, called as the AWS CLI calls it. */
export async function runPlugin(
  ticket: SessionTicket,
  target: string,
  { region, profile }: AwsAccess,
  signal: AbortSignal,
): Promise<number> {
  const response = JSON.stringify({
    SessionId: ticket.sessionId,
    TokenValue: ticket.tokenValue,
    StreamUrl: ticket.streamUrl,
  });
  const byVariable = isNewer(await pluginVersion(), LAST_VERSION_WITH_ARGUMENT);
  const endpoint =
    process.env.AWS_ENDPOINT_URL_SSM ?? process.env.AWS_ENDPOINT_URL ?? `https://ssm.${region}.amazonaws.com`;
  const child = spawn(
    PLUGIN,
    [
      byVariable ? TICKET_VARIABLE : response,
      region,
      'StartSession',
      profile ?? '',
      JSON.stringify({ Target: target }),
      endpoint,
    ],
    { stdio: 'inherit', env: { ...process.env, ...(byVariable ? { [TICKET_VARIABLE]: response } : {}) } },
  );
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

async function pluginVersion(): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(PLUGIN, ['--version']);
    return stdout.trim();
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
    throw new UserError(`${PLUGIN} is not on the PATH`, 'Install it, or leave --plugin away: nothing else needs it');
  }
}

function isNewer(version: string, than: readonly number[]): boolean {
  const parts = version.split('.').map(Number);
  const at = than.findIndex((part, index) => (parts[index] ?? 0) !== part);
  return at >= 0 && (parts[at] ?? 0) > (than[at] ?? 0);
}
