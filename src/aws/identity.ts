import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { type AwsAccess, configuration } from './clients';
import { awsCall } from './errors';

/** Who makes the calls. */
export interface Identity {
  readonly arn: string;
  /** IAM's `aws:userid`. */
  readonly userId: string;
  readonly account: string;
}

/** Asks AWS; needs no right. @throws AwsCallError */
export async function callerIdentity(access: AwsAccess, signal: AbortSignal): Promise<Identity> {
  const sts = new STSClient(configuration(access));
  const answer = await awsCall('sts:GetCallerIdentity', () =>
    sts.send(new GetCallerIdentityCommand({}), { abortSignal: signal }),
  );
  return { arn: answer.Arn ?? '', userId: answer.UserId ?? '', account: answer.Account ?? '' };
}

/** The name to show: a user's, or the session's of a role. */
export function shortName(arn: string): string {
  return arn.slice(arn.lastIndexOf('/') + 1);
}
