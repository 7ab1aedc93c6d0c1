const [QUOTE, COMMA, NEWLINE, RETURN] = [0x22, 0x2c, 0x0a, 0x0d];

/** Reads psql's CSV, in whatever pieces it comes: a record is its fields, and a quoted one is never NULL. */
export class CsvRecords {
  private rest: Buffer = Buffer.alloc(0);
  /** So much of the rest was looked at; it is within quotes there or not. */
  private seen = 0;
  private isQuoted = false;

  take(chunk: Buffer): string[][] {
    const records: string[][] = [];
    const bytes = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    let start = 0;
    for (let at = this.seen; at < bytes.length; at += 1) {
      const byte = bytes[at];
      if (byte === QUOTE) this.isQuoted = !this.isQuoted;
      else if (byte === NEWLINE && !this.isQuoted) {
        records.push(fieldsOf(bytes.subarray(start, at)));
        start = at + 1;
      }
    }
    this.rest = Buffer.from(bytes.subarray(start));
    this.seen = this.rest.length;
    return records;
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
