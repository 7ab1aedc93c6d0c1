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

/** The token in the first text frame of a channel, OpenDataChannel. */
export function tokenOf(openDataChannel: string): string | undefined {
  try {
    const frame: unknown = JSON.parse(openDataChannel);
    const token = typeof frame === 'object' && frame !== null && 'TokenValue' in frame ? frame.TokenValue : undefined;
    return typeof token === 'string' ? token : undefined;
  } catch {
    return undefined; // no JSON, so no token
  }
}
