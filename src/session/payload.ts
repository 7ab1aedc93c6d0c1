import { ProtocolError } from '../errors';
import { Flags, type Message, newMessage } from './message';

/** The payload of an `acknowledge` frame; key order is the wire's. */
export interface Acknowledgement {
  readonly acknowledgedMessageType: string;
  readonly acknowledgedMessageId: string;
  readonly acknowledgedSequenceNumber: number;
}

/** The window of a terminal, in characters. */
export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

export interface HandshakeAction {
  readonly actionType: string;
  readonly parameters: Readonly<Record<string, unknown>>;
}

export interface HandshakeRequest {
  readonly agentVersion: string;
  readonly actions: readonly HandshakeAction[];
}

/** Handshake action status: amazon-ssm-agent `agent/session/contracts/model.go`. */
export const ActionStatus = { Success: 1, Failed: 2, Unsupported: 3 } as const;

export interface ProcessedAction {
  readonly actionType: string;
  readonly status: (typeof ActionStatus)[keyof typeof ActionStatus];
  readonly result: unknown;
  readonly error: string;
}

/** The `acknowledge` frame for a data frame. */
export function acknowledge(message: Message): Message {
  // One for each frame that comes, and none of the values needs quoting.
  const payload =
    `{"AcknowledgedMessageType":"${message.messageType}","AcknowledgedMessageId":"${message.messageId}",` +
    `"AcknowledgedMessageSequenceNumber":${message.sequenceNumber},"IsSequentialMessage":true}`;
  return newMessage('acknowledge', { flags: Flags.Acknowledge, payload: Buffer.from(payload, 'latin1') });
}

export function decodeAcknowledgement(payload: Buffer): Acknowledgement {
  const fields = parseObject(payload, 'acknowledge');
  return {
    acknowledgedMessageType: text(fields, 'AcknowledgedMessageType', 'acknowledge'),
    acknowledgedMessageId: text(fields, 'AcknowledgedMessageId', 'acknowledge'),
    acknowledgedSequenceNumber: integer(fields, 'AcknowledgedMessageSequenceNumber', 'acknowledge'),
  };
}

export function encodeSize({ columns, rows }: TerminalSize): Buffer {
  return Buffer.from(JSON.stringify({ cols: columns, rows }));
}

export function decodeSize(payload: Buffer): TerminalSize {
  const fields = parseObject(payload, 'size');
  return { columns: integer(fields, 'cols', 'size'), rows: integer(fields, 'rows', 'size') };
}

/** Why the service closed the channel; empty after an orderly end. */
export function decodeChannelClosed(payload: Buffer): { readonly output: string } {
  const fields = parseObject(payload, 'channel_closed');
  const output = fields.Output;
  return { output: typeof output === 'string' ? output : '' };
}

export function decodeHandshakeRequest(payload: Buffer): HandshakeRequest {
  const fields = parseObject(payload, 'handshake request');
  const actions = fields.RequestedClientActions;
  if (!Array.isArray(actions)) {
    throw new ProtocolError(`handshake request: RequestedClientActions is ${typeof actions}, expected a list`);
  }
  return {
    agentVersion: text(fields, 'AgentVersion', 'handshake request'),
    actions: actions.map((action: unknown) => {
      const one = asObject(action, 'handshake action');
      return {
        actionType: text(one, 'ActionType', 'handshake action'),
        parameters: one.ActionParameters === null ? {} : asObject(one.ActionParameters, 'handshake action parameters'),
      };
    }),
  };
}

export function encodeHandshakeResponse(clientVersion: string, processed: readonly ProcessedAction[]): Buffer {
  return Buffer.from(
    JSON.stringify({
      ClientVersion: clientVersion,
      ProcessedClientActions: processed.map(({ actionType, status, result, error }) => ({
        ActionType: actionType,
        ActionStatus: status,
        ActionResult: result,
        Error: error,
      })),
      Errors: null,
    }),
  );
}

/** What the agent wants the user to read once the handshake is done; may be empty. */
export function decodeHandshakeComplete(payload: Buffer): { readonly customerMessage: string } {
  const fields = parseObject(payload, 'handshake complete');
  return { customerMessage: typeof fields.CustomerMessage === 'string' ? fields.CustomerMessage : '' };
}

/** The agent's proof that both have the same key: bytes, encrypted by the sender. */
export function decodeEncryptionChallenge(payload: Buffer): Buffer {
  const fields = parseObject(payload, 'encryption challenge');
  return Buffer.from(text(fields, 'Challenge', 'encryption challenge'), 'base64');
}

export function encodeEncryptionChallenge(challenge: Buffer): Buffer {
  return Buffer.from(JSON.stringify({ Challenge: challenge.toString('base64') }));
}

/**
 * The exit code of a NonInteractiveCommands session with separate streams; the agent sends it as text
 * (amazon-ssm-agent `agent/session/shell/shell.go`).
 */
export function decodeExitCode(payload: Buffer): number {
  const digits = /^EXIT_CODE: (-?\d+)$/.exec(payload.toString('latin1').trim())?.[1];
  if (digits !== undefined) return Number(digits);
  throw new ProtocolError(`exit code is ${JSON.stringify(payload.toString('latin1'))}, expected "EXIT_CODE: <number>"`);
}

/** Signals of port sessions: amazon-ssm-agent `agent/session/contracts/model.go`. */
export const PortFlag = { DisconnectToPort: 1, TerminateSession: 2, ConnectToPortError: 3 } as const;

export function encodeFlag(flag: number): Buffer {
  const payload = Buffer.alloc(4);
  payload.writeUInt32BE(flag);
  return payload;
}

export function decodeFlag(payload: Buffer): number {
  if (payload.length === 4) return payload.readUInt32BE(0);
  throw new ProtocolError(`a flag has ${payload.length} bytes, expected 4`);
}

type Fields = Readonly<Record<string, unknown>>;

function parseObject(payload: Buffer, what: string): Fields {
  try {
    return asObject(JSON.parse(payload.toString('utf8')), what);
  } catch (error) {
    if (error instanceof ProtocolError) throw error;
    throw new ProtocolError(`${what}: the payload is not JSON`, { cause: error });
  }
}

function asObject(value: unknown, what: string): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  throw new ProtocolError(`${what}: ${JSON.stringify(value)} came, expected an object`);
}

function text(fields: Fields, key: string, what: string): string {
  const value = fields[key];
  if (typeof value === 'string') return value;
  throw new ProtocolError(`${what}: ${key} is ${JSON.stringify(value)}, expected text`);
}

function integer(fields: Fields, key: string, what: string): number {
  const value = fields[key];
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
  throw new ProtocolError(`${what}: ${key} is ${JSON.stringify(value)}, expected an integer`);
}
