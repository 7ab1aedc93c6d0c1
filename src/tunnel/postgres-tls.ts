import { once } from 'node:events';
import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect, type SecureContext } from 'node:tls';
import { UserError } from '../errors';
import { PostgresClientEnd } from './postgres-client-end';

export interface PostgresTlsOptions {
  /** The database's own name, which its certificate has to bear. */
  readonly host: string;
  /** Who may have signed it. */
  readonly authorities: SecureContext;
  /** How long the database may take. @default 30,000 */
  readonly limitMs?: number;
}

/** Whoever answers is not known to be the database. */
export class DatabaseTlsError extends UserError {
  constructor(host: string, why: string, options?: ErrorOptions) {
    super(`No connection to ${host}: ${why}`, 'Check --root-cert: AWS changes its certificates now and then', options);
  }
}

/** SSLRequest (PostgreSQL protocol, "Message Formats"): length u32 BE, code u32 BE 80877103. */
const SSL_REQUEST = Buffer.from('0000000804d2162f', 'hex');
const LIMIT_MS = 30_000;

/**
 * Speaks TLS with a PostgreSQL server over a connection to it, and checks that the certificate is of the authorities and
 * bears the name, as `sslmode=verify-full` does. The connection ends with it, and when it fails.
 * @returns what a client without TLS may use
 * @throws DatabaseTlsError; the connection's own error when that fails
 */
export async function postgresTls(connection: Duplex, options: PostgresTlsOptions): Promise<Duplex> {
  const limit = AbortSignal.timeout(options.limitMs ?? LIMIT_MS);
  try {
    await askForTls(connection, options.host, limit);
    return new PostgresClientEnd(await handshake(connection, options, limit));
  } catch (error) {
    connection.destroy();
    if (limit.aborted) throw new DatabaseTlsError(options.host, 'it does not answer', { cause: error });
    throw error;
  }
}

async function askForTls(connection: Duplex, host: string, signal: AbortSignal): Promise<void> {
  const ended = new AbortController();
  const end = (): void => {
    ended.abort();
  };
  connection.once('end', end).once('close', end);
  try {
    connection.write(SSL_REQUEST);
    const [answer] = (await once(connection, 'data', { signal: AbortSignal.any([signal, ended.signal]) })) as [Buffer];
    connection.pause();
    const [first] = answer.toString('latin1');
    if (first !== 'S') throw new DatabaseTlsError(host, 'it speaks no TLS');
    // The server says nothing more before the handshake: what came along is not under its protection.
    if (answer.length > 1) throw new DatabaseTlsError(host, 'there is data ahead of its TLS');
  } catch (error) {
    if (ended.signal.aborted && connection.errored === null) {
      throw new DatabaseTlsError(host, 'it has closed the connection', { cause: error });
    }
    throw connection.errored ?? error;
  } finally {
    connection.off('end', end).off('close', end);
  }
}

async function handshake(
  connection: Duplex,
  { host, authorities }: PostgresTlsOptions,
  signal: AbortSignal,
): Promise<Duplex> {
  const name = isIP(host) === 0 ? { servername: host } : {};
  const secure = connect({
    ...{ socket: connection, host, ...name, secureContext: authorities },
    ALPNProtocols: ['postgresql'], // as libpq since 17
  });
  try {
    await once(secure, 'secureConnect', { signal });
    return secure;
  } catch (error) {
    secure.destroy();
    if (signal.aborted || connection.errored !== null) throw connection.errored ?? error;
    throw new DatabaseTlsError(host, `its TLS is not trusted (${reason(error)})`, { cause: error });
  }
}

/** OpenSSL's or Node's words, such as `self-signed certificate in certificate chain`. */
function reason(error: unknown): string {
  return error instanceof Error || (typeof error === 'object' && error !== null && 'message' in error)
    ? String(error.message)
    : String(error);
}
