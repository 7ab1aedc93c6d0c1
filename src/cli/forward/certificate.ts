import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { UserError } from '../../errors';

/** How a client of PostgreSQL makes sure whom it talks to, in libpq's words. */
export interface ServerTrust {
  readonly sslMode: string;
  /** A file with the certificates of who may have signed, or `system`; undefined: there is none. */
  readonly rootCertificate: string | undefined;
}

/** libpq's word for the certificates that the system trusts, since PostgreSQL 16. RDS's own are not among them. */
export const SYSTEM = 'system';

/** AWS's own certificates, of all regions. No system brings them along: RDS has authorities of its own. */
const RDS_BUNDLE = 'https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem';
/** Puts them where libpq looks. */
export const FETCH_BUNDLE = `curl --create-dirs -o ~/.postgresql/root.crt ${RDS_BUNDLE}`;

/**
 * libpq checks the certificate whatever its mode is, where its usual file is there and no other is named. One that is not
 * there leaves it with nothing to check against, and this one cannot be.
 */
export const NO_FILE = '/dev/null/none';

/** Whoever ends the TLS would get the token, which is good for a login anywhere within its 15 minutes. */
export class UnverifiedTokenError extends UserError {
  constructor(trust: ServerTrust) {
    super(
      "--iam sends its token to whoever answers, and nothing checks the database's certificate",
      `${remedy(trust)}; or take the risk with --no-verify-ssl`,
    );
  }
}

/** The whole path, since it is printed for use elsewhere. @throws UserError when the file is not there */
export function certificateFile(named: string | undefined): string | undefined {
  if (named === undefined || named === SYSTEM) return named;
  if (!existsSync(named)) throw new UserError(`There is no file ${named}`, 'Check --root-cert');
  return resolve(named);
}

/**
 * @param named what the user has named
 * @param verify whether the certificate is to be checked, as far as there is anything to check it against
 * @param env whose PGSSLMODE, PGSSLROOTCERT and HOME count
 */
export function serverTrust(named: string | undefined, verify: boolean, env: NodeJS.ProcessEnv): ServerTrust {
  const asked = nonEmpty(env.PGSSLMODE);
  const usual = join(nonEmpty(env.HOME) ?? homedir(), '.postgresql', 'root.crt'); // libpq's own
  if (!verify) {
    const sslMode = asked === undefined || asked.startsWith('verify-') ? 'require' : asked;
    return { sslMode, rootCertificate: existsSync(usual) ? NO_FILE : undefined };
  }
  const rootCertificate = named ?? nonEmpty(env.PGSSLROOTCERT) ?? (existsSync(usual) ? usual : undefined);
  return { sslMode: asked ?? (rootCertificate === undefined ? 'require' : 'verify-full'), rootCertificate };
}

/** Whether a client refuses whoever has no certificate of the right authority; without a file, libpq refuses everybody. */
export function isVerified({ sslMode }: ServerTrust): boolean {
  return sslMode.startsWith('verify-');
}

/**
 * Looks for what would let every login fail, once a task runs. @throws UserError when the certificate is to be checked
 * against a file that is not there
 */
export function requireRoot(trust: ServerTrust): void {
  const { rootCertificate } = trust;
  if (!isVerified(trust) || rootCertificate === undefined || rootCertificate === SYSTEM) return;
  if (existsSync(rootCertificate)) return;
  throw new UserError(`There is no file ${rootCertificate}`, `Check PGSSLROOTCERT, or once: ${FETCH_BUNDLE}`);
}

/** For those who would not notice: that nothing is checked, and what to do, unless they have asked for it. */
export function unverifiedNote(trust: ServerTrust, verify: boolean): string {
  const what = "Note: nothing checks the database's certificate, so whoever answers is taken for it";
  return verify ? `${what}. ${remedy(trust)}` : `${what}, as --no-verify-ssl asks`;
}

function remedy({ sslMode, rootCertificate }: ServerTrust): string {
  return rootCertificate === undefined
    ? `To have it checked, once: ${FETCH_BUNDLE}`
    : `To have it checked, unset PGSSLMODE, which is ${sslMode}`;
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}
