import { AwsCallError, awsErrorName } from '../aws/errors';
import { UserError } from '../errors';
import type { Facts } from './facts';

export type CheckStatus = 'ok' | 'warning' | 'failed' | 'skipped';

/** One line of a diagnosis: what was looked at, what was found, and how to mend it. */
export interface CheckResult {
  readonly id: string;
  readonly title: string;
  readonly status: CheckStatus;
  readonly found: string;
  /** Empty when there is nothing to mend. */
  readonly remedy: string;
}

export type Outcome = Pick<CheckResult, 'status' | 'found' | 'remedy'>;

export interface Check {
  readonly id: string;
  readonly title: string;
  readonly look: (facts: Facts) => Promise<Outcome>;
}

export const ok = (found: string): Outcome => ({ status: 'ok', found, remedy: '' });
export const warning = (found: string, remedy: string): Outcome => ({ status: 'warning', found, remedy });
export const failed = (found: string, remedy: string): Outcome => ({ status: 'failed', found, remedy });
export const skipped = (found: string, remedy = ''): Outcome => ({ status: 'skipped', found, remedy });

export const DEPLOY = 'Deploy the stack again (`npx cdktf deploy`)';

/** Something is not there. The one check whose matter that is fails; those that need it are skipped. */
export class AbsentError extends UserError {
  constructor(
    /** Id of the check. */
    readonly matterOf: string,
    message: string,
    remedy: string,
    options?: ErrorOptions,
  ) {
    super(message, remedy, options);
  }
}

/** Looks, and never fails for what AWS says: what cannot be seen is skipped. @throws the signal's reason */
export async function perform({ id, title, look }: Check, facts: Facts): Promise<CheckResult> {
  try {
    return { id, title, ...(await look(facts)) };
  } catch (error) {
    facts.signal.throwIfAborted();
    if (!(error instanceof UserError)) throw error;
    return { id, title, ...unseen(id, error) };
  }
}

function unseen(id: string, error: UserError): Outcome {
  if (error instanceof AbsentError) {
    return error.matterOf === id ? failed(error.message, error.remedy) : skipped(error.message);
  }
  const action = deniedAction(error);
  return action === undefined
    ? skipped(error.message, error.remedy)
    : skipped(`Not allowed to call ${action}`, `To look at this, you need the right ${action}`);
}

const DENIED = ['AccessDenied', 'AccessDeniedException', 'UnauthorizedOperation'];

/** IAM's name of the call that an error says was refused for want of a right. */
export function deniedAction(error: unknown): string | undefined {
  if (!(error instanceof AwsCallError) || !DENIED.includes(awsErrorName(error) ?? '')) return undefined;
  return /^Not allowed to call ([\w-]+:\w+)/.exec(error.message)?.[1];
}

/** `a, b and c` */
export function list(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1) ?? ''}`;
}
