import { PassThrough, Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { ByteReader } from './byte-reader';
import { Checksum } from './checksum';
import { TransferError } from './error';
import { newNonce } from './nonce';
import { piecesInOrder } from './pieces';
import { Report } from './report';
import type { Run } from './run';
import { followerWords, sourceWords } from './source-script';

export interface ReceiveOptions {
  readonly run: Run;
  /** A program in the container that writes the bytes, and its arguments. */
  readonly words: readonly string[];
  readonly input?: Readable;
  /** Takes the bytes; it is ended with them. */
  readonly sink: Writable;
  /** Takes what the program says. */
  readonly errorOutput: Writable;
  /** Over how many sessions, at most `MOST_STREAMS`. */
  readonly streams: number;
  readonly compress: boolean;
  readonly signal: AbortSignal;
  /** Gets the number of bytes so far: as they travel, and as they are written. */
  readonly onProgress?: (travelled: number, written: number) => void;
  /** Gets the bytes as they are written. */
  readonly onChunk?: (chunk: Buffer) => void;
  /** Facts of the program's own: lines on its standard error that begin with the nonce. */
  readonly onFact?: (name: string, value: string) => void;
  /** Makes another of each other line of its standard error; `undefined` takes it out. */
  readonly onLine?: (line: string) => string | undefined;
  /** Given where the program has to know it. */
  readonly nonce?: string;
}

export interface Received {
  readonly exitCode: number;
  /** Of what was written, in bytes. */
  readonly bytes: number;
  /** In hexadecimal digits, the same on both sides. */
  readonly sha256: string;
}

/**
 * Brings the bytes that a program in the container writes, over one session or several.
 * @returns with the program's exit code, which the caller must look at before it keeps the bytes
 * @throws TransferError when what arrived is not what was sent; as `runExec`
 */
export async function receive(options: ReceiveOptions): Promise<Received> {
  const {
    run,
    words,
    sink,
    errorOutput,
    streams,
    compress,
    onProgress,
    onChunk,
    onFact,
    onLine,
    nonce = newNonce(),
  } = options;
  const stop = new AbortController();
  const signal = AbortSignal.any([options.signal, stop.signal]);
  const report = new Report(nonce, errorOutput, { onFact, onLine });
  const outputs = Array.from({ length: streams }, () => new PassThrough());
  let travelled = 0;
  const written = new Checksum((bytes, chunk) => {
    onChunk?.(chunk);
    onProgress?.(travelled, bytes);
  });
  const sessions = outputs.map(async (output, n) => {
    try {
      const leads = n === 0;
      const exitCode = await run(
        leads ? sourceWords({ nonce, streams, compress, words }) : followerWords(nonce, n),
        {
          input: leads ? (options.input ?? Readable.from([])) : Readable.from([]),
          output,
          errorOutput: leads ? report : errorOutput,
        },
        signal,
      );
      output.end();
      return exitCode;
    } catch (error) {
      // Whoever waits for the rest of it, here or there, need not.
      output.destroy(error as Error);
      stop.abort(error);
      throw error;
    }
  });
  const arrival = arrive(outputs, { nonce, written, sink, count: (bytes) => (travelled += bytes) }).catch(
    (error: unknown) => {
      stop.abort(error);
      throw error;
    },
  );
  const [arrived, ...ended] = await Promise.allSettled([arrival, ...sessions]);
  options.signal.throwIfAborted();
  const failure = stop.signal.aborted ? firstCause(stop.signal) : undefined;
  const [leader] = ended;
  // The program's own failure says more than that its bytes have an end too early.
  if (leader?.status === 'fulfilled' && leader.value !== 0 && arrived.status === 'rejected') {
    return { exitCode: leader.value, bytes: written.bytes, sha256: '' };
  }
  if (failure !== undefined) throw failure;
  if (leader?.status !== 'fulfilled') throw new TransferError('The transfer has no end');
  const sha256 = written.digest();
  if (report.facts.get('sha256') !== sha256) {
    throw new TransferError('What arrived is not what was sent: the SHA-256 sums differ');
  }
  return { exitCode: leader.value, bytes: written.bytes, sha256 };
}

/** Leads the streams into the sink. */
async function arrive(
  outputs: readonly Readable[],
  { nonce, written, sink, count }: { nonce: string; written: Checksum; sink: Writable; count: (bytes: number) => void },
): Promise<void> {
  const readers = outputs.map((output) => new ByteReader(output as AsyncIterable<Buffer>));
  const [first] = readers;
  if (first === undefined) throw new RangeError('a transfer needs a stream');
  const header = await first.line(MOST_HEADER).catch((error: unknown) => {
    throw error instanceof RangeError ? new TransferError('The transfer has not begun', { cause: error }) : error;
  });
  if (!header.startsWith(`${nonce} `)) throw new TransferError('The transfer does not begin as it should');
  const bytes = counted(readers.length === 1 ? first.all() : piecesInOrder(readers), count);
  if (header.endsWith(' gzip')) await pipeline(bytes, createGunzip(), written, sink);
  else await pipeline(bytes, written, sink);
}

const MOST_HEADER = 100;

async function* counted(source: AsyncIterable<Buffer>, count: (bytes: number) => void): AsyncGenerator<Buffer> {
  for await (const chunk of source) {
    count(chunk.length);
    yield chunk;
  }
}

function firstCause(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new TransferError(String(signal.reason));
}
