import { once } from 'node:events';
import { pipeline } from 'node:stream/promises';
import { ecsClient, ssmClient } from '../aws/clients';
import { executeCommand, terminateSession } from '../aws/execute';
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
import { commandOnceReady } from '../remote/start';
import { Session, type SessionTicket } from '../session/session';
import type { ConnectOptions } from './args';
import { type Deployment, findDeployment } from './deployment';
import { findPlugin, runPlugin } from './plugin';
import type { Interruption } from './signals';
import type { Story } from './story';
import { isInteractive, rawMode, type Terminal, terminalSize } from './terminal';

/** End of transmission: what a terminal sends for Ctrl-D. */
const EOT = Buffer.from([4]);

export interface ConnectContext {
  readonly terminal: Terminal;
  readonly story: Story;
  readonly interruption: Interruption;
}

/**
 * Opens a session on a bastion task and hands the terminal over to it; a task of our own is stopped on every way out.
 * @returns the exit code
 */
export async function connect(
  options: ConnectOptions,
  { terminal, story, interruption }: ConnectContext,
): Promise<number> {
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
  const command = commandOnceReady(options.words, { interactive: isInteractive(terminal) });
  const ticket = await story.step(
    'Connecting to its exec agent',
    () => executeCommand(ecs, task, command, signal),
    () => 'connected',
  );
  if (plugin !== undefined) {
    return await runPlugin(plugin, { ticket, target: sessionTarget(running), access }, interruption);
  }
  await using remote = leaveCleanly(ticket, access);
  await using session = await Session.open(ticket, {
    signal,
    notice: (text) => {
      story.line(text);
    },
  });
  await attach(session, terminal, story, signal);
  remote.hasEnded();
  return 0;
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

/** Ends the remote side when we leave before it has ended by itself. */
function leaveCleanly(ticket: SessionTicket, access: Deployment['access']): AsyncDisposable & { hasEnded(): void } {
  let ended = false;
  return {
    hasEnded: () => (ended = true),
    [Symbol.asyncDispose]: async () => {
      if (!ended) await terminateSession(ssmClient(access), ticket.sessionId);
    },
  };
}

/** Moves bytes between the terminal and the session until the remote side ends or `signal` aborts. */
async function attach(session: Session, terminal: Terminal, story: Story, signal: AbortSignal): Promise<void> {
  const resize = (): void => {
    session.resize(terminalSize(terminal));
  };
  resize();
  // Raw mode waits for the first output, so that until then Ctrl-C still means "stop this".
  await story.step(
    'Waiting for psql in the container',
    () => Promise.race([once(session.output, 'readable', { signal }), session.closed]),
    () => 'ready',
  );
  using raw = rawMode(terminal);
  using input = sendInput(session, terminal);
  terminal.output.on('resize', resize);
  try {
    await Promise.all([
      pipeline(session.output, terminal.output, { end: false, signal }),
      pipeline(session.errorOutput, terminal.story, { end: false, signal }),
      session.closed,
    ]);
  } finally {
    terminal.output.off('resize', resize);
  }
}

/**
 * Sends what is typed until disposal. `pipeline` would destroy the terminal's stream, and with it the way back from
 * raw mode, so this is a plain pipe. A pty knows no end of input: Ctrl-D says it, as at a keyboard.
 */
function sendInput(session: Session, { input }: Terminal): Disposable {
  const end = (): void => {
    session.input.write(EOT);
  };
  input.once('end', end);
  input.pipe(session.input, { end: false });
  return {
    [Symbol.dispose]: () => {
      input.off('end', end);
      input.unpipe(session.input);
      input.pause();
    },
  };
}
