import { AwsCallError } from '../aws/errors';
import { type Check, deniedAction, failed, list, ok, type Outcome, skipped, warning } from './check';
import type { Facts } from './facts';
import type { Decision } from './policy-document';
import { roleNameOf } from './simulation';

/** Who asks, and what IAM's simulation says of them. */
export const CALLER_CHECKS: readonly Check[] = [
  { id: 'credentials', title: 'Your credentials', look: lookAtCredentials },
  { id: 'caller-rights', title: 'Your rights', look: lookAtRights },
  { id: 'unlogged-sessions', title: 'Sessions that are not logged', look: lookAtStartSession },
];

async function lookAtCredentials(facts: Facts): Promise<Outcome> {
  try {
    const { arn } = await facts.caller();
    return ok(`${arn} in ${facts.target.access.region}`);
  } catch (error) {
    facts.signal.throwIfAborted();
    // The call needs no right: whoever cannot make it can make none.
    if (error instanceof AwsCallError) return failed(error.message, error.remedy);
    throw error;
  }
}

/** Of the client that opens a session; the agent in the task needs it too, from its role. */
const OPEN_CHANNEL = 'ssmmessages:OpenDataChannel';

/** What starting a task and opening a session in it takes, each on what it concerns. */
async function lookAtRights(facts: Facts): Promise<Outcome> {
  const [definition, { clusterArn = '' }] = await Promise.all([facts.taskDefinition(), facts.cluster()]);
  const wanted = [
    ['ecs:RunTask', definition.taskDefinitionArn],
    ['ecs:ExecuteCommand', clusterArn],
    ['ecs:ExecuteCommand', tasksOf(clusterArn)],
    ['iam:PassRole', definition.taskRoleArn],
    ['iam:PassRole', definition.executionRoleArn],
    [OPEN_CHANNEL, execSessionsOf(clusterArn)],
  ] as const;
  return await simulated(facts, async (arn) => {
    const missing: { readonly action: string; readonly resource: string }[] = [];
    for (const [action, resource] of wanted) {
      if (resource === undefined) continue;
      if ((await decisionOn(facts, arn, action, resource)) === 'denied') missing.push({ action, resource });
    }
    if (missing.length === 0) return ok('You may start a task and open a session in it');
    // Whoever got their rights before clients signed the opening of a channel lacks this one alone.
    const statement = missing.every(({ action }) => action === OPEN_CHANNEL) ? ' (the statement OpenExecChannel)' : '';
    return failed(
      `Not allowed: ${list(missing.map(({ action, resource }) => `${action} on ${resource}`))}`,
      `Ask for the rights of: npm run connect -- policy${statement}`,
    );
  });
}

/** ECS Exec logs its sessions; one that SSM opens on a task by itself is in no log. */
async function lookAtStartSession(facts: Facts): Promise<Outcome> {
  const { clusterArn = '' } = await facts.cluster();
  return await simulated(facts, async (arn) => {
    const decision = await decisionOn(facts, arn, 'ssm:StartSession', tasksOf(clusterArn));
    if (decision === 'denied') return ok('You may not call ssm:StartSession on tasks');
    const found = decision === 'allowed' ? 'You may call' : 'You may call, under conditions,';
    return warning(
      `${found} ssm:StartSession on tasks, which no log records`,
      'Where sessions have to be logged, deny ssm:StartSession on tasks, other than by the documents for ports',
    );
  });
}

async function simulated(facts: Facts, look: (arn: string) => Promise<Outcome>): Promise<Outcome> {
  const { arn } = await facts.caller();
  if (arn.endsWith(':root')) return skipped('IAM simulates no root user, who may do everything', 'Use a role');
  try {
    const role = roleNameOf(arn);
    const source = role === undefined ? arn : ((await facts.roles.role(role))?.Arn ?? arn);
    return await look(source);
  } catch (error) {
    if (!(error instanceof AwsCallError) || deniedAction(error) !== undefined) throw error;
    return skipped('IAM does not simulate your policies here', 'See what you may do with: npm run connect -- policy');
  }
}

async function decisionOn(facts: Facts, arn: string, action: string, resource: string): Promise<Decision> {
  return (await facts.roles.simulated(arn, [action], resource)).get(action) ?? 'denied';
}

function tasksOf(clusterArn: string): string {
  return `${clusterArn.replace(':cluster/', ':task/')}/*`;
}

/** All sessions of ECS Exec in the cluster's region and account: ECS begins their ids like this. */
function execSessionsOf(clusterArn: string): string {
  return clusterArn.replace(/^(arn:[^:]*):ecs:([^:]*:[^:]*):.*$/, '$1:ssm:$2:session/ecs-execute-command-*');
}
