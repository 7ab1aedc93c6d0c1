import { ADDRESS } from './client-settings';
import type { OpenPort } from './ports';

/** `127.0.0.1:5432 → writer (host:5432)` */
export function openedLine({ destination: { name, host, port: remote, localPort }, port, socket }: OpenPort): string {
  const why = localPort !== 0 && localPort !== port ? `; port ${localPort} is taken` : '';
  const where = name === `${host}:${remote}` ? name : `${name} (${host}:${remote})`;
  return `${socket ?? `${ADDRESS}:${port}`} → ${where}${why}`;
}

/** Lines to copy, and what they lack. */
export function instructions(
  lines: readonly (readonly [what: string, line: string])[],
  passwordFile: string | undefined,
): string {
  const shown = lines.map(([what, line]) => `${what}:\n  ${line.replaceAll('\n', '\n  ')}\n`);
  const login =
    passwordFile === undefined
      ? 'The password is not shown; a command gets it in its environment: npm run connect -- forward -- psql\n'
      : `A token of IAM, always fresh, is in PGPASSFILE=${passwordFile}\n`;
  return `${shown.join('')}${login}`;
}
