import { OWN_SEARCH_PATH } from '../remote/own-sql';

/** What a dump is written as: `pg_restore`'s own format, or SQL. */
export type DumpFormat = 'custom' | 'plain';

/** Sizes of the tables first, for the time left; a login that fails ends it with psql's exit code. */
const DUMP = `
n=$1; shift
export LC_MESSAGES=C
psql -X -A -t -q -w -c '${OWN_SEARCH_PATH}' -c "select '$n table ' || pg_table_size(c.oid) || ' ' || s.nspname || '.' || c.relname from pg_class c join pg_namespace s on s.oid = c.relnamespace where c.relkind in ('r', 'm') and s.nspname !~ '^pg_' and s.nspname <> 'information_schema'" >&2 || exit $?
exec "$@"
`;

/** The program that writes a dump, in the container. @param nonce begins the lines that are for `DumpProgress` */
export function dumpWords(nonce: string, format: DumpFormat, rest: readonly string[]): readonly string[] {
  // What it says on its way tells how far it is; in a plain dump it would leave comments.
  const verbose = format === 'custom' ? ['--verbose'] : [];
  return ['sh', '-c', DUMP, 'sh', nonce, 'pg_dump', `--format=${format}`, '--no-password', ...verbose, ...rest];
}

/** The same program for another database than the task's own. */
export function inDatabase(database: string | undefined, words: readonly string[]): readonly string[] {
  return database === undefined ? words : ['env', `PGDATABASE=${database}`, ...words];
}

/** More are not looked at: how far it is, is told less exactly then. */
const MOST_TABLES = 100_000;

/** How far a dump is, by the sizes of its tables. */
export class DumpProgress {
  private readonly sizes = new Map<string, number>();
  private total = 0;
  private done = 0;
  private current = 0;

  readonly onFact = (name: string, value: string): void => {
    const [, bytes, table] = /^(\d+) (.*)$/.exec(value) ?? [];
    if (name !== 'table' || bytes === undefined || table === undefined) return;
    if (this.sizes.size >= MOST_TABLES) return;
    this.sizes.set(table, Number(bytes));
    this.total += Number(bytes);
  };

  /** Takes pg_dump's account of its work out of what it says, but no error, nor the C library's about its options. */
  readonly onLine = (line: string): string | undefined => {
    if (!/^pg_dump: (?!error:|warning:|detail:|hint:|unrecognized|invalid|option)/.test(line)) return line;
    const table = /dumping contents of table "(.*)"$/.exec(line)?.[1];
    if (table !== undefined) {
      this.done += this.current;
      this.current = this.sizes.get(table) ?? 0;
    }
    return undefined;
  };

  /** Of the work, from 0 to 1; `undefined` where nothing tells. */
  get share(): number | undefined {
    return this.total === 0 ? undefined : this.done / this.total;
  }

  /** A plain dump is about as large as its tables. */
  shareOfBytes(written: number): number | undefined {
    return this.total === 0 ? undefined : Math.min(written / this.total, 0.99);
  }
}
