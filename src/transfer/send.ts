import { PassThrough, type Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { UserError } from '../errors';
import { Checksum } from './checksum';
import { TransferError } from './error';
import { newNonce } from './nonce';
import { Report } from './report';
import type { Run } from './run';
import { NO_CODEC, sinkWords } from './sink-script';

export interface SendOptions {
  readonly run: Run;
  /** A program in the container that takes the bytes on its standard input, and its arguments. */
  readonly words: readonly string[];
  /** Its script, which it finds as `SCRIPT_FILE`. */
  readonly script?: string;
  /** A program in the container that the bytes go through before, and its arguments. */
  readonly filter?: readonly string[];
  /** The bytes; more than once where the container cannot decompress. */
  readonly source: () => Readable;
  /** Of the bytes, in hexadecimal digits. */
  readonly sha256: string;
  readonly compress: boolean;
  readonly output: Writable;
  /** Takes what the program says. */
  readonly errorOutput: Writable;
  readonly signal: AbortSignal;
  /** Gets the number of bytes sent so far, before compression. */
  readonly onProgress?: (bytes: number) => void;
  /** Facts of the program's own: lines on its standard error that begin with the nonce. */
  readonly onFact?: (name: string, value: string) => void;
  /** Makes another of each other line of its standard error; `undefined` takes it out. */
  readonly onLine?: (line: string) => string | undefined;
  /** Given where the program has to know it. */
  readonly nonce?: string;
}

const KILLED = 137;

/** The bytes could not be made into what the program takes. */
export class FilterError extends UserError {}

/**
 * Sends bytes to a program in the container. It sees their end only when they are the ones with the given SHA-256.
 * @returns the program's exit code; when it is not 0 it may have ended before the bytes did
 * @throws TransferError when what arrived is not what was sent; FilterError when the filter failed; the source's error; as `runExec`
 */
export async function send(options: SendOptions): Promise<number> {
  const exitCode = await attempt(options);
  return exitCode === NO_CODEC && options.compress ? attempt({ ...options, compress: false }) : exitCode;
}

async function attempt(options: SendOptions): Promise<number> {
  const {
    run,
    words,
    script = '',
    source,
    sha256,
    compress,
    output,
    errorOutput,
    onProgress,
    onFact,
    onLine,
  } = options;
  const { nonce = newNonce(), filter = ['cat'] } = options;
  const stop = new AbortController();
  const report = new Report(nonce, errorOutput, { onFact, onLine });
  const input = new PassThrough();
  const scriptBytes = Buffer.from(script);
  input.write(scriptBytes);
  const sent = new Checksum((bytes) => onProgress?.(bytes));
  const feed = (compress ? pipeline(source(), sent, createGzip(), input) : pipeline(source(), sent, input)).catch(
    (error: unknown) => {
      stop.abort(error);
      throw error;
    },
  );
  feed.catch(() => undefined); // it is looked at below, when the session has ended
  let exitCode: number;
  try {
    exitCode = await run(
      sinkWords({ nonce, sha256, isCompressed: compress, scriptBytes: scriptBytes.length, filter, words }),
      { input, output, errorOutput: report },
      AbortSignal.any([options.signal, stop.signal]),
    );
  } catch (error) {
    throw stop.signal.aborted ? stop.signal.reason : error;
  } finally {
    input.destroy(); // a program that has ended needs no more
  }
  if (exitCode !== KILLED) return exitCode;
  const filtered = Number(report.facts.get('filter') ?? 0);
  if (filtered !== 0) throw new FilterError(`${filter[0] ?? ''} ended with the exit code ${filtered}`);
  if (report.facts.get('sha256') !== sha256) {
    throw new TransferError('What arrived is not what was sent: the SHA-256 sums differ');
  }
  return exitCode;
}
