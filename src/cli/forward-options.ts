import { UsageError } from '../errors';
import { streamCount } from './dump-options';
import type { Values } from './options';
import type { TaskOptions } from './task-options';

/** Where a forwarded port leads. */
export type WantedDestination = (
  { readonly kind: 'writer' | 'reader' } | { readonly kind: 'remote'; readonly host: string; readonly port: number }
) & {
  /** On this machine, or in the name of a socket; 0: any free one; `undefined`: nobody cares. */
  readonly localPort: number | undefined;
};

export interface ForwardOptions extends TaskOptions {
  /** At least one; what a command is told of is the first database. */
  readonly destinations: readonly [WantedDestination, ...WantedDestination[]];
  /** A local command that runs meanwhile; a single word is a line for the shell. */
  readonly command: readonly string[] | undefined;
  /** Log in with a token of IAM instead of the password. */
  readonly iam: boolean;
  /** Start another task when the one in use has ended. */
  readonly replace: boolean;
  /** Sessions side by side to each destination. */
  readonly streams: number;
  /** Another database than the task's own. */
  readonly database: string | undefined;
  /** Another user than the task's own. */
  readonly user: string | undefined;
  /** A file with the certificates that the database's is checked against. */
  readonly rootCertificate: string | undefined;
  /** Whether the certificate is to be checked, where there is anything to check it against. */
  readonly verify: boolean;
  /** A folder for unix sockets, in the place of ports of 127.0.0.1. */
  readonly socketFolder: string | undefined;
}

const MOST_PORT = 65_535;

/** @throws UsageError */
export function forwardOptions(
  task: TaskOptions,
  values: Values,
  words: readonly string[],
  rest: readonly string[] | undefined,
): ForwardOptions {
  if (words.length > 0) {
    throw new UsageError(`forward does not know ${words.join(' ')}`, 'Write -- before a command: forward -- psql');
  }
  if (rest?.length === 0) throw new UsageError('There is no command behind --');
  if (values['no-verify-ssl'] === true) refuseBeside('--no-verify-ssl', values, ['root-cert', 'socket']);
  return {
    ...task,
    destinations: destinations(values),
    command: rest,
    iam: values.iam === true,
    replace: values['no-replace'] !== true,
    streams: streamCount(values.streams),
    database: values.dbname,
    user: values.username,
    rootCertificate: values['root-cert'],
    verify: values['no-verify-ssl'] !== true,
    socketFolder: values.socket,
  };
}

function refuseBeside(option: string, values: Values, others: readonly ('root-cert' | 'socket')[]): void {
  const other = others.find((name) => values[name] !== undefined);
  if (other === undefined) return;
  throw new UsageError(`${option} and --${other} exclude each other`, `--${other} has the certificate checked`);
}

/** In the order of the ports that may be given: writer, reader, then the others. */
function destinations({ writer, reader, remote = [], port = [], socket }: Values): ForwardOptions['destinations'] {
  const wanted = [
    ...(writer === true ? [{ kind: 'writer' as const }] : []),
    ...(reader === true ? [{ kind: 'reader' as const }] : []),
    ...remote.map((text) => ({ kind: 'remote' as const, ...hostAndPort(text) })),
  ];
  const [first = { kind: 'writer' as const }, ...others] = wanted;
  const ports = port.map((text) => portNumber(text, socket === undefined ? 0 : 1, '--port'));
  if (ports.length > 1 + others.length) {
    throw new UsageError(`${ports.length} ports are given for ${1 + others.length} destinations`);
  }
  return [{ ...first, localPort: ports[0] }, ...others.map((one, index) => ({ ...one, localPort: ports[index + 1] }))];
}

/** `cache.internal:6379`, `[fd00::1]:6379` */
function hostAndPort(text: string): { readonly host: string; readonly port: number } {
  const [, bracketed, plain, port = ''] = /^(?:\[([^\]]+)\]|([^:]+)):(\d+)$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined || /[\s/]/.test(host)) throw new UsageError(`--remote ${text} is not HOST:PORT`);
  return { host, port: portNumber(port, 1, '--remote') };
}

function portNumber(text: string, least: number, option: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : NaN;
  if (port >= least && port <= MOST_PORT) return port;
  throw new UsageError(`${option} ${text}: a port is a number from ${least} to ${MOST_PORT}`);
}
