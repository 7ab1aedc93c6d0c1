import type { ContainerDefinition } from '@aws-sdk/client-ecs';
import { ecsClient } from '../aws/clients';
import { callerIdentity } from '../aws/identity';
import { sessionKey } from '../aws/session-key';
import { CONTAINER_NAME } from '../aws/task';
import { bastionDefinition, describeTaskDefinition, logStream } from '../aws/task-definition';
import { UserError } from '../errors';
import { connectPolicy, EXEC_SESSIONS_OF_ALL, UNDOCUMENTED } from '../iam/policy';
import { printableJson } from '../printable';
import type { PolicyOptions } from './args';
import type { ConnectContext } from './connect';

/** Prints the least rights that a person needs for this deployment, as an IAM policy. */
export async function policy(
  options: PolicyOptions,
  { terminal, story, interruption: { signal }, deployment: deployed }: ConnectContext,
): Promise<number> {
  const { access, cluster, family, serviceName } = await deployed;
  const ecs = ecsClient(access);
  const [{ arn, account }, definition, sessionKeyArn] = await Promise.all([
    callerIdentity(access, signal),
    describeTaskDefinition(ecs, family, signal),
    sessionKey(access, ecs, cluster, signal),
  ]);
  const document = connectPolicy({
    partition: arn.split(':')[1] ?? 'aws',
    region: access.region,
    account,
    clusterName: cluster,
    taskDefinitionFamily: family,
    serviceName,
    containerName: CONTAINER_NAME,
    executionRoleArn: required(definition.executionRoleArn, 'execution role'),
    taskRoleArn: required(definition.taskRoleArn, 'task role'),
    logGroupName: required(logStream(bastionDefinition(definition), '')?.group, 'log group'),
    sessionKeyArn,
    variant: options.serviceOnly ? 'service-only' : 'connect',
    forward: options.forward,
    ownSessions: options.ownSessions,
    passwordSecretArn: passwordSecret(bastionDefinition(definition)),
  });
  terminal.output.write(`${printableJson(document)}\n`);
  story.line(`Note: ${UNDOCUMENTED}`);
  if (!options.ownSessions) story.line(`Note: ${EXEC_SESSIONS_OF_ALL}`);
  return 0;
}

/** Undefined: the password lies elsewhere. */
function passwordSecret({ secrets = [] }: ContainerDefinition): string | undefined {
  const valueFrom = secrets.find(({ name }) => name === 'PGPASSWORD')?.valueFrom ?? '';
  return /^arn:[^:]+:secretsmanager:[^:]+:[^:]+:secret:[^:]+/.exec(valueFrom)?.[0];
}

function required(value: string | undefined, what: string): string {
  if (value !== undefined) return value;
  throw new UserError(`The task definition has no ${what}`, 'Deploy the stack again (`npx cdktf deploy`)');
}
