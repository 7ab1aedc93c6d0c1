import { randomBytes } from 'node:crypto';
import { ecsClient, kmsClient, ssmClient } from '../aws/clients';
import { generateDataKey } from '../aws/data-key';
import { executeCommand, resumeSession } from '../aws/execute';
import {
  type BastionNetwork,
  findServiceTask,
  runTask,
  sessionTarget,
  stopTask,
  taskId,
  type TaskReference,
  waitUntilReady,
} from '../aws/task';
import { runExec } from '../remote/exec';
import { execCommand } from '../remote/exec-script';
import { plainTerminalCommand, terminalCommand } from '../remote/start';
import { Session } from '../session/session';
import type { ConnectOptions } from './args';
import { attach } from './attach';
import { type Deployment, findDeployment } from './deployment';
import { leaveCleanly } from './leave';
import { findPlugin, runPlugin } from './plugin';
import { remoteSignal, type Interruption } from './signals';
import type { Story } from './story';
import { connectionStory } from './connection-story';
import { isInteractive, type Terminal } from './terminal';

export interface ConnectContext {
  readonly terminal: Terminal;
  readonly story: Story;
  readonly interruption: Interruption;
}

/**
 * Runs a command on a bastion task: at the terminal where there is one, else with its bytes as they are. A task of our
 * own is stopped on every way out.
 * @returns the exit code of the command
 */
export async function connect(options: ConnectOptions, context: ConnectContext): Promise<number> {
  const { terminal, story, interruption } = context;
  const { signal } = interruption;
  const plugin = options.plugin ? await findPlugin() : undefined;
  const deployment = await findDeployment(options, story, signal);
  const { access } = deployment;
  const ecs = ecsClient(access);
  await using bastion = await acquireTask(options, deployment, story, signal);
  const { task } = bastion;
  const running = await story.step(
    `Waiting for the task ${taskId(task)}`,
    () => waitUntilReady(ecs, task, signal),
    () => 'running',
  );
  const target = sessionTarget(running);
  const nonce = randomBytes(8).toString('hex');
  const isAtTerminal = options.tty === 'auto' ? isInteractive(terminal) : options.tty === 'always';
  const command = commandLine(options, { nonce, isAtTerminal });
  const ticket = await story.step(
    'Connecting to its exec agent',
    () => executeCommand(ecs, task, command, signal),
    () => 'connected',
  );
  if (plugin !== undefined) return await runPlugin(plugin, { ticket, target, access }, interruption);
  await using remote = leaveCleanly(ticket, () => ssmClient(access));
  using connection = connectionStory(terminal, isAtTerminal);
  await using session = await Session.open(ticket, {
    signal,
    notice: (text) => {
      story.line(text);
    },
    // Fresh clients look for fresh credentials: those of the start may have expired by then.
    resume: () => resumeSession(ssmClient(access), ticket.sessionId),
    dataKey: (keyId) => generateDataKey(kmsClient(access), keyId, { sessionId: ticket.sessionId, target }),
    onConnection: connection.onConnection,
  });
  const warn = (text: string): void => {
    story.line(text);
  };
  const streams = { input: terminal.input, output: terminal.output, errorOutput: terminal.story };
  const exitCode = isAtTerminal
    ? await attach(session, { terminal, story, signal, nonce, waitingFor: 'Waiting for psql in the container' })
    : await runExec(session, { nonce, streams, warn, signal, interrupt: remoteSignal });
  remote.hasEnded();
  return exitCode;
}

function commandLine(
  { words, plugin }: ConnectOptions,
  { nonce, isAtTerminal }: { readonly nonce: string; readonly isAtTerminal: boolean },
): string {
  if (plugin) return plainTerminalCommand(words);
  return isAtTerminal ? terminalCommand(words, nonce) : execCommand({ nonce, words, waitForClient: true });
}

/** A task, and at disposal its end, unless it was there before us. */
async function acquireTask(
  options: ConnectOptions,
  { access, network, serviceName, cluster }: Deployment,
  story: Story,
  signal: AbortSignal,
): Promise<{ readonly task: TaskReference } & AsyncDisposable> {
  const ecs = ecsClient(access);
  const leaveRunning = { [Symbol.asyncDispose]: () => Promise.resolve() };
  switch (options.target.kind) {
    case 'task':
      return { task: { cluster, taskArn: options.target.id }, ...leaveRunning };
    case 'service':
      return { task: await findServiceTask(ecs, cluster, serviceName, signal), ...leaveRunning };
    case 'new': {
      const where: BastionNetwork = await network();
      signal.throwIfAborted();
      const task = await story.step('Starting a bastion task', () => runTask(ecs, where), taskId);
      return {
        task,
        [Symbol.asyncDispose]: () =>
          story.step(
            'Stopping the bastion task',
            () => stopTask(ecs, task, access.region),
            () => 'stopped',
          ),
      };
    }
  }
}
