import type { AwsAccess } from '../aws/clients';
import { type Environment, environmentNamed, namesOf, readEnvironments } from '../environments';
import { UsageError, UserError } from '../errors';
import type { Where } from './args';

/** Which deployment is meant. */
export type Place =
  /** The one stack of a project without environments. */
  | { readonly kind: 'stack' }
  | { readonly kind: 'environment'; readonly environment: Environment }
  /** One of several environments, which a cluster or a file of outputs names; which of them is not known. */
  | { readonly kind: 'other' };

/**
 * The deployment that the command line means; a project's only environment need not be named.
 * @throws UsageError where there are several and none is named, or there is none of that name; EnvironmentsError
 */
export function placeOf({ environment: name, cluster, outputsFile }: Where, projectDirectory: string): Place {
  const environments = readEnvironments(projectDirectory);
  if (name !== undefined) return { kind: 'environment', environment: environmentNamed(environments, name) };
  const [only, ...others] = environments;
  if (only === undefined) return { kind: 'stack' };
  if (cluster !== undefined || outputsFile !== undefined) return { kind: 'other' };
  if (others.length === 0) return { kind: 'environment', environment: only };
  throw new UsageError(
    `There are several environments: ${namesOf(environments)}`,
    'Name one with --env NAME, or in BASTION_ENV',
  );
}

/** Credentials of another account, in which things may have the same names. */
export class OtherAccountError extends UserError {
  constructor({ name, account = '' }: Environment, actual: string) {
    super(
      `The environment ${name} is in the account ${account}, and the credentials are of ${actual}`,
      'Use others, for example with --profile',
    );
  }
}

/**
 * Asks AWS whose credentials these are, where the environment says whose they have to be.
 * @throws OtherAccountError, AwsCallError
 */
export async function checkAccount(environment: Environment, access: AwsAccess, signal: AbortSignal): Promise<void> {
  if (environment.account === undefined) return;
  // Loaded while Terraform runs.
  const { callerIdentity } = await import('../aws/identity.js');
  const { account } = await callerIdentity(access, signal);
  if (account !== environment.account) throw new OtherAccountError(environment, account);
}
