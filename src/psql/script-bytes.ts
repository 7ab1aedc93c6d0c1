import { UserError } from '../errors';
import { isUtf8 } from './encodings';
import { ScriptError } from './errors';
import type { Place } from './line-map';
import type { Edit } from './rewrite';

const UTF8_BOM = Buffer.from([0xef, 0xbb, 0xbf]);
const UTF16_BOMS = [Buffer.from([0xff, 0xfe]), Buffer.from([0xfe, 0xff])];

/** The beginning of a file without its byte order mark, as psql reads it. @throws UserError for UTF-16 */
export function withoutMark(batch: Buffer, name: string, encoding: string): Buffer {
  if (UTF16_BOMS.some((mark) => batch.indexOf(mark) === 0)) {
    throw new UserError(`${name} is in UTF-16, which PostgreSQL does not know`, 'Save it in UTF-8');
  }
  return isUtf8(encoding) && batch.indexOf(UTF8_BOM) === 0 ? batch.subarray(UTF8_BOM.length) : batch;
}

/** A line with its changes. */
export function edited(line: Buffer, edits: readonly Edit[]): Buffer {
  const parts: Buffer[] = [];
  let from = 0;
  for (const { start, end, text: replacement } of edits) {
    parts.push(line.subarray(from, start), Buffer.from(replacement));
    from = end;
  }
  return Buffer.concat([...parts, line.subarray(from)]);
}

/** psql would cut the line there, without a word. @throws ScriptError */
export function refuseNul(batch: Buffer, { file, line }: Place): void {
  const at = batch.indexOf(0);
  if (at < 0) return;
  const before = batch.subarray(0, at).toString('latin1').split('\n').length - 1;
  throw new ScriptError({ file, line: line + before }, 'There is a NUL byte, which no SQL can have');
}
