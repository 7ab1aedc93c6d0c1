import { printable, printableLine } from '../../printable';
import type { SessionKind } from '../../session/handshake';
import { Session, SessionRefusedError } from '../../session/session';
import { attach } from '../attach';
import { connectionStory } from '../connection-story';
import { leaveCleanly } from '../leave';
import type { Story } from '../story';
import { isInteractive, type Terminal } from '../terminal';
import type { SessionCommand } from './arguments';
import { loadService, loadSigning } from './lazily';
import { aborted, forwardPort } from './port';

export interface DropInContext {
  readonly terminal: Terminal;
  readonly story: Story;
  readonly signal: AbortSignal;
}

/**
 * Holds a session that somebody else has started. Standard output has the lines around it that scripts know from AWS's
 * own client.
 * @returns the exit code of the command where the agent tells it, else 0; 1 when it could not be started
 */
export async function holdSession(
  command: SessionCommand,
  { terminal, story, signal }: DropInContext,
): Promise<number> {
  const { ticket, accept } = command;
  const sessionId = printableLine(ticket.sessionId);
  terminal.output.write(`\nStarting session with SessionId: ${sessionId}\n`);
  await using remote = leaveCleanly(() => loadService().terminate(command));
  using connection = connectionStory(terminal, isInteractive(terminal));
  const notice = (text: string): void => {
    story.line(text);
  };
  await using session = await Session.open(ticket, {
    access: loadSigning().channelAccess(command, notice),
    signal,
    accept,
    notice,
    resume: () => loadService().resume(command),
    dataKey: (keyId) => loadService().dataKey(command, keyId),
    onConnection: connection.onConnection,
  });
  try {
    if (await isPort(session, accept, signal)) return await forwardPort(session, remote, { terminal, story, signal });
    await attach(session, { terminal, story, signal });
    remote.hasEnded();
    terminal.output.write(`\n\nExiting session with sessionId: ${sessionId}.\n\n`);
    return session.exitCode ?? 0;
  } catch (error) {
    if (!(error instanceof SessionRefusedError)) throw error;
    remote.hasEnded();
    terminal.output.write(`\n\nSessionId: ${sessionId} : ${printable(error.reason)}\n\n`);
    return error.exitCode;
  }
}

/** A shell takes keys at once, and is known as one when it could be nothing else. */
async function isPort(session: Session, accept: readonly SessionKind[], signal: AbortSignal): Promise<boolean> {
  if (!accept.includes('port')) return false;
  await Promise.race([session.closed, session.ready, aborted(signal)]);
  return session.offer?.kind === 'port';
}
