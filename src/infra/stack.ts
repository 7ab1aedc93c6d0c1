import { DataAwsPartition } from '@cdktf/provider-aws/lib/data-aws-partition';
import { AwsProvider } from '@cdktf/provider-aws/lib/provider';
import type { Construct } from 'constructs';
import { adopt } from './adoption';
import { configureBackend } from './backend';
import { Bastion } from './bastion';
import { Database } from './database';
import { Network } from './network';
import { declareOutputs } from './stack-outputs';
import { PlainStack } from './plain-stack';
import { Variables } from './variables';

/** Versions that the code is tested with (5.100) or bound to (6.x); neither has an attribute that the other lacks. */
const AWS_PROVIDER_VERSIONS = '>= 5.100.0, < 7.0.0';
/** S3 locking without DynamoDB came with 1.10. */
const TERRAFORM_VERSIONS = '>= 1.10.0';

/** An Aurora PostgreSQL cluster in private subnets, and a bastion on ECS Fargate as the one way in. */
export class AuroraBastionStack extends PlainStack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    const variables = new Variables(this, 'variables');
    this.addOverride('terraform.required_version', TERRAFORM_VERSIONS);
    this.addOverride('terraform.required_providers.aws.version', AWS_PROVIDER_VERSIONS);
    configureBackend(this);
    new AwsProvider(this, 'aws', { region: variables.awsRegion });
    const { partition } = new DataAwsPartition(this, 'partition.current');

    const network = new Network(this, 'network', {
      name: variables.namePrefix,
      cidr: variables.vpcCidr,
      region: variables.awsRegion,
    });
    const database = new Database(this, 'database', {
      namePrefix: variables.namePrefix,
      partition,
      vpcId: network.vpcId,
      vpcCidr: variables.vpcCidr,
      subnetIds: network.privateSubnetIds,
      settings: variables.database,
      tags: variables.tags,
    });
    const bastion = new Bastion(this, 'bastion', {
      namePrefix: variables.namePrefix,
      partition,
      region: variables.awsRegion,
      vpcId: network.vpcId,
      subnetIds: network.privateSubnetIds,
      database,
      settings: variables.bastion,
      tags: variables.tags,
    });

    declareOutputs(this, { network, database, bastion });
    adopt(this, [
      { construct: network, module: 'module.vpc' },
      { construct: database, module: 'module.aurora' },
      { construct: bastion, module: 'module.bastion_ecs' },
    ]);
  }
}
