import { StringDecoder } from 'node:string_decoder';
import { Writable } from 'node:stream';
import { printable } from '../printable';
import type { ProgressOutput } from '../transfer/progress';

/**
 * Where a program of ours says what it has to say, such as `pg_dump`: at a terminal without what would steer that, and
 * byte for byte elsewhere.
 */
export function shownErrors(to: ProgressOutput): Writable {
  if (to.isTTY !== true) return to;
  const decoder = new StringDecoder('utf8');
  let held = '';
  const shown = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      const text = held + decoder.write(chunk);
      // It is a part of a newline, or it is not.
      held = text.endsWith('\r') ? '\r' : '';
      to.write(printable(text.slice(0, text.length - held.length)), done);
    },
    final: (done) => {
      to.write(printable(held + decoder.end()), done);
    },
  });
  // Whoever writes hears of it.
  return shown.on('error', () => undefined);
}
