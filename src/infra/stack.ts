import { DataAwsPartition } from '@cdktf/provider-aws/lib/data-aws-partition';
import { AwsProvider } from '@cdktf/provider-aws/lib/provider';
import type { Construct } from 'constructs';
import { adopt } from './adoption';
import { configureBackend, localStateFile } from './backend';
import { refuseUnencryptedCluster } from './hardened/unencrypted-cluster';
import { hardenedSystem } from './hardened/system';
import { declareHardenedVariables } from './hardened/variables';
import type { Posture } from './posture';
import { referenceSystem } from './reference-system';
import { declareOutputs } from './stack-outputs';
import { PlainStack } from './plain-stack';
import type { System } from './system';
import type { VariableValues } from './variable-values';
import { declareVariables } from './variables';

export interface AuroraBastionProps {
  /** @default 'reference' */
  readonly posture?: Posture;
  /** Hardened: whether a plan may destroy the cluster, and put an encrypted one in the place of another. @default false */
  readonly allowDataLoss?: boolean;
  /** Of an environment. @default the variables' own defaults */
  readonly values?: VariableValues;
  /** The one account that the provider may work in. @default whichever the credentials are of */
  readonly account?: string;
}

/** Versions that the code is tested with (5.100) or bound to (6.x); neither has an attribute that the other lacks. */
const AWS_PROVIDER_VERSIONS = '>= 5.100.0, < 7.0.0';
/** S3 locking without DynamoDB came with 1.10. */
const TERRAFORM_VERSIONS = '>= 1.10.0';

/** An Aurora PostgreSQL cluster in private subnets, and a bastion on ECS Fargate as the one way in. */
export class AuroraBastionStack extends PlainStack {
  /** @throws UnencryptedClusterError, VariableValueError, SharedStateKeyError */
  constructor(
    scope: Construct,
    id: string,
    private readonly props: AuroraBastionProps = {},
  ) {
    super(scope, id);
    const { posture = 'reference', allowDataLoss = false } = props;
    this.addOverride('terraform.required_version', TERRAFORM_VERSIONS);
    this.addOverride('terraform.required_providers.aws.version', AWS_PROVIDER_VERSIONS);
    configureBackend(this);

    const { network, database, bastion, bastionFacts } =
      posture === 'hardened' ? this.hardened(allowDataLoss) : this.reference();
    declareOutputs(this, { network, database, bastion: bastionFacts });
    adopt(this, [
      { construct: network, module: 'module.vpc' },
      { construct: database, module: 'module.aurora' },
      { construct: bastion, module: 'module.bastion_ecs' },
    ]);
  }

  private reference(): System {
    const settings = declareVariables(this, this.props.values);
    return referenceSystem(this, { settings, partition: this.provider(settings).partition });
  }

  private hardened(allowDataLoss: boolean): System {
    if (!allowDataLoss) refuseUnencryptedCluster(localStateFile(this));
    const settings = declareHardenedVariables(this, this.props.values);
    return hardenedSystem(this, { settings, partition: this.provider(settings), allowDataLoss });
  }

  private provider({ awsRegion }: { readonly awsRegion: string }): DataAwsPartition {
    const { account } = this.props;
    new AwsProvider(this, 'aws', {
      region: awsRegion,
      ...(account === undefined ? {} : { allowedAccountIds: [account] }),
    });
    return new DataAwsPartition(this, 'partition.current');
  }
}
