import { randomBytes } from 'node:crypto';
import { ecsClient } from '../aws/clients';
import { executeCommand } from '../aws/execute';
import { SessionService } from '../aws/session-service';
import { isEncrypting } from '../aws/session-key';
import { sessionTarget, type TaskReference } from '../aws/task';
import { runExec } from '../remote/exec';
import { execCommand } from '../remote/exec-script';
import { plainTerminalCommand, terminalCommand } from '../remote/start';
import { OFFICIAL_CLIENT } from '../session/client-version';
import { Session } from '../session/session';
import { acquireTask } from './acquire';
import type { ConnectOptions } from './args';
import { attach } from './attach';
import { connectionStory } from './connection-story';
import type { Deployment } from './deployment';
import { leaveCleanly } from './leave';
import { explainLogin } from './login';
import { explainLoss } from './lost-session';
import { findPlugin, type Plugin, runPlugin } from './plugin';
import { untilReady } from './ready';
import { type Interruption, remoteSignal } from './signals';
import type { Story } from './story';
import { isInteractive, type Terminal } from './terminal';

export interface ConnectContext {
  readonly terminal: Terminal;
  readonly story: Story;
  readonly interruption: Interruption;
  /** Looked for while the command is loaded. */
  readonly deployment: Promise<Deployment>;
}

interface SessionPlace {
  readonly deployment: Deployment;
  readonly task: TaskReference;
  readonly plugin: Plugin | undefined;
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
  if (plugin?.isServed === false) {
    story.line(
      `The installed session-manager-plugin is ${plugin.version}: AWS serves ${OFFICIAL_CLIENT.minimum} and later`,
    );
  }
  const deployment = await context.deployment;
  const ecs = ecsClient(deployment.access);
  await using bastion = await acquireTask(options, { ecs, deployment, terminal, story, signal });
  const { task } = bastion;
  try {
    const exitCode = await runSession(options, context, { deployment, task, plugin });
    await explainLogin({ words: options.words, exitCode }, { ecs, task, deployment, signal });
    return exitCode;
  } catch (error) {
    throw await explainLoss(error, ecs, task);
  }
}

async function runSession(
  options: ConnectOptions,
  { terminal, story, interruption }: ConnectContext,
  { deployment, task, plugin }: SessionPlace,
): Promise<number> {
  const { access } = deployment;
  const { signal } = interruption;
  const ecs = ecsClient(access);
  const encrypting = isEncrypting(ecs, task.cluster, signal);
  encrypting.catch(() => undefined); // whoever awaits it hears of it
  const running = await untilReady(task, { ecs, access, story, signal, timeoutMs: options.startTimeoutMs });
  const target = sessionTarget(running);
  const nonce = randomBytes(8).toString('hex');
  const isAtTerminal = options.tty === 'auto' ? isInteractive(terminal) : options.tty === 'always';
  const command = commandLine(options, { nonce, isAtTerminal });
  const mustEncrypt = await encrypting; // before there is a session to leave
  const ticket = await story.step(
    'Connecting to its exec agent',
    () => executeCommand(ecs, task, command, signal),
    () => 'connected',
  );
  if (plugin !== undefined)
    return await runPlugin(plugin, { ticket, target, access, client: ecs.config }, interruption);
  const warn = (text: string): void => {
    story.line(text);
  };
  const service = new SessionService(access, { client: ecs, ticket, target: () => target, warn });
  await using remote = leaveCleanly(() => service.terminate());
  using connection = connectionStory(terminal, isAtTerminal);
  await using session = await Session.open(ticket, {
    ...service.sessionOptions,
    signal,
    mustEncrypt,
    notice: warn,
    onConnection: connection.onConnection,
  });
  const onReady = (): void => {
    if (options.timing) story.timing('the first word of the session');
  };
  const streams = { input: terminal.input, output: terminal.output, errorOutput: terminal.story };
  const waitingFor = 'Waiting for psql in the container';
  const exitCode = isAtTerminal
    ? await attach(session, { terminal, story, signal, nonce, waitingFor, onReady })
    : await runExec(session, { nonce, streams, warn, signal, interrupt: remoteSignal, onReady });
  await remote.commandHasEnded(session);
  return exitCode;
}

function commandLine(
  { words, plugin }: ConnectOptions,
  { nonce, isAtTerminal }: { readonly nonce: string; readonly isAtTerminal: boolean },
): string {
  if (plugin) return plainTerminalCommand(words);
  return isAtTerminal ? terminalCommand(words, nonce) : execCommand({ nonce, words, waitForClient: true });
}
