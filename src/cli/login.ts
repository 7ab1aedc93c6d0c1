import type { ECSClient } from '@aws-sdk/client-ecs';
import type { TaskReference } from '../aws/task';
import { UserError } from '../errors';
import type { Deployment } from './deployment';
import { runQuietly } from './quiet-exec';

/** psql's code for a connection that was not made, or was lost. */
const CONNECTION_BAD = 2;
/** Tries the login alone, and gives up sooner than the system would. */
const TRY_LOGIN = ['env', 'PGCONNECT_TIMEOUT=5', 'psql', '-X', '-w', '-q', '-c', ''];

/** The login was refused, or nobody answered. */
export class LoginError extends UserError {}

/**
 * When `psql` could not log in: finds out why, from inside the task.
 * @throws LoginError with the cause; returns when the cause lies elsewhere, such as in psql's own arguments
 */
export async function explainLogin(
  { words, exitCode }: { readonly words: readonly string[]; readonly exitCode: number },
  place: {
    readonly ecs: ECSClient;
    readonly task: TaskReference;
    readonly deployment: Deployment;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  if (words[0] !== 'psql' || exitCode !== CONNECTION_BAD) return;
  const again = await runQuietly(TRY_LOGIN, place);
  if (again.exitCode !== CONNECTION_BAD) return;
  const { explainLogin: classify } = await import('../doctor/login-failure.js');
  const explanation = classify(again.error);
  if (explanation !== undefined) throw new LoginError(explanation.cause, explanation.remedy);
}
