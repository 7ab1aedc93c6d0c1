import { once } from 'node:events';
import { finished } from 'node:stream/promises';
import { printableLine } from '../../printable';
import type { Session } from '../../session/session';
import { Listener } from '../../tunnel/listener';
import { DestinationError, PortSession } from '../../tunnel/port-session';
import type { leaveCleanly } from '../leave';
import { InterruptedError } from '../signals';
import type { DropInContext } from './session';

/**
 * Forwards a port until the session ends or somebody ends us, with the lines of AWS's own client: scripts wait for
 * "Waiting for connections...". Being ended is the usual end, so it is no failure.
 * @param session whose handshake has offered a port
 * @returns the exit code
 */
export async function forwardPort(
  session: Session,
  remote: ReturnType<typeof leaveCleanly>,
  context: DropInContext,
): Promise<number> {
  const { terminal, signal } = context;
  const sessionId = printableLine(session.sessionId);
  await using ports = await PortSession.over(session, { signal });
  try {
    if (ports.parameters.type === '') await forwardStream(ports, context);
    else await forwardListener(ports, sessionId, context);
    if (await ports.terminate()) remote.hasEnded();
  } catch (error) {
    if (!(signal.reason instanceof InterruptedError)) throw error;
    terminal.output.write('Terminate signal received, exiting.\n');
    if (await ports.terminate()) remote.hasEnded();
  }
  terminal.output.write(`\n\nExiting session with sessionId: ${sessionId}.\n\n`);
  return 0;
}

async function forwardListener(
  ports: PortSession,
  sessionId: string,
  { terminal, story, signal }: DropInContext,
): Promise<void> {
  let hasAccepted = false;
  await using listener = await Listener.open({
    port: Number(ports.parameters.localPortNumber),
    ifTaken: 'fail',
    connect: () => ports.connect(),
    onConnection: () => {
      if (!hasAccepted) {
        terminal.output.write(
          ports.hasStreams
            ? `\nConnection accepted for session [${sessionId}]\n`
            : `Connection accepted for session ${sessionId}.\n`,
        );
      }
      hasAccepted = true;
    },
    onFailure: (error) => {
      if (!(error instanceof DestinationError)) return;
      terminal.output.write('\nConnection to destination port failed, check SSM Agent logs.\n');
      story.line(error.message);
    },
  });
  terminal.output.write(`Port ${listener.port} opened for sessionId ${sessionId}.\n`);
  if (ports.hasStreams) terminal.output.write('Waiting for connections...\n');
  await Promise.race([ports.closed, aborted(signal)]);
}

/** A port as standard input and output: what ssh wants of its ProxyCommand. */
async function forwardStream(ports: PortSession, { terminal, signal }: DropInContext): Promise<void> {
  const connection = await ports.connect();
  terminal.input.pipe(connection).pipe(terminal.output, { end: false });
  try {
    await finished(connection, { writable: false, signal });
  } finally {
    terminal.input.unpipe(connection);
    terminal.input.pause();
  }
}

/** Settles when the signal aborts. @throws its reason */
export async function aborted(signal: AbortSignal): Promise<never> {
  if (!signal.aborted) await once(signal, 'abort');
  throw signal.reason;
}
