import type { Task } from '@aws-sdk/client-ecs';
import { UserError } from '../errors';
import { bastionContainer, taskId } from './task';

/** The task has ended, or never came to run. */
export class TaskStoppedError extends UserError {
  constructor(
    message: string,
    remedy: string,
    readonly task: Task,
  ) {
    super(message, remedy);
  }
}

/** 128 + SIGKILL, which the kernel sends when memory is used up. */
const KILLED = 137;

/** ECS's own words, for a task that stopped by itself, in ours. */
const CAUSES: readonly (readonly [said: RegExp, message: string, remedy: string])[] = [
  [
    /CannotPull/,
    'its image cannot be pulled',
    'Check bastion_container_image, and that the subnets reach the registry: a NAT gateway, or endpoints for ecr.api, ecr.dkr and s3',
  ],
  [
    /(secret|asm|ssm parameter).*(AccessDenied|not authorized)/is,
    'its password may not be read by its execution role',
    'Deploy the stack again, or allow secretsmanager:GetSecretValue on that secret to the execution role',
  ],
  [
    /unable to (pull|retrieve) secret/i,
    'its password cannot be read from Secrets Manager',
    'Check that the secret exists (database_password_secret_arn), and that the subnets reach secretsmanager: a NAT gateway or an endpoint',
  ],
  [
    /ResourceInitializationError.*log/is,
    'its log group cannot be written to',
    'Deploy the stack again, and check that the subnets reach CloudWatch Logs: a NAT gateway or an endpoint',
  ],
  [/OutOfMemory/, 'it ran out of memory', 'Raise bastion_task_memory, and deploy'],
  [/CannotStartContainer/, 'its command cannot be started', 'Check the command of the task definition and its image'],
  [/network interface/i, 'it got no network interface', 'Try again in a minute'],
];

/** Why a task has stopped, in a sentence, and what to do about it. @param logLines the last of its log, where known */
export function stoppedError(task: Task, logLines: readonly string[] = []): TaskStoppedError {
  const container = bastionContainer(task);
  const exitCode = container?.exitCode;
  const said = [task.stoppedReason, container?.reason].filter((one) => one !== undefined).join('; ');
  const [, cause, remedy] = CAUSES.find(([pattern]) => pattern.test(said)) ?? causeOfExit(exitCode, task);
  const known = cause === undefined ? (said === '' ? 'no reason was given' : said) : `${cause}${bracketed(said)}`;
  const log = logLines.length === 0 ? '' : `\nThe last of its log:\n${logLines.map((line) => `  ${line}`).join('\n')}`;
  return new TaskStoppedError(
    `The task ${taskId({ taskArn: task.taskArn ?? '' })} has stopped: ${known}${log}`,
    remedy ?? 'See its log: npm run connect -- logs',
    task,
  );
}

function causeOfExit(
  exitCode: number | undefined,
  { stopCode }: Task,
): readonly [unknown?, cause?: string, remedy?: string] {
  if (stopCode === 'UserInitiated') return [undefined, 'somebody stopped it', 'Connect again'];
  if (exitCode === undefined) return [];
  if (exitCode === KILLED) {
    return [undefined, 'it was killed, most likely for want of memory', 'Raise bastion_task_memory, and deploy'];
  }
  if (exitCode === 0) return [undefined, 'its lease ended', 'Connect again, with a longer --max-lifetime if need be'];
  return [
    undefined,
    `its start command failed with code ${exitCode}`,
    'The command installs the client: check that the subnets reach the package repository (a NAT gateway), and see npm run connect -- logs',
  ];
}

function bracketed(text: string): string {
  return text === '' ? '' : ` (${text})`;
}
