import { type MotoClient, unverifiedSignature } from '../aws-api';
import type { RequestContext } from './pattern';

/** Who makes a call, as `sts:GetCallerIdentity` says it. */
export interface Caller {
  readonly arn: string;
  readonly userId: string;
  readonly account: string;
}

/** Asks moto who signs with an access key. */
export async function callerOf(moto: MotoClient, accessKeyId: string, region: string): Promise<Caller> {
  const { body } = await moto.forward({
    method: 'POST',
    path: '/',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      authorization: unverifiedSignature(accessKeyId, region, 'sts'),
    },
    body: Buffer.from('Action=GetCallerIdentity&Version=2011-06-15'),
  });
  const element = (name: string): string => new RegExp(`<${name}>([^<]*)</${name}>`).exec(body.toString())?.[1] ?? '';
  return { arn: element('Arn'), userId: element('UserId'), account: element('Account') };
}

/** The keys that every request has. IAM knows `aws:username` of users alone, not of whoever has assumed a role. */
export function callerContext({ arn, userId, account }: Caller, region: string): RequestContext {
  const [, username] = /:iam::.*:user\/(?:.*\/)?([^/]+)$/.exec(arn) ?? [];
  return {
    'aws:userid': userId,
    'aws:PrincipalArn': arn,
    'aws:PrincipalAccount': account,
    'aws:RequestedRegion': region,
    ...(username === undefined ? {} : { 'aws:username': username }),
  };
}
