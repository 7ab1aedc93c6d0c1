import { lastEvents, serviceCounts } from '../aws/service';
import { type Check, DEPLOY, failed, ok, type Outcome, skipped, warning } from './check';
import type { Facts } from './facts';
import { lookAtSessionLog } from './session-log-check';

/** The ECS cluster, how it logs and encrypts sessions, and the service in it. */
export const CLUSTER_CHECKS: readonly Check[] = [
  { id: 'cluster', title: 'ECS cluster', look: lookAtCluster },
  { id: 'exec-logging', title: 'Logging of sessions', look: lookAtSessionLog },
  { id: 'exec-encryption', title: 'Encryption of sessions', look: lookAtEncryption },
  { id: 'service', title: 'ECS service', look: lookAtService },
];

async function lookAtCluster(facts: Facts): Promise<Outcome> {
  const { clusterName = '', status } = await facts.cluster();
  if (status === 'ACTIVE') return ok(`${clusterName} is active`);
  return failed(`${clusterName} is ${status ?? 'without a status'}`, `It takes no tasks until it is ACTIVE: ${DEPLOY}`);
}

async function lookAtEncryption(facts: Facts): Promise<Outcome> {
  const { configuration } = await facts.cluster();
  const key = configuration?.executeCommandConfiguration?.kmsKeyId ?? '';
  if (key === '') return ok('By TLS; no KMS key is set');
  const { taskRoleArn } = await facts.taskDefinition();
  if (taskRoleArn === undefined) return skipped('There is no task role');
  const keyArn = /^arn:[\w-]+:kms:.*:key\//.test(key) ? key : undefined;
  const decision = (await facts.roles.decisions(taskRoleArn, ['kms:Decrypt'], keyArn)).get('kms:Decrypt');
  if (decision === 'allowed') return ok(`By the KMS key ${key}`);
  const found = `The task role may not call kms:Decrypt on ${key}, which encrypts the sessions`;
  const remedy = 'Allow kms:Decrypt on it, or the agent cannot open its channel';
  // A key by its id or alias is not compared with the ARNs of policies; the key's own policy is not seen either.
  return decision === 'denied' && keyArn !== undefined
    ? failed(found, remedy)
    : warning(`${found}, or not surely`, remedy);
}

async function lookAtService(facts: Facts): Promise<Outcome> {
  const service = await facts.service();
  const { serviceName } = facts.target;
  if (service === undefined) return ok(`There is no ${serviceName}: tasks are started one by one`);
  if (service.enableExecuteCommand !== true) {
    return failed(`${serviceName} has ECS Exec off`, `Switch enableExecuteCommand on and replace its tasks: ${DEPLOY}`);
  }
  const { platformVersion = 'LATEST', desiredCount = 0, runningCount = 0 } = service;
  if (/^1\.[0-3]\./.test(platformVersion)) {
    return failed(
      `${serviceName} runs on Fargate ${platformVersion}`,
      'ECS Exec needs platform version 1.4.0 or later',
    );
  }
  const found = `${serviceName}: ${serviceCounts(service)}`;
  if (runningCount >= desiredCount) return ok(found);
  const [event] = lastEvents(service, 1);
  return warning(found, event === undefined ? 'It may be starting: look again in a minute' : `It last said: ${event}`);
}
