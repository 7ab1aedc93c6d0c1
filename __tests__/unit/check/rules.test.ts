import { check, open, RULES } from '../../../src/check/check';
import { parseConfiguration } from '../../../src/check/configuration';
import { SUPPRESSIONS } from '../../../src/check/suppressions';
import { synthesize } from '../../support/synth';

type Block = Record<string, unknown>;
type Resources = Record<string, Record<string, Block>>;

const hardened = synthesize({ posture: 'hardened' });

/** The hardened configuration with something changed. */
function changed(change: (resources: Resources) => void): string {
  const document = JSON.parse(hardened) as { resource: Resources };
  change(document.resource);
  return JSON.stringify(document);
}

const found = (text: string): string[] =>
  open(check(parseConfiguration(text), SUPPRESSIONS.hardened)).map(({ rule, address }) => `${rule} ${address}`);

/** A resource gets other attributes; undefined takes one away. */
const set =
  (address: string, attributes: Block) =>
  (resources: Resources): void => {
    const [type = '', name = ''] = address.split('.');
    const byName = (resources[type] ??= {});
    byName[name] = { ...byName[name], ...attributes };
  };
const without =
  (type: string) =>
  (resources: Resources): void => {
    Reflect.deleteProperty(resources, type);
  };
const statement = (fields: Block): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: { Effect: 'Allow', ...fields } });
const container = (fields: Block): Block => ({
  container_definitions: JSON.stringify([{ name: 'bastion', logConfiguration: { logDriver: 'awslogs' }, ...fields }]),
});
const exec = (fields: Block): Block => ({ configuration: { execute_command_configuration: fields } });
const fromAnywhere: Block = {
  cidr_blocks: ['0.0.0.0/0'],
  protocol: 'tcp',
  from_port: 22,
  to_port: 22,
  description: 'x',
};

const CLUSTER = 'aws_rds_cluster.aurora_postgresql';
const INSTANCE = 'aws_rds_cluster_instance.aurora_instance';
const PARAMETERS = 'aws_rds_cluster_parameter_group.aurora_postgresql';
const TASK = 'aws_ecs_task_definition.bastion';
const ECS = 'aws_ecs_cluster.bastion';
const LOGS = 'aws_cloudwatch_log_group.bastion';
const KEY = 'aws_kms_key.data';
const POLICY = 'aws_iam_role_policy.task_ssm';
const ENDPOINT = 'aws_vpc_endpoint.kms';
const VPC = 'aws_vpc.main';

/** What breaks each rule: where, and by what change. A rule may have several. */
const VIOLATIONS: readonly (readonly [rule: string, address: string, change: (resources: Resources) => void])[] = [
  ['AB_ENDPOINT_POLICY', ENDPOINT, set(ENDPOINT, { policy: undefined })],
  [
    'AB_ENDPOINT_POLICY',
    ENDPOINT,
    set(ENDPOINT, { policy: statement({ Principal: '*', Action: '*', Resource: '*' }) }),
  ],
  [
    'AB_ENDPOINT_POLICY',
    ENDPOINT,
    set(ENDPOINT, { policy: statement({ Principal: { AWS: '*' }, Action: 'kms:*', Resource: '*' }) }),
  ],
  [
    'AB_START_SESSION',
    POLICY,
    set(POLICY, { policy: statement({ Action: 'ssm:Start*', Resource: 'arn:aws:ecs:*:*:task/*' }) }),
  ],
  ['AB_EXEC_LOGGING', ECS, set(ECS, exec({ kms_key_id: 'k', logging: 'NONE' }))],
  ['AB_EXEC_LOGGING', ECS, set(ECS, exec({ kms_key_id: 'k', logging: 'OVERRIDE', log_configuration: {} }))],
  [
    'AB_EXEC_LOGGING',
    ECS,
    (resources) => {
      set(ECS, { configuration: undefined })(resources);
      set(TASK, container({ logConfiguration: undefined }))(resources);
    },
  ],
  ['AB_CLEAR_SECRET', TASK, set(TASK, container({ environment: [{ name: 'PGPASSWORD', value: 'hunter22' }] }))],
  ['AB_CLEAR_SECRET', TASK, set(TASK, container({ environment: [{ name: 'URL', value: 'postgres://u:p@host/db' }] }))],
  [
    'AB_CLEAR_SECRET',
    TASK,
    set(TASK, {
      container_definitions:
        '${jsonencode([{"environment" = concat([], var.x ? [{"name" = "ANY", "value" = var.master_password}] : [])}])}',
    }),
  ],
  ['AB_TLS', PARAMETERS, set(PARAMETERS, { parameter: [{ name: 'rds.force_ssl', value: '0' }] })],
  ['CKV_AWS_96', CLUSTER, set(CLUSTER, { storage_encrypted: false })],
  ['CKV_AWS_327', CLUSTER, set(CLUSTER, { kms_key_id: undefined })],
  ['CKV_AWS_139', CLUSTER, set(CLUSTER, { deletion_protection: undefined })],
  ['CKV_AWS_162', CLUSTER, set(CLUSTER, { iam_database_authentication_enabled: false })],
  ['CKV_AWS_133', CLUSTER, set(CLUSTER, { backup_retention_period: 0 })],
  ['CKV_AWS_313', CLUSTER, set(CLUSTER, { copy_tags_to_snapshot: undefined })],
  ['CKV_AWS_324', CLUSTER, set(CLUSTER, { enabled_cloudwatch_logs_exports: [] })],
  ['CKV2_AWS_8', 'aws_rds_cluster.other', set('aws_rds_cluster.other', {})],
  [
    'CKV2_AWS_27',
    'aws_rds_cluster_parameter_group.other',
    set('aws_rds_cluster_parameter_group.other', { family: 'aurora-postgresql15' }),
  ],
  ['CKV_AWS_17', INSTANCE, set(INSTANCE, { publicly_accessible: true })],
  ['CKV_AWS_118', INSTANCE, set(INSTANCE, { monitoring_interval: 0 })],
  ['CKV_AWS_353', INSTANCE, set(INSTANCE, { performance_insights_enabled: undefined })],
  ['CKV_AWS_354', INSTANCE, set(INSTANCE, { performance_insights_kms_key_id: undefined })],
  ['AVD-AWS-0107', 'aws_security_group.aurora', set('aws_security_group.aurora', { ingress: [fromAnywhere] })],
  [
    'AVD-AWS-0107',
    'aws_vpc_security_group_ingress_rule.x',
    set('aws_vpc_security_group_ingress_rule.x', { cidr_ipv6: '::/0', ip_protocol: 'tcp', description: 'x' }),
  ],
  ['AVD-AWS-0104', 'aws_security_group_rule.x', set('aws_security_group_rule.x', { ...fromAnywhere, type: 'egress' })],
  [
    'CKV_AWS_382',
    'aws_vpc_security_group_egress_rule.x',
    set('aws_vpc_security_group_egress_rule.x', { cidr_ipv4: '0.0.0.0/0', ip_protocol: '-1', description: 'x' }),
  ],
  ['CKV_AWS_23', 'aws_security_group.aurora', set('aws_security_group.aurora', { description: undefined })],
  [
    'CKV_AWS_23',
    'aws_security_group_rule.aurora_from_bastion',
    set('aws_security_group_rule.aurora_from_bastion', { description: '' }),
  ],
  ['CKV_AWS_130', 'aws_subnet.private', set('aws_subnet.private', { map_public_ip_on_launch: true })],
  ['CKV2_AWS_11', VPC, without('aws_flow_log')],
  ['CKV2_AWS_12', VPC, without('aws_default_security_group')],
  [
    'CKV2_AWS_12',
    VPC,
    set('aws_default_security_group.default', { ingress: [{ protocol: '-1', self: true, description: 'x' }] }),
  ],
  ['CKV_AWS_65', ECS, set(ECS, { setting: [{ name: 'containerInsights', value: 'disabled' }] })],
  ['CKV_AWS_224', ECS, set(ECS, exec({ logging: 'OVERRIDE', log_configuration: { cloud_watch_log_group_name: 'g' } }))],
  [
    'CKV_AWS_333',
    'aws_ecs_service.bastion',
    set('aws_ecs_service.bastion', { network_configuration: { assign_public_ip: true } }),
  ],
  ['CKV_AWS_334', TASK, set(TASK, container({ privileged: true }))],
  ['CKV_AWS_335', TASK, set(TASK, { pid_mode: 'host' })],
  ['CKV_AWS_336', 'aws_ecs_task_definition.other', set('aws_ecs_task_definition.other', container({}))],
  ['CKV_AWS_249', TASK, set(TASK, { task_role_arn: '${aws_iam_role.task_execution.arn}' })],
  ['CKV_AWS_63', POLICY, set(POLICY, { policy: statement({ Action: '*', Resource: 'arn:aws:s3:::bucket' }) })],
  ['CKV_AWS_63', POLICY, set(POLICY, { policy: statement({ NotAction: 'ssm:*', Resource: 'arn:aws:s3:::bucket' }) })],
  ['CKV_AWS_355', POLICY, set(POLICY, { policy: statement({ Action: ['ssmmessages:*', 's3:Put*'], Resource: '*' }) })],
  [
    'CKV_AWS_61',
    'aws_iam_role.task',
    set('aws_iam_role.task', {
      assume_role_policy: statement({ Action: 'sts:AssumeRole', Principal: { AWS: ['*'] } }),
    }),
  ],
  ['CKV_AWS_7', KEY, set(KEY, { enable_key_rotation: undefined })],
  ['CKV2_AWS_64', KEY, set(KEY, { policy: undefined })],
  ['CKV_AWS_33', KEY, set(KEY, { policy: statement({ Principal: '*', Action: 'kms:Decrypt', Resource: '*' }) })],
  ['CKV_AWS_66', LOGS, set(LOGS, { retention_in_days: undefined })],
  ['CKV_AWS_338', LOGS, set(LOGS, { retention_in_days: 364 })],
  ['CKV_AWS_158', LOGS, set(LOGS, { kms_key_id: '' })],
];

describe('every rule', () => {
  it('has an id of its own, and something that breaks it', () => {
    const ids = RULES.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect([...new Set(VIOLATIONS.map(([rule]) => rule))].toSorted()).toEqual(ids.toSorted());
  });

  it('says what is wrong and what to do, without a full stop', () => {
    for (const { what, remedy } of RULES) expect([what, remedy]).not.toContainEqual(expect.stringMatching(/\.$|^$/));
  });

  it.each(VIOLATIONS)('%s is found at %s when it is broken, and not before', (rule, address, change) => {
    expect(found(hardened)).not.toContain(`${rule} ${address}`);
    expect(found(changed(change))).toContain(`${rule} ${address}`);
  });
});

describe('the postures', () => {
  it('hardened breaks no rule but those that are suppressed, and every suppression is needed and has a reason', () => {
    const findings = check(parseConfiguration(hardened), SUPPRESSIONS.hardened);
    expect(open(findings)).toEqual([]);
    expect(findings.map(({ rule, address }) => `${rule} ${address}`).toSorted()).toEqual(
      SUPPRESSIONS.hardened.map(({ rule, address }) => `${rule} ${address}`).toSorted(),
    );
    for (const { reason } of SUPPRESSIONS.hardened) expect(reason.length).toBeGreaterThan(20);
  });

  it('the reference breaks these, and nothing of it is suppressed', () => {
    const findings = check(parseConfiguration(synthesize()), SUPPRESSIONS.reference);
    expect(open(findings)).toEqual(findings);
    expect(findings.map(({ rule, address }) => `${rule} ${address}`)).toEqual([
      'AB_ENDPOINT_POLICY aws_vpc_endpoint.ecr_api',
      'AB_ENDPOINT_POLICY aws_vpc_endpoint.ecr_dkr',
      'AB_ENDPOINT_POLICY aws_vpc_endpoint.logs',
      'AB_ENDPOINT_POLICY aws_vpc_endpoint.s3',
      'AB_ENDPOINT_POLICY aws_vpc_endpoint.ssm',
      'AB_ENDPOINT_POLICY aws_vpc_endpoint.ssmmessages',
      'AB_CLEAR_SECRET aws_ecs_task_definition.bastion',
      'AB_TLS aws_rds_cluster_parameter_group.aurora_postgresql',
      'CKV_AWS_96 aws_rds_cluster.aurora_postgresql',
      'CKV_AWS_327 aws_rds_cluster.aurora_postgresql',
      'CKV_AWS_139 aws_rds_cluster.aurora_postgresql',
      'CKV_AWS_162 aws_rds_cluster.aurora_postgresql',
      'CKV_AWS_313 aws_rds_cluster.aurora_postgresql',
      'CKV2_AWS_8 aws_rds_cluster.aurora_postgresql',
      'CKV2_AWS_27 aws_rds_cluster_parameter_group.aurora_postgresql',
      'CKV_AWS_354 aws_rds_cluster_instance.aurora_instance',
      'AVD-AWS-0104 aws_security_group.bastion',
      'AVD-AWS-0104 aws_security_group_rule.aurora_egress_all',
      'CKV_AWS_382 aws_security_group.bastion',
      'CKV_AWS_382 aws_security_group_rule.aurora_egress_all',
      'CKV_AWS_130 aws_subnet.public',
      'CKV2_AWS_11 aws_vpc.main',
      'CKV2_AWS_12 aws_vpc.main',
      'CKV_AWS_224 aws_ecs_cluster.bastion',
      'CKV_AWS_336 aws_ecs_task_definition.bastion',
      'CKV_AWS_338 aws_cloudwatch_log_group.bastion',
      'CKV_AWS_158 aws_cloudwatch_log_group.bastion',
    ]);
  });
});
