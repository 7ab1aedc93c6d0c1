import { bastionDefinition, describeTaskDefinition } from '../aws/task-definition';
import { UserError } from '../errors';
import { runQuietly } from './quiet-exec';
import type { ExecPlace } from './remote-exec';

/** psql's code for a connection that was not made, or was lost. */
const CONNECTION_BAD = 2;
/** Tries the login alone, and gives up sooner than the system would. */
const TRY_LOGIN = ['env', 'PGCONNECT_TIMEOUT=5', 'psql', '-X', '-w', '-q', '-c', ''];

/** The login was refused, or nobody answered. */
export class LoginError extends UserError {}

export interface Login {
  readonly words: readonly string[];
  readonly exitCode: number;
  /** Another than the task's own. */
  readonly database?: string | undefined;
}

/**
 * When `psql` could not log in: finds out why, from RDS and from inside the task.
 * @throws LoginError with the cause; returns when the cause lies elsewhere, such as in psql's own arguments
 */
export async function explainLogin({ words, exitCode, database }: Login, place: ExecPlace): Promise<void> {
  if (words[0] !== 'psql' || exitCode !== CONNECTION_BAD) return;
  await checkDatabase(place);
  const again = await runQuietly([...TRY_LOGIN, ...(database === undefined ? [] : ['-d', database])], place);
  if (again.exitCode !== CONNECTION_BAD) return;
  const { explainLogin: classify } = await import('../doctor/login-failure.js');
  const explanation = classify(again.error);
  if (explanation !== undefined) throw new LoginError(explanation.cause, explanation.remedy);
}

/** @throws LoginError when RDS says that the database is not available; nothing where that may not be asked */
async function checkDatabase({ ecs, deployment: { access, family }, signal }: ExecPlace): Promise<void> {
  const { databaseState, stateRemedy } = await import('../aws/database.js');
  const { explainStatus } = await import('../doctor/database-status.js');
  try {
    const { environment = [] } = bastionDefinition(await describeTaskDefinition(ecs, family, signal));
    const host = environment.find(({ name }) => name === 'PGHOST')?.value ?? '';
    const state = await databaseState(access, host, signal);
    const explanation = explainStatus(state?.status ?? 'available');
    if (state === undefined || explanation.serves === 'yes') return;
    throw new LoginError(`The database ${state.id} is ${state.status}: ${explanation.meaning}`, stateRemedy(state));
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof LoginError || !(error instanceof UserError)) throw error;
  }
}
