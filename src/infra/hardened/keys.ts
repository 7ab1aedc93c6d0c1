import { KmsAlias } from '@cdktf/provider-aws/lib/kms-alias';
import { KmsKey } from '@cdktf/provider-aws/lib/kms-key';
import { Construct } from 'constructs';
import { policyDocument } from '../service-role';
import type { Names } from './names';
import { arnOf, type Place } from './place';

export interface KeysProps {
  readonly namePrefix: string;
  readonly place: Place;
  readonly names: Names;
  /** Whether a plan may destroy the key of the data: what it encrypts can never be read again, snapshots included. */
  readonly allowDataLoss: boolean;
  readonly tags: Record<string, string>;
}

/** The longest that KMS allows: a final snapshot can be saved until then, by cancelling the deletion. */
const DELETION_WINDOW_DAYS = 30;

/**
 * Two keys of our own: one for what the database stores, one for sessions and logs. Whoever opens sessions needs
 * `kms:GenerateDataKey` on the second, and thereby gets no way to the data or to what is logged.
 */
export class Keys extends Construct {
  readonly dataArn: string;
  readonly sessionsArn: string;

  constructor(scope: Construct, id: string, { namePrefix, place, names, allowDataLoss, tags }: KeysProps) {
    super(scope, id);
    const account = {
      Sid: 'IamDecides',
      Effect: 'Allow',
      Principal: { AWS: `arn:${place.partition}:iam::${place.account}:root` },
      Action: 'kms:*',
      Resource: '*',
    };
    const key = (name: string, description: string, statements: readonly Record<string, unknown>[]): KmsKey => {
      const made = new KmsKey(this, `key.${name}`, {
        description,
        enableKeyRotation: true,
        deletionWindowInDays: DELETION_WINDOW_DAYS,
        policy: policyDocument(statements),
        tags,
      });
      new KmsAlias(this, `alias.${name}`, { name: `alias/${namePrefix}-${name}`, targetKeyId: made.keyId });
      return made;
    };
    const data = key('data', 'Storage, snapshots, Performance Insights and master password of Aurora', [account]);
    if (!allowDataLoss) data.lifecycle = { preventDestroy: true };
    this.dataArn = data.arn;
    this.sessionsArn = key('sessions', 'Sessions on the bastion, and the log groups', [
      account,
      {
        Sid: 'OwnLogGroups',
        Effect: 'Allow',
        Principal: { Service: `logs.${place.region}.${place.dnsSuffix}` },
        Action: ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:DescribeKey'],
        Resource: '*',
        Condition: {
          ArnEquals: {
            'kms:EncryptionContext:aws:logs:arn': Object.values(names.logGroups).map((name) =>
              arnOf(place, 'logs', `log-group:${name}`),
            ),
          },
        },
      },
    ]).arn;
  }
}
