import { hash, randomUUID } from 'node:crypto';
import { ProtocolError } from '../errors';
import { readUuid, writeUuid } from './uuid';

/**
 * One binary frame of the SSM data channel, after amazon-ssm-agent's `agent/session/contracts` and recorded frames.
 *
 * Layout, integers big-endian: header length u32 (116, it leaves out the payload length) · message type, 32 bytes of
 * ASCII · schema version u32 · created date u64, ms · sequence number i64 · flags u64 · message id, 16 bytes ·
 * SHA-256 of the payload, 32 bytes · payload type u32 · payload length u32 · payload.
 */
export interface Message {
  readonly messageType: MessageType;
  readonly schemaVersion: number;
  /** Milliseconds since 1970. */
  readonly createdDate: number;
  /** Counts from 0 in each direction; 0 in frames that are not part of a stream. */
  readonly sequenceNumber: number;
  readonly flags: number;
  /** A UUID in lower case. */
  readonly messageId: string;
  readonly payloadType: number;
  readonly payload: Buffer;
}

export const MESSAGE_TYPES = [
  'input_stream_data',
  'output_stream_data',
  'acknowledge',
  'channel_closed',
  'agent_session_state',
  'start_publication',
  'pause_publication',
] as const;
export type MessageType = (typeof MESSAGE_TYPES)[number];

export const PayloadType = {
  None: 0,
  Output: 1,
  Error: 2,
  Size: 3,
  Parameter: 4,
  HandshakeRequest: 5,
  HandshakeResponse: 6,
  HandshakeComplete: 7,
  EncryptionChallengeRequest: 8,
  EncryptionChallengeResponse: 9,
  Flag: 10,
  StdErr: 11,
  ExitCode: 12,
} as const;

/** `Message.flags`: bits of amazon-ssm-agent's `agent/session/contracts/agentmessage.go`. */
export const Flags = { Data: 0, Syn: 1, Fin: 2, Acknowledge: 3 } as const;

const HEADER_LENGTH = 116;
const PAYLOAD_OFFSET = 120;
const TYPE_LENGTH = 32;

const OFFSET = {
  messageType: 4,
  schemaVersion: 36,
  createdDate: 40,
  sequenceNumber: 48,
  flags: 56,
  messageId: 64,
  payloadDigest: 80,
  payloadType: 112,
  payloadLength: 116,
} as const;

// Both real peers pad with spaces.
const PADDED_TYPES: ReadonlyMap<string, MessageType> = new Map(
  MESSAGE_TYPES.map((type) => [type.padEnd(TYPE_LENGTH, ' '), type]),
);
const PADDED = Object.fromEntries([...PADDED_TYPES].map(([padded, type]) => [type, Buffer.from(padded)])) as Readonly<
  Record<MessageType, Buffer>
>;

const NO_PAYLOAD = Buffer.alloc(0);

/** A frame with a fresh id and the time of now; what is not given is 0. */
export function newMessage(
  messageType: MessageType,
  {
    schemaVersion = 1,
    createdDate = Date.now(),
    sequenceNumber = 0,
    flags = Flags.Data,
    messageId = randomUUID(),
    payloadType = PayloadType.None,
    payload = NO_PAYLOAD,
  }: Partial<Omit<Message, 'messageType'>> = {},
): Message {
  // Each by name: one is made for every frame that comes, and a spread is slower.
  return { messageType, schemaVersion, createdDate, sequenceNumber, flags, messageId, payloadType, payload };
}

export function encodeMessage(message: Message): Buffer {
  const bytes = Buffer.allocUnsafe(PAYLOAD_OFFSET + message.payload.length); // every byte is written below
  bytes.writeUInt32BE(HEADER_LENGTH, 0);
  PADDED[message.messageType].copy(bytes, OFFSET.messageType);
  bytes.writeUInt32BE(message.schemaVersion, OFFSET.schemaVersion);
  writeUInt64(bytes, message.createdDate, OFFSET.createdDate);
  writeUInt64(bytes, message.sequenceNumber, OFFSET.sequenceNumber);
  writeUInt64(bytes, message.flags, OFFSET.flags);
  writeUuid(bytes, message.messageId, OFFSET.messageId);
  bytes.write(digestOf(message.payload), OFFSET.payloadDigest, 'latin1');
  bytes.writeUInt32BE(message.payloadType, OFFSET.payloadType);
  bytes.writeUInt32BE(message.payload.length, OFFSET.payloadLength);
  message.payload.copy(bytes, PAYLOAD_OFFSET);
  return bytes;
}

/**
 * Reads one frame; the payload shares the memory of `bytes`.
 * @throws ProtocolError when a length, the type or the digest is wrong
 */
export function decodeMessage(bytes: Buffer): Message {
  if (bytes.length < PAYLOAD_OFFSET) {
    throw new ProtocolError(`a frame has ${bytes.length} bytes, expected at least ${PAYLOAD_OFFSET}`);
  }
  const headerLength = bytes.readUInt32BE(0);
  if (headerLength !== HEADER_LENGTH) {
    throw new ProtocolError(`header length is ${headerLength}, expected ${HEADER_LENGTH}`);
  }
  const payloadLength = bytes.readUInt32BE(OFFSET.payloadLength);
  const payload = bytes.subarray(PAYLOAD_OFFSET);
  if (payloadLength !== payload.length) {
    throw new ProtocolError(`payload length is ${payloadLength}, but ${payload.length} bytes came`);
  }
  const messageType = readMessageType(bytes);
  // The service's own frames may leave the digest of an empty payload out.
  if (payloadLength > 0 && digestOf(payload) !== bytes.toString('latin1', OFFSET.payloadDigest, OFFSET.payloadType)) {
    throw new ProtocolError(`payload digest of a ${messageType} frame does not match its payload`);
  }
  return {
    messageType,
    schemaVersion: bytes.readUInt32BE(OFFSET.schemaVersion),
    createdDate: readUInt64(bytes, OFFSET.createdDate),
    sequenceNumber: readUInt64(bytes, OFFSET.sequenceNumber),
    flags: readUInt64(bytes, OFFSET.flags),
    messageId: readUuid(bytes, OFFSET.messageId),
    payloadType: bytes.readUInt32BE(OFFSET.payloadType),
    payload,
  };
}

function readMessageType(bytes: Buffer): MessageType {
  const padded = bytes.toString('latin1', OFFSET.messageType, OFFSET.schemaVersion);
  const usual = PADDED_TYPES.get(padded);
  if (usual !== undefined) return usual;
  // Senders pad with spaces, some with NUL; the real readers trim both.
  const text = padded.replace(/[\0 ]+$/, '');
  const known = MESSAGE_TYPES.find((type) => type === text);
  if (known === undefined)
    throw new ProtocolError(`message type is ${JSON.stringify(text)}, expected one of ${MESSAGE_TYPES.join(', ')}`);
  return known;
}

// Faster than through BigInt, and exact up to 2^53; nothing on the wire comes near it.
function writeUInt64(bytes: Buffer, value: number, offset: number): void {
  bytes.writeUInt32BE(Math.floor(value / 0x1_0000_0000), offset);
  bytes.writeUInt32BE(value >>> 0, offset + 4);
}

function readUInt64(bytes: Buffer, offset: number): number {
  return bytes.readUInt32BE(offset) * 0x1_0000_0000 + bytes.readUInt32BE(offset + 4);
}

/** One character a byte: Node makes a short string sooner than a Buffer. */
function digestOf(payload: Buffer): string {
  return hash('sha256', payload, 'binary');
}
