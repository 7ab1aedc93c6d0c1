import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext, type SecureContext } from 'node:tls';
import { UserError } from '../../errors';
import { postgresTls } from '../../tunnel/postgres-tls';
import { requireFree } from '../../tunnel/unix-socket';
import { FETCH_BUNDLE, SYSTEM } from './certificate';
import type { Destination } from './destination';
import type { Entrance } from './ports';
import type { SocketFolder } from './socket-folder';

/** What TLS of our own cannot do without. */
export class CertificateError extends UserError {}

/**
 * Unix sockets in a folder: one of a database has the name that PostgreSQL's clients look for, and behind it we speak TLS
 * with the database, since they do not on such sockets; any other has the destination's own name.
 * @param authorities of the databases' certificates
 */
export function socketEntrance(folder: SocketFolder, authorities: SecureContext | undefined): Entrance {
  return {
    socketOf: ({ isDatabase, name, localPort }) => folder.at(isDatabase ? `.s.PGSQL.${localPort}` : name),
    dress: async (connection, { isDatabase, host }) => {
      if (!isDatabase || authorities === undefined) return connection;
      return await postgresTls(connection, { host, authorities });
    },
  };
}

/** Looks for what would fail only when a task runs. @throws SocketFolderError, SocketNotFreeError */
export async function checkSockets({ socketOf }: Entrance, destinations: readonly Destination[]): Promise<void> {
  if (socketOf === undefined) return;
  for (const one of destinations) await requireFree(socketOf(one));
}

/** Those whom the file names, and nobody else. @throws CertificateError */
export function authoritiesOf(rootCertificate: string | undefined): SecureContext {
  if (rootCertificate === undefined || rootCertificate === SYSTEM) {
    throw new CertificateError(
      "--socket checks the database's certificate itself, and no file says against what",
      `Name one with --root-cert, or once: ${FETCH_BUNDLE}`,
    );
  }
  try {
    const ca = readFileSync(rootCertificate);
    new X509Certificate(ca); // where there is none, TLS would go on with nobody to trust
    return createSecureContext({ ca, minVersion: 'TLSv1.2' });
  } catch (error) {
    throw new CertificateError(`${rootCertificate} holds no certificates that can be read`, 'Check --root-cert', {
      cause: error,
    });
  }
}
