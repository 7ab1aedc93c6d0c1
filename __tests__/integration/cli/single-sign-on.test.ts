import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type WebSocket, WebSocketServer } from 'ws';
import { temporaryDirectory } from '../../support/bastion';

const DROP_IN = join(__dirname, '../../../src/cli/bin/session-manager-plugin');
const SESSION = 'company';
const ACCESS_KEY = 'ASIAROLEOFSSO';

interface Recorder extends Disposable {
  readonly url: string;
  readonly calls: IncomingMessage[];
}

/** A service that answers every call alike, and keeps what it was asked. */
async function recorder(answer: () => unknown): Promise<Recorder & { readonly server: Server }> {
  const calls: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    calls.push(request);
    request.resume();
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(answer()));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    server,
    url: `http://127.0.0.1:${port}`,
    calls,
    [Symbol.dispose]: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** A profile of single sign-on whose sign-in wants to be refreshed, as `aws sso login` leaves it. */
function signedIn(home: string): void {
  const cache = join(home, '.aws/sso/cache');
  mkdirSync(cache, { recursive: true });
  writeFileSync(
    join(home, '.aws/config'),
    `[profile work]\nsso_session = ${SESSION}\nsso_account_id = 123456789012\nsso_role_name = Developer\nregion = ap-northeast-1\n` +
      `[sso-session ${SESSION}]\nsso_region = us-east-1\nsso_start_url = https://example.awsapps.com/start\n`,
  );
  const soon = new Date(Date.now() + 60_000).toISOString();
  const later = new Date(Date.now() + 86_400_000).toISOString();
  const token = {
    ...{ startUrl: 'https://example.awsapps.com/start', region: 'us-east-1', accessToken: 'old', expiresAt: soon },
    ...{ clientId: 'id', clientSecret: 'client', registrationExpiresAt: later, refreshToken: 'refresh' },
  };
  writeFileSync(join(cache, `${createHash('sha1').update(SESSION).digest('hex')}.json`), JSON.stringify(token));
}

it('the drop-in refreshes a sign-in at its own service, and resumes an ECS session at Systems Manager', async () => {
  const home = temporaryDirectory();
  signedIn(home);
  using oidc = await recorder(() => ({ accessToken: 'new', expiresIn: 28_800, tokenType: 'Bearer' }));
  using portal = await recorder(() => ({
    roleCredentials: {
      accessKeyId: ACCESS_KEY,
      secretAccessKey: 'secret',
      sessionToken: 'token',
      expiration: Date.now() + 3_600_000,
    },
  }));
  using ecs = await recorder(() => ({ message: 'not here' }));
  using ssm = await recorder(() => ({ SessionId: 's', TokenValue: 'second', StreamUrl: streamUrl('2') }));

  using messages = await recorder(() => ({}));
  const streamUrl = (cell: string): string =>
    `${messages.url.replace('http', 'ws')}/v1/data-channel/s?role=publish_subscribe&cell-number=${cell}`;
  const upgrades: IncomingMessage[] = [];
  const sockets = new WebSocketServer({ server: messages.server });
  sockets.on('connection', (socket: WebSocket, request) => {
    upgrades.push(request);
    socket.once('message', () => {
      if (upgrades.length === 1) socket.terminate();
    });
  });

  const ticket = JSON.stringify({ SessionId: 's', TokenValue: 'first', StreamUrl: streamUrl('1') });
  const argv = [ticket, 'ap-northeast-1', 'StartSession', 'work', '{"Target":"ecs:cluster_task_task-1"}', ecs.url];
  const env = {
    ...{ PATH: process.env.PATH, HOME: home },
    ...{ AWS_ENDPOINT_URL_SSO: portal.url, AWS_ENDPOINT_URL_SSO_OIDC: oidc.url, AWS_ENDPOINT_URL_SSM: ssm.url },
  };
  const child = spawn(process.execPath, [DROP_IN, ...argv], { env, stdio: ['pipe', 'ignore', 'inherit'] });
  try {
    while (upgrades.length < 2) await once(sockets, 'connection');
  } finally {
    child.kill('SIGKILL');
    await once(child, 'exit');
    for (const socket of sockets.clients) socket.terminate();
  }
  expect(oidc.calls.map(({ url }) => url)).toContain('/token');
  expect(portal.calls[0]?.url).toMatch(/^\/federation\/credentials\?/);
  expect(portal.calls[0]?.headers['x-amz-sso_bearer_token']).toBe('new');
  expect(ecs.calls).toEqual([]);
  expect(ssm.calls.map(({ headers }) => headers['x-amz-target'])).toEqual(['AmazonSSM.ResumeSession']);
  for (const { headers } of [...ssm.calls, ...upgrades]) {
    expect(headers.authorization).toContain(`Credential=${ACCESS_KEY}/`);
    expect(headers['x-amz-security-token']).toBe('token');
  }
  expect(upgrades.map(({ url }) => /cell-number=(\d)/.exec(url ?? '')?.[1])).toEqual(['1', '2']);
});
