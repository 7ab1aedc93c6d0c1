import { chmodSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { quote } from '../remote/quote';
import { findOnPath } from './tools';

/** What the stock image does not have until it is installed, and what would install it. */
const CLIENT_OR_INSTALLER =
  /^(psql|pg_.*|pgbench|postgres|postmaster|initdb|(create|drop)(db|user)|clusterdb|reindexdb|vacuumdb|vacuumlo|oid2name|yum|dnf|apt|apt-get|aws|terraform|session-manager-plugin)$/;

/**
 * Programs of the host that Amazon Linux 2023's image lacks, by its packages: no tar, gzip, bzip2, xz, zstd, perl,
 * rsync, openssh-clients, openssl, findutils, procps-ng and tmux, and of util-linux no script. It has curl, python3, sed,
 * grep, gawk and coreutils.
 * Nor has it `less` and `vi`, but those stay: they stand for any program at a terminal, which tests of it need.
 */
const NOT_IN_IMAGE =
  /^((bsd)?tar|pax|cpio|g?zip|g?unzip|uncompress|[bx]?z(cat|c?diff|cmp|[ef]?grep|less|more)|bunzip2|bzip2(recover)?|bz(exe|2)|gzexe|z(force|new)|pigz|unpigz|(un)?(xz|lzma|zstd|lz4)(mt)?|lz.*|pzstd|zstd.*|7z.*|perl.*|rsync.*|scp|sftp|ssh|ssh-.*|openssl|find|xargs|ps|pgrep|pkill|top|free|uptime|vmstat|watch|script(live|replay)?|tmux|screen|busybox)$/;

const CLIENTS = [
  'psql',
  'pg_dump',
  'pg_dumpall',
  'pg_restore',
  'pg_isready',
  'createdb',
  'dropdb',
  'createuser',
  'dropuser',
  'vacuumdb',
  'reindexdb',
  'clusterdb',
  'pgbench',
];

/** The host's own programs without a PostgreSQL client: one folder that all containers of an instance share. */
export function makeImage(directory: string, env: NodeJS.ProcessEnv = process.env): string {
  const bin = join(directory, 'bin');
  mkdirSync(bin, { recursive: true });
  const seen = new Set<string>();
  const paths = ['/bin', '/usr/bin', ...(env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  for (const path of new Set(paths.filter((one) => one.startsWith('/') && existsSync(one)))) {
    for (const name of readdirSync(path)) {
      if (seen.has(name) || CLIENT_OR_INSTALLER.test(name) || NOT_IN_IMAGE.test(name)) continue;
      seen.add(name);
      symlinkSync(join(path, name), join(bin, name));
    }
  }
  return bin;
}

/** Whether an image comes as Amazon Linux does: without a client, and with what installs one. */
export function installsClient(image: string): boolean {
  return image.includes('amazonlinux');
}

/** Puts into a container what PostgreSQL's own image on Debian has besides: the client, and the host's `script`. */
export function addClient(bin: string, postgresBinaries: string): void {
  const script = findOnPath('script');
  if (script !== undefined) symlinkSync(script, join(bin, 'script'));
  for (const name of installedClients(postgresBinaries)) symlinkSync(join(postgresBinaries, name), join(bin, name));
}

function installedClients(postgresBinaries: string): readonly string[] {
  return CLIENTS.filter((name) => existsSync(join(postgresBinaries, name)));
}

/**
 * Puts `yum` and `dnf` into a container: after a while, as the real ones, they make the PostgreSQL client appear.
 * Scripts call the real programs by their full path, since Debian's own `psql` is a wrapper that wants its name.
 */
export function addPackageManager(
  bin: string,
  {
    postgresBinaries,
    yumDelayMs,
    yumFails,
  }: { readonly postgresBinaries: string; readonly yumDelayMs: number; readonly yumFails: boolean },
): void {
  const links = installedClients(postgresBinaries).map(
    (name) => `ln -sf ${quote(join(postgresBinaries, name))} ${quote(join(bin, name))}`,
  );
  // Amazon Linux 2023 has these three and no plain `postgresql`; nobody is there to say yes.
  const script = `#!/bin/sh
case " $* " in
*" postgresql15 "* | *" postgresql16 "* | *" postgresql17 "*) ;;
*) echo "Error: Unable to find a match: $*" >&2; exit 1 ;;
esac
case " $* " in
*" -y "* | *" --assumeyes "*) ;;
*) echo "Is this ok [y/N]: Operation aborted."; exit 1 ;;
esac
echo "Amazon Linux 2023 repository"
echo "Dependencies resolved."
sleep ${yumDelayMs / 1000}
${yumFails ? NO_REPOSITORY : ''}
echo "Installing: $*"
${links.join('\n')}
echo "Complete!"
`;
  for (const name of ['yum', 'dnf']) {
    const file = join(bin, name);
    writeFileSync(file, script);
    chmodSync(file, 0o755);
  }
}

const NO_REPOSITORY = `echo "Error: Failed to download metadata for repo 'amazonlinux': Cannot prepare internal mirrorlist" >&2; exit 1`;

/** A program as the container sees it: its own folder first, then the image's. */
export function findInContainer(name: string, path: string): string | undefined {
  return name.includes('/') ? name : findOnPath(name, { PATH: path });
}
