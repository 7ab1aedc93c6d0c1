import { UserError } from '../errors';

const [QUOTE, COMMA, NEWLINE, RETURN] = [0x22, 0x2c, 0x0a, 0x0d];

const MOST_RECORD_BYTES = 64 << 20;

/** Reads psql's CSV, in whatever pieces it comes: a record is its fields, and a quoted one is never NULL. */
export class CsvRecords {
  /** Of the record that has no end yet. */
  private parts: Buffer[] = [];
  private bytes = 0;
  private isQuoted = false;

  /** @throws UserError when a record is too large to be read whole */
  take(chunk: Buffer): string[][] {
    const records: string[][] = [];
    let start = 0;
    for (let at = 0; at < chunk.length; at += 1) {
      const byte = chunk[at];
      if (byte === QUOTE) this.isQuoted = !this.isQuoted;
      else if (byte === NEWLINE && !this.isQuoted) {
        records.push(fieldsOf(Buffer.concat([...this.parts, chunk.subarray(start, at)])));
        [this.parts, this.bytes] = [[], 0];
        start = at + 1;
      }
    }
    if (start < chunk.length) this.keep(chunk.subarray(start));
    return records;
  }

  private keep(part: Buffer): void {
    this.bytes += part.length;
    if (this.bytes > MOST_RECORD_BYTES) {
      throw new UserError('A row has more than 64 MiB, too much for --json', 'Use --csv, or copy-out');
    }
    this.parts.push(Buffer.from(part));
  }
}

function fieldsOf(record: Buffer): string[] {
  const end = record.at(-1) === RETURN ? record.length - 1 : record.length;
  const fields: string[] = [];
  for (let at = 0; at <= end;) {
    const isQuoted = record[at] === QUOTE;
    let stop = at;
    if (isQuoted) {
      for (stop = at + 1; stop < end && (record[stop] !== QUOTE || record[stop + 1] === QUOTE); stop += 1) {
        if (record[stop] === QUOTE) stop += 1;
      }
      fields.push(record.toString('utf8', at + 1, stop).replaceAll('""', '"'));
      at = stop + 2;
    } else {
      const comma = record.indexOf(COMMA, at);
      stop = comma < 0 || comma > end ? end : comma;
      fields.push(record.toString('utf8', at, stop));
      at = stop + 1;
    }
  }
  return fields;
}
