import { content } from '../content';

/** What a connection to the bench's destination is for: its first byte. */
export const Role = {
  /** The destination sends so many bytes of `letters`, and ends. */
  source: 0x64,
  /** It takes so many bytes of `letters`, and answers with a `Taken` in a line. */
  sink: 0x75,
  /** It says again what it is told, from the first byte of the request on. */
  echo: 0x65,
} as const;
export type Role = (typeof Role)[keyof typeof Role];

/** When the first and the last byte came, in ms by the destination's clock, and whether they were the right ones. */
export interface Taken {
  readonly firstAt: number;
  readonly lastAt: number;
  readonly isRight: boolean;
}

export const REQUEST_LENGTH = 5;
/** The alphabet again and again. */
const PERIOD = 26;
const LETTERS = content(PERIOD * 2 ** 14);

/** Role u8 · number of bytes u32 BE. */
export function encodeRequest(role: Role, bytes: number): Buffer {
  const request = Buffer.alloc(REQUEST_LENGTH);
  request.writeUInt8(role, 0);
  request.writeUInt32BE(bytes, 1);
  return request;
}

/** At most so many bytes of the endless text from this position on. */
export function letters(position: number, bytes: number): Buffer {
  const from = position % PERIOD;
  return LETTERS.subarray(from, from + bytes);
}

/** Whether these are the bytes at this position. */
export function areLetters(data: Buffer, position: number): boolean {
  for (let at = 0; at < data.length;) {
    const expected = letters(position + at, data.length - at);
    if (!data.subarray(at, at + expected.length).equals(expected)) return false;
    at += expected.length;
  }
  return true;
}
