import type { Configuration, Resource } from '../configuration';
import { containersOf } from '../container';
import { allows, isForAllResources, isForEverybody, statements } from '../policy';
import { each, type Rule } from '../rule';
import { startSessionPolicies } from '../start-session';
import { type Fields, isSet, objects, texts } from '../value';
import { parametersOf } from './database';
import { execConfiguration } from './ecs';

/** What scanners for any system do not look for, and a bastion depends on. */
export const OWN_RULES: readonly Rule[] = [
  {
    id: 'AB_ENDPOINT_POLICY',
    what: 'Anything may go through the endpoint, with credentials of any account',
    remedy: 'Give it a policy that names the calls of the roles that use it',
    violations: each('aws_vpc_endpoint', ({ attributes }) => {
      const allowed = statements(attributes.policy).filter(allows);
      return !isSet(attributes.policy) || allowed.some(isUnlimited);
    }),
  },
  {
    id: 'AB_START_SESSION',
    what: 'A policy allows ssm:StartSession on ECS tasks: sessions past ECS Exec, without its record and its rights',
    remedy: 'Leave the action out, or name documents and instances as its resources: ECS Exec needs ecs:ExecuteCommand',
    violations: startSessionPolicies,
  },
  {
    id: 'AB_EXEC_LOGGING',
    also: ['CKV_AWS_223'],
    what: 'Nothing records what is typed and shown in sessions',
    remedy: 'Set logging to OVERRIDE and name a log group or bucket in execute_command_configuration',
    violations: each('aws_ecs_cluster', isUnrecorded),
  },
  {
    id: 'AB_CLEAR_SECRET',
    also: ['AVD-AWS-0036'],
    what: 'A secret may stand in clear in the environment of a container, for all who may read task definitions',
    remedy: 'Take it from Secrets Manager, by secrets instead of environment',
    violations: each('aws_ecs_task_definition', (task) =>
      containersOf(task).some(({ environment }) => objects(environment).some(isSecret)),
    ),
  },
  {
    id: 'AB_TLS',
    what: 'The database takes connections without TLS',
    remedy: 'Set rds.force_ssl to 1 in the parameter group of the cluster',
    violations: each('aws_rds_cluster_parameter_group', (group) => parametersOf(group).get('rds.force_ssl') !== '1'),
  },
];

/** The policy that AWS gives an endpoint without one. */
function isUnlimited(statement: Fields): boolean {
  const isEveryAction = texts(statement.Action).some((action) => action === '*' || action.endsWith(':*'));
  return isEveryAction && isForAllResources(statement) && isForEverybody(statement) && !isSet(statement.Condition);
}

/** By default sessions are recorded where the containers write, if they write anywhere. */
function isUnrecorded(cluster: Resource, { ofType }: Configuration): boolean {
  const exec = execConfiguration(cluster);
  if (exec?.logging === 'NONE') return true;
  if (exec?.logging === 'OVERRIDE') {
    return !objects(exec.log_configuration).some(
      (log) => isSet(log.cloud_watch_log_group_name) || isSet(log.s3_bucket_name),
    );
  }
  const containers = ofType('aws_ecs_task_definition').flatMap(containersOf);
  return !containers.every(({ logConfiguration }) =>
    objects(logConfiguration).some((one) => one.logDriver === 'awslogs'),
  );
}

const SECRET_NAME = /PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|API_?KEY|PRIVATE_?KEY/i;
/** A URL with a password in it, or a reference to something of that name. */
const SECRET_VALUE = /:\/\/[^/:@\s]+:[^/@\s]+@|\bpassword=\S|\$\{[^}]*(password|secret)/i;

function isSecret({ name, value }: Fields): boolean {
  const known = texts(value).join(' ');
  if (value === '' || value === undefined) return false;
  return SECRET_NAME.test(texts(name).join(' ')) || SECRET_VALUE.test(known);
}
