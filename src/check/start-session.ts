import type { Configuration, Resource } from './configuration';
import { allowing, namesAction } from './policy';
import { type Fields, texts } from './value';

const ACTION = 'ssm:StartSession';
/** AWS's own policies that allow `ssm:*`, or nearly everything, on all resources. */
const OF_AWS = ['AdministratorAccess', 'PowerUserAccess', 'AmazonSSMFullAccess', 'SystemAdministrator'];
const ATTACHMENTS = [
  'aws_iam_role_policy_attachment',
  'aws_iam_user_policy_attachment',
  'aws_iam_group_policy_attachment',
  'aws_iam_policy_attachment',
];

/** Policies that let somebody start sessions on ECS tasks by SSM itself, past ECS Exec. */
export function startSessionPolicies(configuration: Configuration): readonly Resource[] {
  const own = allowing(configuration)
    .filter(([, statements]) => statements.some((one) => namesAction(one, ACTION) && reachesTasks(one)))
    .map(([resource]) => resource);
  const attached = configuration
    .ofType(...ATTACHMENTS)
    .filter(({ attributes }) => texts(attributes.policy_arn).some((arn) => OF_AWS.includes(arn.replace(/^.*\//, ''))));
  return [...own, ...attached];
}

function reachesTasks({ Resource: resource, NotResource: not }: Fields): boolean {
  if (not === undefined) return texts(resource).some(mayNameTask);
  // All tasks are left out by these alone, and then whatever the account and region.
  return !texts(not).some((pattern) => /^(\*|arn:[^:]*:ecs:\*:\*:(\*|task\/\*))$/.test(pattern));
}

/** Whether a pattern fits the ARN of some task: `arn:aws:ecs:<region>:<account>:task/<cluster>/<id>`. */
export function mayNameTask(pattern: string): boolean {
  const open = pattern.replaceAll(/\$\{[^}]*\}/g, '*');
  const parts = open.split(':');
  // A pattern with fewer parts ends in an asterisk that stands for the rest, or names nothing.
  if (parts.length < 6) return open.endsWith('*') && mayBe(parts[0] ?? '', 'arn') && mayBe(parts[2] ?? '*', 'ecs');
  const [arn = '', , service = '', , , ...rest] = parts;
  return mayBe(arn, 'arn') && mayBe(service, 'ecs') && mayBegin(rest.join(':'), 'task/');
}

function mayBe(pattern: string, text: string): boolean {
  return new RegExp(`^${pattern.replaceAll('*', '.*').replaceAll('?', '.')}$`).test(text);
}

/** Whether what the pattern fits may begin with the text. */
function mayBegin(pattern: string, text: string): boolean {
  const literal = pattern.replace(/[*?].*$/s, '');
  return literal.startsWith(text) || (literal !== pattern && text.startsWith(literal));
}
