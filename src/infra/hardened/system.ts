import type { DataAwsPartition } from '@cdktf/provider-aws/lib/data-aws-partition';
import { DefaultSecurityGroup } from '@cdktf/provider-aws/lib/default-security-group';
import { Construct } from 'constructs';
import { Database } from '../database';
import { DatabasePassword } from '../database-password';
import { Network } from '../network';
import type { System } from '../system';
import { HardenedBastion } from './bastion';
import { bastionGroup } from './bastion-group';
import { ClientImage } from './client-image';
import { ClusterProtection } from './database-protection';
import { endpointsGroup, GuardedEndpoints } from './endpoints';
import { FlowLogs } from './flow-logs';
import { Keys } from './keys';
import { namesOf } from './names';
import { placeOf } from './place';
import type { HardenedSettings } from './variables';

export interface HardenedProps {
  readonly partition: DataAwsPartition;
  readonly settings: HardenedSettings;
  /** Whether a plan may destroy the cluster and the key of its data. */
  readonly allowDataLoss: boolean;
}

/** The same system as a review of its security asks for it; `changes.ts` lists what is different, why, and at what price. */
export function hardenedSystem(scope: Construct, { partition, settings, allowDataLoss }: HardenedProps): System {
  const { namePrefix, awsRegion: region, enableNatGateways: internetAccess, tags } = settings;
  const names = namesOf(namePrefix);
  const place = placeOf(scope, partition, region);
  const keys = new Keys(scope, 'keys', { namePrefix, place, names, allowDataLoss, tags });

  const network = new Network(scope, 'network', { name: namePrefix, cidr: settings.vpcCidr, internetAccess });
  const { vpcId, privateSubnetIds: subnetIds } = network;
  // Without rules: what is put into it by mistake reaches nothing.
  new DefaultSecurityGroup(network, 'group.default', { vpcId });
  new FlowLogs(network, 'flow-logs', { namePrefix, vpcId, names, kmsKeyId: keys.sessionsArn, tags });

  const protection = new ClusterProtection(scope, 'protection', {
    ...settings,
    ...settings.database,
    names,
    keys,
    allowDataLoss,
  });
  const database = new Database(scope, 'database', {
    namePrefix,
    partition: place.partition,
    vpcId,
    subnetIds,
    settings: settings.database,
    protection,
    tags,
  });

  const { databasePasswordSecretArn: secretArn, image: given } = settings.bastion;
  const password = new DatabasePassword(scope, 'password', { database, secretArn });
  const image = new ClientImage(scope, 'image', {
    namePrefix,
    place,
    image: given,
    majorVersion: database.majorVersion,
  });
  const endpoints = endpointsGroup(network, namePrefix, network);
  const bastion = new Construct(scope, 'bastion');
  const securityGroup = bastionGroup(bastion, {
    namePrefix,
    vpcId,
    region,
    database,
    endpointsGroupId: endpoints.id,
    internetAccess,
    tags,
  });
  new GuardedEndpoints(network, 'endpoints', {
    network,
    endpointsGroup: endpoints,
    bastionGroup: securityGroup,
    place,
    names,
    repositoryArn: image.repositoryArn,
    sessionsKeyArn: keys.sessionsArn,
    passwordSecretArn: password.secretArn,
  });
  const { facts: bastionFacts } = new HardenedBastion(bastion, 'tasks', {
    namePrefix,
    place,
    names,
    keys,
    image,
    password,
    securityGroup,
    subnetIds,
    database,
    settings: settings.bastion,
    tags,
  });
  return { network, database, bastion, bastionFacts };
}
