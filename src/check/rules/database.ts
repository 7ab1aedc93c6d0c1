import type { Resource } from '../configuration';
import { each, type Rule } from '../rule';
import { elements, isSet, isSurely, objects, textOf, texts } from '../value';

const CLUSTER = 'aws_rds_cluster';
const INSTANCE = 'aws_rds_cluster_instance';

const isOn =
  (name: string) =>
  ({ attributes }: Resource) =>
    isSurely(attributes[name], (one) => one === true);
const isPositive =
  (name: string) =>
  ({ attributes }: Resource) =>
    isSurely(attributes[name], (one) => Number(one) > 0);
const not = (is: (resource: Resource) => boolean) => (resource: Resource) => !is(resource);

/** The names of a parameter group's parameters, with their values. */
export function parametersOf({ attributes }: Resource): ReadonlyMap<string, string> {
  return new Map(objects(attributes.parameter).map(({ name, value }) => [textOf(name), textOf(value)]));
}

export const DATABASE_RULES: readonly Rule[] = [
  {
    id: 'CKV_AWS_96',
    also: ['AVD-AWS-0079'],
    what: 'What the cluster stores is not encrypted',
    remedy: 'Set storage_encrypted; AWS can only do so when it makes the cluster',
    violations: each(CLUSTER, not(isOn('storage_encrypted'))),
  },
  {
    id: 'CKV_AWS_327',
    what: 'The cluster is not encrypted with a key of our own',
    remedy: 'Set kms_key_id',
    violations: each(CLUSTER, ({ attributes }) => !isSet(attributes.kms_key_id)),
  },
  {
    id: 'CKV_AWS_139',
    also: ['AVD-AWS-0343'],
    what: 'A single call deletes the cluster',
    remedy: 'Set deletion_protection',
    violations: each(CLUSTER, not(isOn('deletion_protection'))),
  },
  {
    id: 'CKV_AWS_162',
    what: 'Users of the database cannot log in with IAM, and so without a password',
    remedy: 'Set iam_database_authentication_enabled',
    violations: each(CLUSTER, not(isOn('iam_database_authentication_enabled'))),
  },
  {
    id: 'CKV_AWS_133',
    also: ['AVD-AWS-0077'],
    what: 'The cluster has no automated backups',
    remedy: 'Set backup_retention_period to some days',
    violations: each(CLUSTER, not(isPositive('backup_retention_period'))),
  },
  {
    id: 'CKV_AWS_313',
    what: 'Snapshots lose the tags of the cluster, and whose they are',
    remedy: 'Set copy_tags_to_snapshot',
    violations: each(CLUSTER, not(isOn('copy_tags_to_snapshot'))),
  },
  {
    id: 'CKV_AWS_324',
    what: 'The log of the database stays in the database',
    remedy: 'Name postgresql in enabled_cloudwatch_logs_exports',
    violations: each(CLUSTER, ({ attributes }) => elements(attributes.enabled_cloudwatch_logs_exports).length === 0),
  },
  {
    id: 'CKV2_AWS_8',
    what: 'No plan of AWS Backup covers the cluster',
    remedy: 'Select it in an aws_backup_selection',
    violations: each(CLUSTER, (_, { ofType }) => ofType('aws_backup_selection').length === 0),
  },
  {
    id: 'CKV2_AWS_27',
    what: 'PostgreSQL does not log statements itself',
    remedy: 'Set log_statement and log_min_duration_statement in the parameter group',
    violations: each('aws_rds_cluster_parameter_group', (group) => {
      const names = parametersOf(group);
      const isPostgres = texts(group.attributes.family).some((family) => family.includes('postgresql'));
      return isPostgres && !(names.has('log_statement') && names.has('log_min_duration_statement'));
    }),
  },
  {
    id: 'CKV_AWS_17',
    also: ['AVD-AWS-0180'],
    what: 'The instance has a public address',
    remedy: 'Leave out publicly_accessible',
    violations: each(INSTANCE, ({ attributes }) => elements(attributes.publicly_accessible).includes(true)),
  },
  {
    id: 'CKV_AWS_118',
    what: 'The operating system of the instance is not monitored',
    remedy: 'Set monitoring_interval to some seconds',
    violations: each(INSTANCE, not(isPositive('monitoring_interval'))),
  },
  {
    id: 'CKV_AWS_353',
    also: ['AVD-AWS-0133'],
    what: 'The instance does not record Performance Insights',
    remedy: 'Set performance_insights_enabled',
    violations: each(INSTANCE, not(isOn('performance_insights_enabled'))),
  },
  {
    id: 'CKV_AWS_354',
    also: ['AVD-AWS-0078'],
    what: 'Performance Insights, which hold statements, are not encrypted with a key of our own',
    remedy: 'Set performance_insights_kms_key_id',
    violations: each(
      INSTANCE,
      // Without Performance Insights there is no key either.
      ({ attributes }) => !elements(attributes.performance_insights_kms_key_id).some((one) => isSet(one)),
    ),
  },
];
