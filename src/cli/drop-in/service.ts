import type { SSMClient } from '@aws-sdk/client-ssm';
import { kmsClient, ssmClient } from '../../aws/clients';
import { generateDataKey } from '../../aws/data-key';
import { resumeSession, terminateSession } from '../../aws/execute';
import type { DataKey } from '../../session/cipher';
import type { SessionTicket } from '../../session/ticket';
import type { SessionCommand } from './arguments';

/** What a session asks of AWS after it was started; most ask nothing. Each time with fresh credentials. */
export function resume(command: SessionCommand): Promise<SessionTicket | undefined> {
  return resumeSession(client(command), command.ticket.sessionId);
}

/** Never fails. */
export async function terminate(command: SessionCommand): Promise<void> {
  await terminateSession(client(command), command.ticket.sessionId);
}

export function dataKey({ ticket, region, profile, target }: SessionCommand, keyId: string): Promise<DataKey> {
  return generateDataKey(kmsClient({ region, profile }), keyId, { sessionId: ticket.sessionId, target });
}

/** `aws ecs execute-command` names ECS's endpoint (awscli `customizations/ecs/executecommand.py`), where no session is known. */
function client({ region, profile, target, namedEndpoint }: SessionCommand): SSMClient {
  const isEcs = target.startsWith('ecs:');
  return ssmClient({ region, profile }, isEcs || namedEndpoint === undefined ? {} : { endpoint: namedEndpoint });
}
