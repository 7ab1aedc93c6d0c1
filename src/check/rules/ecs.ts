import { containersOf } from '../container';
import { each, type Rule } from '../rule';
import { elements, isSet, objects, textOf, texts } from '../value';
import type { Resource } from '../configuration';

const TASK = 'aws_ecs_task_definition';

/** The configuration of ECS Exec in a cluster. */
export function execConfiguration({ attributes }: Resource) {
  return objects(attributes.configuration).flatMap(({ execute_command_configuration: exec }) => objects(exec))[0];
}

export const ECS_RULES: readonly Rule[] = [
  {
    id: 'CKV_AWS_65',
    also: ['AVD-AWS-0034'],
    what: 'The cluster has no Container Insights',
    remedy: 'Set containerInsights to enabled',
    violations: each('aws_ecs_cluster', ({ attributes }) => {
      const insights = objects(attributes.setting).find(({ name }) => name === 'containerInsights');
      return !['enabled', 'enhanced'].includes(textOf(insights?.value));
    }),
  },
  {
    id: 'CKV_AWS_224',
    what: 'Sessions are not encrypted with a key of our own from client to container, or their record is not',
    remedy: 'Set kms_key_id and, of the log, cloud_watch_encryption_enabled in execute_command_configuration',
    violations: each('aws_ecs_cluster', (cluster) => {
      const exec = execConfiguration(cluster);
      const isLogEncrypted = objects(exec?.log_configuration).some(
        (log) => log.cloud_watch_encryption_enabled === true || log.s3_bucket_encryption_enabled === true,
      );
      return !isSet(exec?.kms_key_id) || !isLogEncrypted;
    }),
  },
  {
    id: 'CKV_AWS_333',
    what: 'Tasks of the service get public addresses',
    remedy: 'Set assign_public_ip to false',
    violations: each('aws_ecs_service', ({ attributes }) =>
      objects(attributes.network_configuration).some((one) => elements(one.assign_public_ip).includes(true)),
    ),
  },
  {
    id: 'CKV_AWS_334',
    what: 'A container is privileged',
    remedy: 'Leave out privileged',
    violations: each(TASK, (task) => containersOf(task).some((one) => elements(one.privileged).includes(true))),
  },
  {
    id: 'CKV_AWS_335',
    what: 'Containers see the processes of their host',
    remedy: 'Leave out pid_mode',
    violations: each(TASK, ({ attributes }) => texts(attributes.pid_mode).includes('host')),
  },
  {
    id: 'CKV_AWS_336',
    what: 'A container may write to its root file system',
    remedy: 'Set readonlyRootFilesystem',
    violations: each(TASK, (task) => containersOf(task).some((one) => one.readonlyRootFilesystem !== true)),
  },
  {
    id: 'CKV_AWS_249',
    what: 'What runs in the task has the rights with which ECS starts it',
    remedy: 'Name different roles in execution_role_arn and task_role_arn',
    violations: each(TASK, ({ attributes: { execution_role_arn: execution, task_role_arn: task } }) => {
      return isSet(execution) && isSet(task) && execution === task;
    }),
  },
];
