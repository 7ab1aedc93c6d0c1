import { ADDRESS, type ClientSettings, clientLines } from './client-settings';
import type { OpenPort } from './ports';

/** AWS's own certificates, of all regions. */
const RDS_BUNDLE = 'https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem';

/** `127.0.0.1:5432 → writer (host:5432)` */
export function openedLine({ destination: { name, host, port: remote, localPort }, port }: OpenPort): string {
  const why = localPort !== 0 && localPort !== port ? `; port ${localPort} is taken` : '';
  const where = name === `${host}:${remote}` ? name : `${name} (${host}:${remote})`;
  return `${ADDRESS}:${port} → ${where}${why}`;
}

/** Lines to copy, and what they lack. */
export function instructions(settings: ClientSettings, passwordFile: string | undefined): string {
  const lines = clientLines(settings).map(([what, line]) => `${what}:\n  ${line.replaceAll('\n', '\n  ')}\n`);
  const login =
    passwordFile === undefined
      ? 'The password is not shown; a command gets it in its environment: npm run connect -- forward -- psql\n'
      : `A token of IAM, always fresh, is in PGPASSFILE=${passwordFile}\n`;
  const check =
    settings.rootCertificate === undefined
      ? `The certificate is not checked. To have it checked (verify-full), once:\n  curl --create-dirs -o ~/.postgresql/root.crt ${RDS_BUNDLE}\n`
      : '';
  return `${lines.join('')}${login}${check}`;
}
