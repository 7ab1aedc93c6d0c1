import { REAL_MANNERS } from '../../src/local-aws/agent/faults';
import { Handshake } from '../../src/local-aws/agent/handshake';
import { Port } from '../../src/local-aws/agent/port/port';
import type { Link } from './link';
import { LosslessChannel } from './lossless-channel';
import type { Plan } from './plan';

/** A Port session of the local AWS's agent, without the service between the two: until the client has gone. */
export async function servePort({ port, pauseMs }: Plan, link: Link): Promise<void> {
  const faults = { ...REAL_MANNERS, readPauseMs: 0 }; // the channel keeps the pace
  const parameters = { portNumber: String(port), localPortNumber: '0', type: 'LocalPortForwarding' };
  const handshake = new Handshake({ sessionType: 'Port', parameters, agentVersion: faults.agentVersion });
  const program = new Port({
    properties: parameters,
    addresses: [{ address: '127.0.0.1', port }],
    faults,
    clientVersion: () => handshake.clientVersion,
  });
  const channel = new LosslessChannel(
    link,
    pauseMs,
    async (message) => handshake.takes(message) || (await program.takeInput(message)),
  );
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
    link.end();
  }
}
