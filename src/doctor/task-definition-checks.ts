import { agentObstacle } from '../aws/task-definition';
import { type Check, DEPLOY, failed, list, ok, type Outcome, warning } from './check';
import type { Facts } from './facts';

/** The task definition and its one container. */
export const TASK_DEFINITION_CHECKS: readonly Check[] = [
  { id: 'task-definition', title: 'Task definition', look: lookAtDefinition },
  { id: 'root-filesystem', title: 'Root file system', look: lookAtRootFileSystem },
  { id: 'container-credentials', title: 'AWS keys in the container', look: lookAtKeys },
  { id: 'init-process', title: 'Init process', look: lookAtInitProcess },
  { id: 'plain-password', title: 'Passwords in the task definition', look: lookForPasswords },
  { id: 'log-group', title: "The container's log group", look: lookAtLogGroup },
];

async function lookAtDefinition(facts: Facts): Promise<Outcome> {
  const definition = await facts.taskDefinition();
  await facts.container();
  const { family = '', revision = 0, networkMode, requiresCompatibilities = [], taskRoleArn, status } = definition;
  const name = `${family}:${revision}`;
  if (status === 'INACTIVE') return failed(`${name} has been deregistered`, DEPLOY);
  if (networkMode !== 'awsvpc') {
    return failed(`${name} has the network mode ${networkMode ?? 'bridge'}`, `Fargate needs awsvpc: ${DEPLOY}`);
  }
  if (!requiresCompatibilities.includes('FARGATE')) return failed(`${name} is not made for Fargate`, DEPLOY);
  if (taskRoleArn === undefined) {
    return failed(`${name} has no task role`, `The exec agent connects with its rights: ${DEPLOY}`);
  }
  return ok(`${name}: Fargate, awsvpc, with a task role`);
}

async function lookAtRootFileSystem(facts: Facts): Promise<Outcome> {
  const { readonlyRootFilesystem } = await facts.container();
  return obstacle({ ...(readonlyRootFilesystem === undefined ? {} : { readonlyRootFilesystem }) }, 'It can be written');
}

async function lookAtKeys(facts: Facts): Promise<Outcome> {
  const { environment = [], secrets = [] } = await facts.container();
  return obstacle({ environment, secrets }, 'None: it takes those of its task role');
}

function obstacle(container: Parameters<typeof agentObstacle>[0], otherwise: string): Outcome {
  const found = agentObstacle(container);
  if (found === undefined) return ok(otherwise);
  return failed(found.cause.charAt(0).toUpperCase() + found.cause.slice(1), found.remedy);
}

async function lookAtInitProcess(facts: Facts): Promise<Outcome> {
  const { linuxParameters } = await facts.container();
  if (linuxParameters?.initProcessEnabled === true) return ok('On: what sessions leave behind is reaped');
  return warning('Off: ended processes of sessions stay until the task stops', 'Switch initProcessEnabled on');
}

const SECRET_NAME = /PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|API_?KEY/i;
const SECRET_VALUE = /:\/\/[^/:@\s]+:[^/@\s]+@|\bpassword=\S/i;

async function lookForPasswords(facts: Facts): Promise<Outcome> {
  const { environment = [] } = await facts.container();
  const plain = environment
    .filter(({ name = '', value = '' }) => value !== '' && (SECRET_NAME.test(name) || SECRET_VALUE.test(value)))
    .map(({ name = '' }) => name);
  if (plain.length === 0) return ok('None in plain text');
  return warning(
    `${list(plain)} ${plain.length === 1 ? 'stands' : 'stand'} there in plain text, for all who may read it`,
    'Deploy without master_password, so that RDS keeps it in a secret, or with database_password_secret_arn',
  );
}

async function lookAtLogGroup(facts: Facts): Promise<Outcome> {
  const group = await facts.logGroup();
  if (group === undefined) return warning("The container's output is not kept", 'Give it the log driver awslogs');
  if (group.exists) return ok(`${group.name} is there`);
  return failed(`There is no log group ${group.name}, without which the task does not start`, DEPLOY);
}
