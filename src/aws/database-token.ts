import { Signer } from '@aws-sdk/rds-signer';
import type { AwsAccess } from './clients';
import { awsCall } from './errors';

/** RDS takes a token for so long; a connection that was opened with it stays. */
export const TOKEN_LIFE_MS = 15 * 60_000;

/**
 * A password that IAM vouches for, instead of the database's own: the user needs the role `rds_iam` in the database and
 * whoever asks `rds-db:connect`. Made here, without a call.
 * @param to the database's own name and port, however it is reached
 * @throws UserError when there are no credentials
 */
export function databaseToken(
  { region, profile }: AwsAccess,
  to: { readonly host: string; readonly port: number; readonly user: string },
): Promise<string> {
  const { host: hostname, port, user: username } = to;
  return awsCall('rds-db:connect', () =>
    new Signer({ hostname, port, username, region, ...(profile === undefined ? {} : { profile }) }).getAuthToken(),
  );
}
