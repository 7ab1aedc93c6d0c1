import type { Posture } from '../infra/posture';

/** A finding that stays, and why. */
export interface Suppression {
  readonly rule: string;
  readonly address: string;
  readonly reason: string;
}

/** The reference is what the existing system is: nothing of it is explained away. */
export const SUPPRESSIONS: Readonly<Record<Posture, readonly Suppression[]>> = {
  reference: [],
  hardened: [
    {
      rule: 'CKV_AWS_336',
      address: 'aws_ecs_task_definition.bastion',
      reason:
        'The agent of ECS Exec writes to the root file system and does not start where it cannot, as AWS documents',
    },
    {
      rule: 'AVD-AWS-0104',
      address: 'aws_security_group.bastion',
      reason: 'Port 443 alone, and only with enable_nat_gateways, which asks for the internet',
    },
    {
      rule: 'CKV2_AWS_27',
      address: 'aws_rds_cluster_parameter_group.aurora_postgresql',
      reason: 'pgAudit records statements, without the passwords in them that log_statement would write down',
    },
    {
      rule: 'CKV2_AWS_8',
      address: 'aws_rds_cluster.aurora_postgresql',
      reason: 'RDS backs up by itself (backup_retention_period); a plan of AWS Backup belongs to the organization',
    },
  ],
};
