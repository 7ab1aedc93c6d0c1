import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type AgentHost, Gateway } from '../../../../src/local-aws/gateway';
import { requirePython } from '../../../../src/local-aws/tools';

/** A server of its own with one session, for the test that kills it. */
process.once('message', (host: AgentHost) => {
  const server = createServer();
  const gateway = new Gateway({
    streamOrigin: () => `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    python: requirePython(),
  });
  server.on('upgrade', (request, socket, head) => gateway.handleUpgrade(request, socket, head));
  server.listen(0, '127.0.0.1', () => {
    process.send?.(gateway.startSession({ host, command: 'sh', idPrefix: 'ecs-execute-command' }));
  });
});
