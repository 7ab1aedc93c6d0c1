import { createReadStream } from 'node:fs';
import { quoteArgument } from './arguments';
import type { Piece } from './expand';

const CHUNK_BYTES = 1 << 18;

/** What psql reads, one after the other, by its name in the container. */
export interface Reading {
  readonly name: string;
  readonly pieces: () => AsyncIterable<Piece>;
}

/** The standard input of `psqlWords`: each line of it says what the bytes behind it are for. */
export async function* feed(readings: readonly Reading[]): AsyncGenerator<Buffer> {
  for (const { name, pieces } of readings) {
    yield Buffer.from(`s ${name}\n`);
    for await (const piece of pieces()) {
      if (piece.kind === 'text') {
        yield* marked('t', piece.bytes);
        continue;
      }
      yield Buffer.from(`f ${piece.name}\n`);
      for await (const chunk of createReadStream(piece.path, { highWaterMark: CHUNK_BYTES }) as AsyncIterable<Buffer>) {
        yield* marked('d', chunk);
      }
    }
  }
  yield Buffer.from('e\n');
}

function* marked(kind: string, bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
    const part = bytes.subarray(at, at + CHUNK_BYTES);
    yield Buffer.concat([Buffer.from(`${kind} ${part.length}\n`), part]);
  }
}

/** `-v NAME=VALUE` as a script; without `=` the variable is taken away. */
export function settings(list: readonly string[]): string {
  return list
    .map((assignment) => {
      const at = assignment.indexOf('=');
      if (at < 0) return `\\unset ${assignment}\n`;
      return `\\set ${assignment.slice(0, at)} ${quoteArgument(assignment.slice(at + 1))}\n`;
    })
    .join('');
}
