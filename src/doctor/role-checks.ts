import { type Check, DEPLOY, failed, list, ok, type Outcome, warning } from './check';
import { type Facts } from './facts';
import { type Decision, parsePolicy, trusts } from './policy-document';

/** The two roles of the task definition. */
export const ROLE_CHECKS: readonly Check[] = [
  { id: 'task-role', title: 'Task role', look: async (facts) => lookAtRole(facts, 'taskRoleArn', 'task role') },
  { id: 'task-role-ssmmessages', title: 'Rights of the task role', look: lookAtExecRights },
  {
    id: 'execution-role',
    title: 'Execution role',
    look: async (facts) => lookAtRole(facts, 'executionRoleArn', 'execution role'),
  },
  { id: 'secret-rights', title: 'Rights to the secrets', look: lookAtSecrets },
];

const ECS_TASKS = 'ecs-tasks.amazonaws.com';

/** What the exec agent opens its channels with. */
const CHANNEL_ACTIONS = [
  'ssmmessages:CreateControlChannel',
  'ssmmessages:CreateDataChannel',
  'ssmmessages:OpenControlChannel',
  'ssmmessages:OpenDataChannel',
];

async function lookAtRole(facts: Facts, which: 'taskRoleArn' | 'executionRoleArn', what: string): Promise<Outcome> {
  const { [which]: arn } = await facts.taskDefinition();
  if (arn === undefined) return failed(`The task definition has no ${what}`, DEPLOY);
  const role = await facts.roles.role(arn);
  if (role === undefined) return failed(`There is no role ${arn}`, DEPLOY);
  if (!trusts(parsePolicy(role.AssumeRolePolicyDocument ?? ''), ECS_TASKS)) {
    return failed(`${role.RoleName ?? arn} does not trust ${ECS_TASKS}`, `ECS cannot take it on: ${DEPLOY}`);
  }
  return ok(`${role.RoleName ?? arn} is there, and ECS may take it on`);
}

async function lookAtExecRights(facts: Facts): Promise<Outcome> {
  const { taskRoleArn } = await facts.taskDefinition();
  if (taskRoleArn === undefined) return failed('There is no task role, and so no right to ssmmessages', DEPLOY);
  const decisions = await facts.roles.decisions(taskRoleArn, CHANNEL_ACTIONS);
  return judged(decisions, 'It may open the channels of ECS Exec', 'The exec agent cannot connect without them');
}

interface SecretAccess {
  readonly action: string;
  readonly arn: string;
}

async function lookAtSecrets(facts: Facts): Promise<Outcome> {
  const [{ executionRoleArn }, { secrets = [] }] = await Promise.all([facts.taskDefinition(), facts.container()]);
  if (secrets.length === 0) return ok('The container takes no secrets');
  if (executionRoleArn === undefined) return failed('No execution role could read the secrets', DEPLOY);
  const { account, arn: callerArn } = await facts.caller();
  const place = `arn:${callerArn.split(':')[1] ?? 'aws'}:ssm:${facts.target.access.region}:${account}`;
  const wanted = secrets.map(({ valueFrom = '' }) => accessTo(valueFrom, place));
  const decisions = new Map<string, Decision>();
  for (const { action, arn } of wanted) {
    const decision = (await facts.roles.decisions(executionRoleArn, [action], arn)).get(action) ?? 'denied';
    decisions.set(`${action} on ${arn}`, decision);
  }
  const names = list(secrets.map(({ name = '' }) => name));
  return judged(decisions, `The execution role may read ${names}`, 'The task does not start without them');
}

/** @param from ARN of a secret, perhaps with `:key:stage:version`; or ARN or name of a parameter of Systems Manager */
export function accessTo(from: string, place: string): SecretAccess {
  if (from.includes(':secretsmanager:')) {
    return { action: 'secretsmanager:GetSecretValue', arn: from.split(':').slice(0, 7).join(':') };
  }
  const arn = from.startsWith('arn:') ? from : `${place}:parameter/${from.replace(/^\//, '')}`;
  return { action: 'ssm:GetParameters', arn };
}

function judged(decisions: ReadonlyMap<string, Decision>, good: string, consequence: string): Outcome {
  const having = (decision: Decision): string[] =>
    [...decisions].filter(([, one]) => one === decision).map(([action]) => action);
  const [denied, depends] = [having('denied'), having('depends')];
  if (denied.length > 0) return failed(`Not allowed: ${list(denied)}`, `${consequence}: ${DEPLOY}`);
  if (depends.length > 0)
    return warning(`Allowed under conditions: ${list(depends)}`, 'See that they hold for the task');
  return ok(good);
}
