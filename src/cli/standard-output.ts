import { Writable } from 'node:stream';

/** A way to standard output that may be ended: what comes behind it still has its place. */
export function openOutput(output: Writable): Writable {
  return new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      output.write(chunk, done);
    },
  });
}
