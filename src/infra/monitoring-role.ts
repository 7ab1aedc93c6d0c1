import { IamRolePolicyAttachment } from '@cdktf/provider-aws/lib/iam-role-policy-attachment';
import { Fn, Op, TerraformCount, Token } from 'cdktf';
import { choose, oneIf } from './expressions';
import { Construct } from 'constructs';
import { FIRST } from './instances';
import { awsPolicyArn, serviceRole } from './service-role';

export interface MonitoringRoleProps {
  readonly namePrefix: string;
  /** AWS partition, which the ARNs of AWS's own policies name. */
  readonly partition: string;
  /** Seconds between two records; without monitoring (0) there is no role. */
  readonly intervalSeconds: number;
  readonly tags: Record<string, string>;
}

/** The role with which RDS writes Enhanced Monitoring to CloudWatch Logs. */
export class MonitoringRole extends Construct {
  readonly arnOrNull: string;

  constructor(scope: Construct, id: string, { namePrefix, partition, intervalSeconds, tags }: MonitoringRoleProps) {
    super(scope, id);
    // `> 0` would come out as `> undefined`: the library drops a falsy right side.
    const isOn = Op.gte(intervalSeconds, 1);
    const count = TerraformCount.of(oneIf(isOn));
    const role = serviceRole(this, 'role.rds_enhanced_monitoring', {
      count,
      name: `${namePrefix}-rds-enhanced-monitoring`,
      service: 'monitoring.rds.amazonaws.com',
      tags,
    });
    new IamRolePolicyAttachment(this, 'attachment.rds_enhanced_monitoring', {
      count,
      role: Token.asString(Fn.lookupNested(role.fqn, [FIRST, 'name'])),
      policyArn: awsPolicyArn(partition, 'AmazonRDSEnhancedMonitoringRole'),
    });
    this.arnOrNull = Token.asString(choose(isOn, Fn.lookupNested(role.fqn, [FIRST, 'arn']), Token.nullValue()));
  }
}
