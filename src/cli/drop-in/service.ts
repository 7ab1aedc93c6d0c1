import { kmsClient, ssmClient } from '../../aws/clients';
import { generateDataKey } from '../../aws/data-key';
import { resumeSession, terminateSession } from '../../aws/execute';
import type { DataKey } from '../../session/cipher';
import type { SessionTicket } from '../../session/ticket';
import type { DropInCommand } from './arguments';

type SessionCommand = Extract<DropInCommand, { kind: 'session' }>;

/** What a session asks of AWS after it was started; most ask nothing. Each time with fresh credentials. */
export function resume({ ticket, region, profile, endpoint }: SessionCommand): Promise<SessionTicket | undefined> {
  return resumeSession(ssmClient({ region, profile }, endpoint), ticket.sessionId);
}

/** Never fails. */
export async function terminate({ ticket, region, profile, endpoint }: SessionCommand): Promise<void> {
  await terminateSession(ssmClient({ region, profile }, endpoint), ticket.sessionId);
}

export function dataKey({ ticket, region, profile, target }: SessionCommand, keyId: string): Promise<DataKey> {
  return generateDataKey(kmsClient({ region, profile }), keyId, { sessionId: ticket.sessionId, target });
}
