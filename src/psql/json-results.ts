import { Writable } from 'node:stream';
import { ProtocolError } from '../errors';
import { CsvRecords } from './csv';
import { write } from './files-back';
import type { JsonMarks } from './json-marks';

interface Column {
  /** As a JSON string. */
  readonly key: string;
  readonly kind: 'number' | 'boolean' | 'json' | 'text';
}

/** JSON's own grammar; PostgreSQL's `NaN` and `Infinity` are none. */
const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?$/;
const NUMBERS = /^(smallint|integer|bigint|oid|real|double precision|numeric(\(.*\))?)$/;

/** PostgreSQL's own limit for a result. */
const MOST_COLUMNS = 1664;

/**
 * Makes JSON of psql's CSV between the marks: each result that has columns becomes an array of objects, one object a
 * line. Numbers keep their digits, and json its text. What psql prints beside results goes elsewhere.
 */
export class JsonResults extends Writable {
  private readonly csv = new CsvRecords();
  private state: 'between' | 'columns' | 'rows' = 'between';
  private columns: Column[] = [];
  /** Records since the last mark. */
  private count = 0;

  constructor(
    private readonly marks: JsonMarks,
    private readonly output: Writable,
    private readonly elsewhere: Writable,
  ) {
    super();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    const [json, other]: [string[], string[]] = [[], []];
    try {
      for (const record of this.csv.take(chunk)) this.record(record, json, other);
    } catch (error) {
      done(error as Error);
      return;
    }
    Promise.all([write(this.output, json.join('')), write(this.elsewhere, other.join(''))]).then(() => {
      done();
    }, done);
  }

  private record(record: readonly string[], json: string[], other: string[]): void {
    const [first = ''] = record;
    const mark = record.length === 1 ? first : undefined;
    if (mark === this.marks.columns) {
      [this.state, this.columns, this.count] = ['columns', [], 0];
    } else if (mark === this.marks.rows) {
      [this.state, this.count] = ['rows', 0];
    } else if (mark === this.marks.end) {
      if (this.columns.length > 0 && this.count > 0) json.push(this.count === 1 ? '[]\n' : ']\n');
      this.state = 'between';
    } else if (this.state === 'between') {
      other.push(`${record.join(',')}\n`);
    } else {
      this.count += 1;
      if (this.count === 1) return; // the names of the columns, or that there are none
      if (this.columns.length > MOST_COLUMNS) throw new ProtocolError(`a result has more than ${MOST_COLUMNS} columns`);
      if (this.state === 'columns') this.columns.push(this.column(first, record[1] ?? ''));
      else json.push(`${this.count === 2 ? '[' : ',\n '}${this.row(record)}`);
    }
  }

  /** An object cannot have a name twice: `id`, `id_2`. */
  private column(name: string, type: string): Column {
    const taken = this.columns.map(({ key }) => key);
    let key = JSON.stringify(name);
    for (let n = 2; taken.includes(key); n += 1) key = JSON.stringify(`${name}_${n}`);
    return { key, kind: kindOf(type) };
  }

  private row(record: readonly string[]): string {
    const fields = this.columns.map(({ key, kind }, n) => `${key}:${this.value(record[n] ?? '', kind)}`);
    return `{${fields.join(',')}}`;
  }

  private value(text: string, kind: Column['kind']): string {
    if (text === this.marks.null) return 'null';
    if (kind === 'number' && NUMBER.test(text)) return text;
    if (kind === 'boolean') return text === 't' ? 'true' : 'false';
    // Between its values only; in strings JSON has none.
    if (kind === 'json') return text.replaceAll(/[\n\r\t]+/g, ' ');
    return JSON.stringify(text);
  }
}

function kindOf(type: string): Column['kind'] {
  if (NUMBERS.test(type)) return 'number';
  if (type === 'boolean') return 'boolean';
  return type === 'json' || type === 'jsonb' ? 'json' : 'text';
}
