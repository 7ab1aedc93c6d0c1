'use strict';
const { createServer } = require('node:http');
const { Gateway } = require('../../../../dist/src/local-aws/gateway.js');
const { requirePython } = require('../../../../dist/src/local-aws/tools.js');

// A server of its own with one session, for the test that kills it.
process.once('message', (host) => {
  const server = createServer();
  const gateway = new Gateway({
    streamOrigin: () => `ws://127.0.0.1:${server.address().port}`,
    python: requirePython(),
  });
  server.on('upgrade', (request, socket, head) => gateway.handleUpgrade(request, socket, head));
  server.listen(0, '127.0.0.1', () => {
    process.send(gateway.startSession({ host, command: 'sh', idPrefix: 'ecs-execute-command' }));
  });
});
