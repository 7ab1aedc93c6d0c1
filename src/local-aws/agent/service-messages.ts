import { randomUUID } from 'node:crypto';
import { Flags, type Message, newMessage } from '../../session/message';

/** What the client is told when the service has ended a session in which nothing happened. */
export const TIMED_OUT = 'Session timed out due to inactivity.';

/** The end of a session, which the service tells to both sides and neither of them to the other. */
export function channelClosed(session: { readonly id: string; readonly target: string }, output: string): Message {
  const payload = JSON.stringify({
    MessageType: 'channel_closed',
    MessageId: randomUUID(),
    DestinationId: session.target,
    SessionId: session.id,
    SchemaVersion: 1,
    CreatedDate: new Date().toISOString(),
    Output: output,
  });
  return newMessage('channel_closed', { flags: Flags.Acknowledge, payload: Buffer.from(payload) });
}

/** What a peer says of itself in the first text frame of a channel, OpenDataChannel. */
export interface OpenDataChannel {
  readonly token: string | undefined;
  /** The agent has none, and a client names it here only. */
  readonly clientVersion: string | undefined;
}

export function readOpenDataChannel(frame: string): OpenDataChannel {
  const fields = parse(frame);
  const text = (name: 'TokenValue' | 'ClientVersion'): string | undefined => {
    const value = fields[name];
    return typeof value === 'string' ? value : undefined;
  };
  return { token: text('TokenValue'), clientVersion: text('ClientVersion') };
}

function parse(frame: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(frame);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {}; // no JSON, so no token
  }
}
