import { Session, type SessionTicket } from '../src/session/session';
import { UNSIGNED } from '../__tests__/support/unsigned';

// Our client as a process: a Session between the two directions of a terminal, and nothing else.
async function main(): Promise<void> {
  if (process.stdin.isTTY) process.stdin.setRawMode(true);
  await using session = await Session.open(JSON.parse(process.env.BENCH_TICKET ?? '') as SessionTicket, {
    access: UNSIGNED,
  });
  process.stdin.pipe(session.input);
  session.output.pipe(process.stdout);
  await session.closed;
}

void main();
