/** Commands of smux v1, and the one of v2 that the library reads in v1 too. */
export const Command = { SYN: 0, FIN: 1, PSH: 2, NOP: 3, UPD: 4 } as const;

export const VERSION = 1;
export const HEADER_BYTES = 8;
/** The most that the agent puts into one frame (smux `DefaultConfig`). */
export const MAX_FRAME_BYTES = 32_768;
/** What follows the header of an UPD, whatever its length says. */
export const UPDATE_BYTES = 8;

export interface Header {
  readonly version: number;
  readonly command: number;
  readonly length: number;
  readonly streamId: number;
}

// Version u8, command u8, length u16 LE, stream id u32 LE.
export function decodeHeader(bytes: Buffer): Header {
  return {
    version: bytes.readUInt8(0),
    command: bytes.readUInt8(1),
    length: bytes.readUInt16LE(2),
    streamId: bytes.readUInt32LE(4),
  };
}

export function encodeFrame(command: number, streamId: number, data: Buffer = Buffer.alloc(0)): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt8(VERSION, 0);
  header.writeUInt8(command, 1);
  header.writeUInt16LE(data.length, 2);
  header.writeUInt32LE(streamId, 4);
  return Buffer.concat([header, data]);
}
