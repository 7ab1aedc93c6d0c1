import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import { Link } from './link';
import { planOf } from './plan';
import { servePort } from './port';
import { SessionWire } from './session-wire';
import { perform } from './tasks';
import { BareWire } from './wire';

// The fake agent, a process of its own: it tells its parent the port, and serves as many clients as come.
const server = createServer();
const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });

server.on('upgrade', (request, tcp, head) => {
  const plan = planOf(request.url ?? '');
  sockets.handleUpgrade(request, tcp, head, (socket) => {
    const link = new Link(socket, tcp, plan.delayMs);
    if (plan.task === 'port') {
      void servePort(plan, link);
      return;
    }
    const wire = plan.protocol === 'session' ? new SessionWire(link) : new BareWire(link);
    void perform(plan, wire, link);
  });
});
server.listen(0, '127.0.0.1', () => {
  process.send?.((server.address() as AddressInfo).port);
});
process.once('disconnect', () => process.exit(0));
