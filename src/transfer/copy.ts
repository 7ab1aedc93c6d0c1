import { UserError } from '../errors';
import { ScriptLexer } from '../psql/lexer';
import { type CsvFormat, fieldsOf } from './csv-file';
import { SCRIPT_FILE } from './sink-script';

/** psql, quiet, for a script: it stops at the first error. */
const PSQL = ['psql', '-X', '-q', '-w', '-v', 'ON_ERROR_STOP=1'];

/** The program that runs a script from its standard input. */
export const COPY_OUT_WORDS = [...PSQL, '-f', '-'];
/** The program that runs `SCRIPT_FILE`, which takes its data from standard input. */
export const COPY_IN_WORDS = [...PSQL, '-f', SCRIPT_FILE];

const IDENTIFIER = String.raw`(?:"(?:[^"\p{Cc}]|"")+"|[\p{L}_][\p{L}\p{N}_$]*)`;
const TABLE = new RegExp(String.raw`^\s*${IDENTIFIER}(?:\.${IDENTIFIER}){0,2}\s*$`, 'u');

/** Whether it is the name of a table, as SQL writes it. */
export function isTableName(text: string): boolean {
  return TABLE.test(text);
}

/**
 * The script that writes a table or the rows of a query as CSV, and tells their number as the fact `rows`.
 * @throws UserError when it is not one query
 */
export function copyOutScript(nonce: string, source: string, format: CsvFormat): string {
  const rows = isTableName(source) ? `table ${source}` : oneQuery(source);
  // To its own output psql would write the rows and not their number.
  return `copy (\n${rows}\n) to stdout with (${options(format)}) \\g /dev/stdout\n\\warn ${nonce} rows :ROW_COUNT\n`;
}

/**
 * The script that takes CSV into a table: all records, of which there must be as many as given, or none.
 * @param header the file's first record, where it has one: the columns by their names
 */
export function copyInScript(
  nonce: string,
  table: string,
  format: CsvFormat,
  { records, header }: { readonly records: number; readonly header: string | undefined },
): string {
  const names = header === undefined ? [] : fieldsOf(header, format.delimiter);
  if (names.some((name) => name === '')) {
    throw new UserError('A column of the header line has no name', 'Use --no-header where the first line is data');
  }
  // \copy ends with its line, and what is behind it would be another command.
  const broken = names.find((name) => /\p{Cc}/u.test(name));
  if (broken !== undefined) {
    throw new UserError(
      `The header line has a column with a line end or another control character in its name: ${JSON.stringify(broken)}`,
      'Rename it, or use --no-header where the first line is data',
    );
  }
  const columns = names.length === 0 ? '' : ` (${names.map(identifier).join(', ')})`;
  return [
    'begin;',
    `\\copy ${table.trim()}${columns} from pstdin with (${options(format)})`,
    `\\warn ${nonce} rows :ROW_COUNT`,
    // The session has the user's search path, which their triggers may need.
    `select :ROW_COUNT operator(pg_catalog.=) ${records} as same \\gset`,
    '\\if :same',
    'commit;',
    '\\else',
    'rollback;',
    '\\endif',
    '',
  ].join('\n');
}

/** Where psql names its script, the user knows none. */
export function withoutScriptName(line: string): string {
  return line.replace(/^psql:(?:<stdin>|\/dev\/fd\/\d+):\d+: /, '');
}

/** @throws UserError when psql would see something else in it than one statement */
function oneQuery(source: string): string {
  const lexer = new ScriptLexer(() => undefined);
  let end: number | undefined;
  let length = 0;
  for (const line of Buffer.from(source).toString('latin1').split('\n')) {
    for (const part of lexer.line(line)) {
      if (part.kind === 'meta' || part.kind === 'separator') {
        throw new UserError('The query holds a backslash command', 'Write one SELECT, or use `sql` for a script');
      }
      if (part.kind === 'semicolon' && part.ends !== undefined) end ??= length + part.at;
    }
    length += line.length + 1;
  }
  if (lexer.open !== undefined) throw new UserError(`The query ends within a ${lexer.open.kind}`);
  const text = Buffer.from(source);
  const rest = end === undefined ? '' : text.subarray(end + 1).toString();
  if (rest.replace(/^[\s;]+/, '') !== '') {
    throw new UserError('There is more than one query', 'Write one SELECT, or use `sql` for a script');
  }
  const query = text.subarray(0, end).toString();
  if (query.trim() === '') throw new UserError('The query is empty');
  return query;
}

function options({ hasHeader, delimiter, nullText, encoding }: CsvFormat): string {
  return `format csv, header ${hasHeader ? 'true' : 'false'}, delimiter ${literal(delimiter)}, null ${literal(nullText)}, encoding ${literal(encoding)}`;
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
