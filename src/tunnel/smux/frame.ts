import { ProtocolError } from '../../errors';

/**
 * One frame of smux v1 (xtaci/smux, as the SSM agent uses it).
 *
 * Layout: version u8 (1) · command u8 · data length u16 LE · stream id u32 LE · data, of PSH alone.
 */
export interface Frame {
  readonly command: Command;
  readonly streamId: number;
  readonly data: Buffer;
}

/** SYN opens a stream, FIN says that its sender sends no more, PSH carries bytes, NOP nothing. */
export const Command = { SYN: 0, FIN: 1, PSH: 2, NOP: 3 } as const;
export type Command = (typeof Command)[keyof typeof Command];

export const HEADER_LENGTH = 8;
const VERSION = 1;
const MAX_DATA_LENGTH = 0xffff;
const NO_DATA = Buffer.alloc(0);

/** Frames one behind the other. */
export function encodeFrames(frames: readonly Frame[]): Buffer {
  let length = 0;
  for (const { data } of frames) length += HEADER_LENGTH + data.length;
  const bytes = Buffer.allocUnsafe(length); // every byte is written below
  let at = 0;
  for (const { command, streamId, data } of frames) {
    if (data.length > MAX_DATA_LENGTH) {
      throw new ProtocolError(`smux frame has ${data.length} bytes of data, expected at most ${MAX_DATA_LENGTH}`);
    }
    bytes.writeUInt8(VERSION, at);
    bytes.writeUInt8(command, at + 1);
    bytes.writeUInt16LE(data.length, at + 2);
    bytes.writeUInt32LE(streamId, at + 4);
    data.copy(bytes, at + HEADER_LENGTH);
    at += HEADER_LENGTH + data.length;
  }
  return bytes;
}

/** A frame without data. */
export function control(command: Exclude<Command, typeof Command.PSH>, streamId: number): Frame {
  return { command, streamId, data: NO_DATA };
}

/**
 * Finds the frames in a stream of bytes, however it is cut. The data of a PSH is handed on as it comes, in as many PSH
 * frames as it takes: a reader need not wait for the last of 32 KB, nor need they be kept.
 */
export class FrameDecoder {
  private header: Buffer = NO_DATA;
  /** The PSH whose data is under way. */
  private current: { readonly streamId: number; missing: number } | undefined;

  /**
   * The frames in the next bytes; their data shares the memory of `bytes`.
   * @throws ProtocolError on what is no smux v1
   */
  take(bytes: Buffer): Frame[] {
    const frames: Frame[] = [];
    let at = 0;
    while (at < bytes.length) {
      if (this.current !== undefined) {
        const { streamId, missing } = this.current;
        const end = Math.min(at + missing, bytes.length);
        frames.push({ command: Command.PSH, streamId, data: bytes.subarray(at, end) });
        this.current = missing > end - at ? { streamId, missing: missing - (end - at) } : undefined;
        at = end;
        continue;
      }
      const missing = HEADER_LENGTH - this.header.length;
      const isWhole = missing === HEADER_LENGTH && bytes.length - at >= HEADER_LENGTH;
      if (!isWhole) {
        this.header = Buffer.concat([this.header, bytes.subarray(at, at + missing)]);
        if (this.header.length < HEADER_LENGTH) break;
      }
      const frame = isWhole ? this.begin(bytes, at) : this.begin(this.header, 0);
      if (frame !== undefined) frames.push(frame);
      this.header = NO_DATA;
      at += missing;
    }
    return frames;
  }

  /** A header at this place: the frame, if it has no data. */
  private begin(bytes: Buffer, at: number): Frame | undefined {
    const version = bytes.readUInt8(at);
    if (version !== VERSION) throw new ProtocolError(`smux version is ${version}, expected ${VERSION}`);
    const command = bytes.readUInt8(at + 1);
    const length = bytes.readUInt16LE(at + 2);
    const streamId = bytes.readUInt32LE(at + 4);
    switch (command) {
      case Command.PSH:
        if (length > 0) this.current = { streamId, missing: length };
        return undefined;
      case Command.SYN:
      case Command.FIN:
      case Command.NOP:
        // The library takes no data with these, whatever the length says; so it would read on in the middle of a frame.
        if (length > 0) throw new ProtocolError(`smux command ${command} has ${length} bytes of data, expected none`);
        return control(command, streamId);
      default:
        throw new ProtocolError(`smux command is ${command}, expected 0 to 3`);
    }
  }
}
