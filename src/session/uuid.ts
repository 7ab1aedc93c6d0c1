import { ProtocolError } from '../errors';

/**
 * UUIDs of the data channel: 16 bytes, the low 8 first (amazon-ssm-agent's `agent/session/contracts`); in text the usual
 * form, in lower case. Digit by digit, because there is one in each frame and Node's own ways take four times as long.
 */
const LENGTH = 36;
export const UUID_BYTES = 16;
/** Where in the text each of the bytes has its two digits. */
const POSITIONS = [19, 21, 24, 26, 28, 30, 32, 34, 0, 2, 4, 6, 9, 11, 14, 16] as const;
const INVALID = -1;
const VALUES = new Int8Array(128).fill(INVALID);
for (let value = 0; value < 16; value += 1) {
  const digit = value.toString(16);
  VALUES[digit.charCodeAt(0)] = value;
  VALUES[digit.toUpperCase().charCodeAt(0)] = value;
}

/** @throws ProtocolError when the text is no UUID */
export function writeUuid(bytes: Buffer, text: string, offset: number): void {
  let all = text.length === LENGTH ? 0 : INVALID;
  let at = offset;
  for (const position of POSITIONS) {
    const high = VALUES[text.charCodeAt(position)] ?? INVALID;
    const low = VALUES[text.charCodeAt(position + 1)] ?? INVALID;
    all |= high | low; // negative as soon as one is
    bytes[at++] = (high << 4) | low;
  }
  if (all < 0) throw new ProtocolError(`message id is ${JSON.stringify(text)}, expected a UUID`);
}

export function readUuid(bytes: Buffer, offset: number): string {
  const hex = bytes.toString('hex', offset, offset + UUID_BYTES);
  return `${hex.slice(16, 24)}-${hex.slice(24, 28)}-${hex.slice(28, 32)}-${hex.slice(0, 4)}-${hex.slice(4, 16)}`;
}
