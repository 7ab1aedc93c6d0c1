import { UserError } from '../errors';
import { OWN_SEARCH_PATH } from '../remote/own-sql';
import type { DumpFormat } from './dump';
import type { LocalFile } from './local-file';
import type { SendOptions } from './send';

/** How many tables there are, for a warning; a login that fails ends it with psql's exit code. */
const RESTORE = `
n=$1; shift
t=$(psql -X -A -t -q -w -c '${OWN_SEARCH_PATH}' -c "select count(*) from pg_class c join pg_namespace s on s.oid = c.relnamespace where c.relkind in ('r', 'p') and s.nspname !~ '^pg_' and s.nspname <> 'information_schema'" </dev/null) || exit $?
printf '%s tables %s\\n' "$n" "$t" >&2
exec "$@"
`;

/**
 * The programs that load a dump, in the container: `pg_restore` makes SQL of a custom one, and `psql` runs it and stops
 * at the first error.
 */
export function restoreWords(
  nonce: string,
  format: DumpFormat,
  { inOneTransaction, rest }: { readonly inOneTransaction: boolean; readonly rest: readonly string[] },
): Pick<SendOptions, 'words' | 'filter'> {
  const psql = ['psql', '-X', '-q', '-w', '-v', 'ON_ERROR_STOP=1', '-o', '/dev/null', '-f', '-'];
  const words = ['sh', '-c', RESTORE, 'sh', nonce, ...psql, ...(inOneTransaction ? ['--single-transaction'] : [])];
  return format === 'custom'
    ? { words, filter: ['pg_restore', '--exit-on-error', '-f', '-', ...rest] }
    : { words: [...words, ...rest] };
}

const TAR_MARK_AT = 257;

/** What kind of dump a file is, by its first bytes. @throws UserError when it is none that can be restored */
export function dumpFormat({ path, head }: Pick<LocalFile, 'path' | 'head'>): DumpFormat {
  const text = head.toString('latin1');
  if (text.startsWith('PGDMP')) return 'custom';
  if (head.length === 0) throw new UserError(`${path} is empty`);
  if (text.startsWith('\x1f\x8b'))
    throw new UserError(`${path} is compressed with gzip`, 'Unpack it with gunzip first');
  if (text.startsWith('PK\x03\x04')) throw new UserError(`${path} is a ZIP archive`, 'Unpack it first');
  if (text.startsWith('ustar', TAR_MARK_AT)) {
    throw new UserError(`${path} is a tar archive`, 'Make the dump with `dump`, in the custom format');
  }
  if (head.includes(0)) throw new UserError(`${path} is no dump: neither pg_dump’s custom format nor SQL`);
  return 'plain';
}
