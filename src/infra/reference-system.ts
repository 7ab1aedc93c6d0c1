import type { Construct } from 'constructs';
import { Bastion } from './bastion';
import { Database } from './database';
import { Endpoints } from './endpoints';
import { Network } from './network';
import type { System } from './system';
import type { Settings } from './variables';

export interface ReferenceProps {
  /** AWS partition, which the ARNs of AWS's own policies name. */
  readonly partition: string;
  readonly settings: Settings;
}

/** What the existing system has, and nothing else: its plan over that system's state is empty. */
export function referenceSystem(scope: Construct, { partition, settings }: ReferenceProps): System {
  const { namePrefix, vpcCidr, awsRegion: region, tags } = settings;
  const network = new Network(scope, 'network', { name: namePrefix, cidr: vpcCidr });
  const { vpcId, privateSubnetIds: subnetIds } = network;
  new Endpoints(network, 'endpoints', {
    vpcId,
    vpcCidr,
    region,
    subnetIds,
    zoneNames: network.zoneNames,
    routeTables: network.privateRouteTables,
  });
  const database = new Database(scope, 'database', {
    namePrefix,
    partition,
    vpcId,
    openTo: vpcCidr,
    subnetIds,
    settings: settings.database,
    tags,
  });
  const bastion = new Bastion(scope, 'bastion', {
    namePrefix,
    partition,
    region,
    vpcId,
    subnetIds,
    database,
    settings: settings.bastion,
    tags,
  });
  return { network, database, bastion, bastionFacts: bastion.facts };
}
