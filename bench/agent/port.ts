import { AgentChannel } from '../../src/local-aws/agent/agent-channel';
import { REAL_MANNERS } from '../../src/local-aws/agent/faults';
import { Handshake } from '../../src/local-aws/agent/handshake';
import { Port } from '../../src/local-aws/agent/port/port';
import { decodeMessage, encodeMessage, type Message } from '../../src/session/message';
import type { Link } from './link';
import type { Plan } from './plan';

const RESEND_INTERVAL_MS = 100;
/** Messages that wait while the destination takes nothing; above it the line is not read. */
const MAX_WAITING_MESSAGES = 64;

/** A Port session of the local AWS's agent, without the service between the two: until the client has gone. */
export async function servePort({ port, pauseMs }: Plan, link: Link): Promise<void> {
  const faults = { ...REAL_MANNERS, readPauseMs: pauseMs };
  const parameters = { portNumber: String(port), localPortNumber: '0', type: 'LocalPortForwarding' };
  const handshake = new Handshake({ sessionType: 'Port', parameters, agentVersion: faults.agentVersion });
  const program = new Port({
    properties: parameters,
    addresses: [{ address: '127.0.0.1', port }],
    faults,
    clientVersion: () => handshake.clientVersion,
  });
  const channel = new AgentChannel({
    transmit: (message) => {
      link.send(encodeMessage(message));
    },
    takeInput: async (message) => handshake.takes(message) || program.takeInput(message),
    untilWritable: () => untilTaken(link),
  });
  receiveInTurn(link, (message) => channel.receive(message, Date.now()));
  const resends = setInterval(() => {
    channel.resend(Date.now());
  }, RESEND_INTERVAL_MS);
  link.onClose = () => {
    handshake.cancel();
    program.kill();
  };
  try {
    await handshake.perform(channel);
    await program.run(channel);
  } catch (error) {
    if (link.isOpen) throw error; // a client that has gone has answered nothing
  } finally {
    clearInterval(resends);
    link.end();
  }
}

async function untilTaken(link: Link): Promise<void> {
  while (link.isOpen && !link.takesMore) await new Promise<void>((resolve) => (link.onTaken = resolve));
}

/** One message after the other, as the agent: while one is not dealt with the next ones wait, and then the line. */
function receiveInTurn(link: Link, receive: (message: Message) => Promise<void>): void {
  const waiting: Message[] = [];
  let isBusy = false;
  const work = async (): Promise<void> => {
    isBusy = true;
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      if (waiting.length < MAX_WAITING_MESSAGES / 2) link.release();
      await receive(next);
    }
    isBusy = false;
  };
  link.onFrame = (frame) => {
    waiting.push(decodeMessage(frame));
    if (waiting.length > MAX_WAITING_MESSAGES) link.hold();
    if (!isBusy) void work();
  };
}
