import type { AwsAccess } from '../../aws/clients';
import { UserError } from '../../errors';
import type { ContainerDatabase } from './destination';

/** The stack's password, read with the caller's own rights. @throws UserError when it may not be read */
export async function stackPassword(
  access: AwsAccess,
  { password }: ContainerDatabase,
  signal: AbortSignal,
): Promise<string> {
  if (password === undefined) {
    throw new UserError('The task definition names no PGPASSWORD', 'Deploy the stack again, or log in with --iam');
  }
  if ('value' in password) return password.value;
  const { secretValue } = await import('../../aws/secret-value.js');
  return secretValue(access, password.valueFrom, signal);
}
