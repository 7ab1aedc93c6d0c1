import { UserError } from '../errors';
import { OWN_SEARCH_PATH } from '../remote/own-sql';
import type { DumpFormat } from './dump';
import type { LocalFile } from './local-file';
import { newNonce } from './nonce';
import type { SendOptions } from './send';

/** What the program exits with when psql has no restricted mode. */
const NOT_RESTRICTED = 3;

/**
 * Counts the tables for a warning; a login that fails ends it with psql's exit code. Then the dump is run, with psql in
 * its restricted mode, in which a dump is data and SQL and no backslash command of psql's. `ours`: we put it there;
 * `pg_restore`: it does, where it can; `no`: nobody has to. A psql that has no such mode runs nothing: what says so is
 * a fact.
 */
const RESTORE = `
n=$1 k=$2 r=$3; shift 4
t=$(psql -X -A -t -q -w -c '${OWN_SEARCH_PATH}' -c "select count(*) from pg_class c join pg_namespace s on s.oid = c.relnamespace where c.relkind in ('r', 'p') and s.nspname !~ '^pg_' and s.nspname <> 'information_schema'" </dev/null) || exit $?
printf '%s tables %s\\n' "$n" "$t" >&2
if [ "$r" != no ]; then
  case $(psql --help=commands) in *'\\restrict'*) ;; *) printf '%s restricted no\\n' "$n" >&2; exit ${NOT_RESTRICTED} ;; esac
fi
if [ "$r" = pg_restore ]; then
  case $(pg_restore --help) in *--restrict-key*) ;; *) r=ours ;; esac
fi
[ "$r" != ours ] || set -- -c "\\\\restrict $k" "$@"
exec psql "$@"
`;

export interface RestoreHow {
  readonly inOneTransaction: boolean;
  /** Backslash commands in the dump are run too. */
  readonly unrestricted: boolean;
  /** The programs' own options. */
  readonly rest: readonly string[];
}

/**
 * The programs that load a dump, in the container: `pg_restore` makes SQL of a custom one, and `psql` runs it and stops
 * at the first error. The fact `restricted no` says that this psql would run a dump's backslash commands, and has not.
 * @param key known to nobody who could have written into the dump
 */
export function restoreWords(
  nonce: string,
  { format, restriction }: Dump,
  { inOneTransaction, unrestricted, rest }: RestoreHow,
  key = newNonce(),
): Pick<SendOptions, 'words' | 'filter'> {
  const restricts = unrestricted ? 'no' : format === 'custom' ? 'pg_restore' : 'ours';
  const psql = ['psql', '-X', '-q', '-w', '-v', 'ON_ERROR_STOP=1', '-o', '/dev/null', '-f', '-'];
  const transaction = inOneTransaction ? ['--single-transaction'] : [];
  const words = ['sh', '-c', RESTORE, 'sh', nonce, key, restricts, ...psql, ...transaction];
  if (format === 'custom') return { words, filter: ['pg_restore', '--exit-on-error', '-f', '-', ...rest] };
  const filter = restricts === 'ours' && restriction !== undefined ? { filter: without(restriction) } : {};
  return { words: [...words, ...rest], ...filter };
}

/**
 * The program that leaves a dump's own restriction out: whoever wrote its key could end it, and psql in the mode already
 * knows no second one. The lines stay, so that errors name the dump's.
 */
function without({ line, key }: Restriction): readonly string[] {
  return ['sed', '-e', `${line}s/.*//`, '-e', `s/^\\\\unrestrict ${key}\r*$//`];
}

/** Where a dump puts psql into its restricted mode itself. */
export interface Restriction {
  /** From 1. */
  readonly line: number;
  /** Letters and digits. */
  readonly key: string;
}

export interface Dump {
  readonly format: DumpFormat;
  /** As pg_dump writes it since 13.22, 14.19, 15.14, 16.10 and 17.6. */
  readonly restriction: Restriction | undefined;
}

const TAR_MARK_AT = 257;
/** Before it stand comments alone: further down it could be data. */
const RESTRICTION = /^((?:(?:--[^\n]*)?\r?\n)*)\\restrict ([A-Za-z0-9]+)\r?\n/;

/** What kind of dump a file is, by its first bytes. @throws UserError when it is none that can be restored */
export function readDump({ path, head }: Pick<LocalFile, 'path' | 'head'>): Dump {
  const text = head.toString('latin1');
  if (text.startsWith('PGDMP')) return { format: 'custom', restriction: undefined };
  if (head.length === 0) throw new UserError(`${path} is empty`);
  if (text.startsWith('\x1f\x8b'))
    throw new UserError(`${path} is compressed with gzip`, 'Unpack it with gunzip first');
  if (text.startsWith('PK\x03\x04')) throw new UserError(`${path} is a ZIP archive`, 'Unpack it first');
  if (text.startsWith('ustar', TAR_MARK_AT)) {
    throw new UserError(`${path} is a tar archive`, 'Make the dump with `dump`, in the custom format');
  }
  if (head.includes(0)) throw new UserError(`${path} is no dump: neither pg_dump’s custom format nor SQL`);
  const [, before, key] = RESTRICTION.exec(text) ?? [];
  if (before === undefined || key === undefined) return { format: 'plain', restriction: undefined };
  return { format: 'plain', restriction: { line: before.split('\n').length, key } };
}
