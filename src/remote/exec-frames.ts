import { ProtocolError } from '../errors';
import { INPUT_WINDOW_BYTES, OUTPUT_CHUNK_BYTES } from './exec-script';
import { partialMatch } from './partial-match';

/** What the remote side of `execCommand` says. */
export type ExecFrame =
  | { readonly type: 'ready' }
  | { readonly type: 'data'; readonly stream: 'output' | 'error'; readonly data: Buffer }
  /** The command has taken so many bytes of input. */
  | { readonly type: 'credit'; readonly bytes: number }
  /** The command takes no more input. */
  | { readonly type: 'inputClosed' }
  | { readonly type: 'warning'; readonly text: string }
  /** The container lacks programs. */
  | { readonly type: 'missing'; readonly programs: string }
  | { readonly type: 'exit'; readonly exitCode: number }
  /** What somebody else has written at the terminal, such as a program that asks for a password there. */
  | { readonly type: 'stray'; readonly data: Buffer };

const NEWLINE = 0x0a;
/** A header is the nonce and a few words. */
const MAX_HEADER_BYTES = 4096;
/** A chunk in Base64, with a newline behind every fourth character or fewer. */
const MAX_DATA_CHARACTERS = (OUTPUT_CHUNK_BYTES / 3) * 5 + 4;
const MAX_EXIT_CODE = 255;

/** Takes the frames out of what a session's terminal shows, whatever pieces it comes in. */
export class ExecFrames {
  private readonly nonce: Buffer;
  /** What is not decided yet: less than a frame. */
  private rest: Buffer = Buffer.alloc(0);
  /** Inside a frame with data: its stream, its characters still to come, and those that have. */
  private open: { stream: 'output' | 'error'; missing: number; readonly parts: Buffer[] } | undefined;

  constructor(nonce: string) {
    this.nonce = Buffer.from(nonce);
  }

  /** @throws ProtocolError when a frame is damaged */
  take(chunk: Buffer): ExecFrame[] {
    const frames: ExecFrame[] = [];
    this.rest = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    while (this.open === undefined ? this.takeHeader(frames) : this.takeData(frames, this.open));
    // Not the memory of a whole chunk.
    this.rest = Buffer.from(this.rest);
    return frames;
  }

  /** @returns whether there may be more in the rest */
  private takeHeader(frames: ExecFrame[]): boolean {
    const at = this.rest.indexOf(this.nonce);
    if (at < 0) {
      this.takeStray(frames, this.rest.length - partialMatch(this.rest, this.nonce));
      return false;
    }
    this.takeStray(frames, at);
    const end = this.rest.indexOf(NEWLINE);
    if (end < 0) {
      if (this.rest.length > MAX_HEADER_BYTES) throw damaged('has no end');
      return false;
    }
    const header = this.rest.toString('utf8', this.nonce.length + 1, end).replace(/\r$/, '');
    this.rest = this.rest.subarray(end + 1);
    this.takeFrame(frames, header);
    return true;
  }

  private takeFrame(frames: ExecFrame[], header: string): void {
    const [type = '', ...words] = header.split(' ');
    const text = words.join(' ');
    switch (type) {
      case 'r':
        frames.push({ type: 'ready' });
        return;
      case 'o':
      case 'e':
        this.open = {
          stream: type === 'o' ? 'output' : 'error',
          missing: integer(text, header, MAX_DATA_CHARACTERS) + 1,
          parts: [],
        };
        return;
      case 'c':
        frames.push({ type: 'credit', bytes: integer(text, header, INPUT_WINDOW_BYTES) });
        return;
      case 'z':
        frames.push({ type: 'inputClosed' });
        return;
      case 'w':
        frames.push({ type: 'warning', text });
        return;
      case 'm':
        frames.push({ type: 'missing', programs: text });
        return;
      case 'x':
        frames.push({ type: 'exit', exitCode: integer(text, header, MAX_EXIT_CODE) });
        return;
      default:
        throw damaged(`begins with ${JSON.stringify(header)}`);
    }
  }

  private takeData(frames: ExecFrame[], open: NonNullable<typeof this.open>): boolean {
    const part = this.rest.subarray(0, open.missing);
    this.rest = this.rest.subarray(part.length);
    open.parts.push(part);
    open.missing -= part.length;
    if (open.missing > 0) return false;
    this.open = undefined;
    frames.push({ type: 'data', stream: open.stream, data: decode(Buffer.concat(open.parts)) });
    return true;
  }

  private takeStray(frames: ExecFrame[], length: number): void {
    if (length > 0) frames.push({ type: 'stray', data: Buffer.from(this.rest.subarray(0, length)) });
    this.rest = this.rest.subarray(length);
  }
}

/** Base64 and a newline, exactly: a stray byte between them shows here. */
function decode(characters: Buffer): Buffer {
  if (characters.at(-1) !== NEWLINE) throw damaged('does not end where it should');
  const text = characters.toString('latin1', 0, characters.length - 1).replaceAll('\n', '');
  const data = Buffer.from(text, 'base64');
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  if (text.length % 4 !== 0 || data.length !== (text.length / 4) * 3 - padding) throw damaged('is no Base64');
  return data;
}

function integer(text: string, header: string, most: number): number {
  if (!/^\d+$/.test(text)) throw damaged(`has no number: ${JSON.stringify(header)}`);
  if (Number(text) > most) throw damaged(`has a number above ${most}: ${JSON.stringify(header)}`);
  return Number(text);
}

function damaged(how: string): ProtocolError {
  return new ProtocolError(`a frame of the remote side ${how}: has something else written on its terminal?`);
}
