import { ListClustersCommand } from '@aws-sdk/client-ecs';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { ecsClient, ssmClient } from '../../../src/aws/clients';
import { quickCredentials } from '../../../src/aws/quick-credentials';
import { temporaryDirectory } from '../../support/bastion';

/** A service that ends the connection of so many calls without an answer. */
async function outOfReachFor(calls: number): Promise<{ readonly endpoint: string; asked: number } & AsyncDisposable> {
  const server = createServer((request, response) => {
    service.asked += 1;
    if (service.asked <= calls) request.socket.destroy();
    else response.setHeader('content-type', 'application/x-amz-json-1.1').end('{"clusterArns":[]}');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const service = {
    endpoint: `http://127.0.0.1:${port}`,
    asked: 0,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return service;
}

const variables = [
  ...(['AWS_ENDPOINT_URL', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_MAX_ATTEMPTS'] as const),
  ...(['AWS_SHARED_CREDENTIALS_FILE', 'AWS_CONFIG_FILE'] as const),
];
const before = Object.fromEntries(variables.map((name) => [name, process.env[name]]));

afterEach(() => {
  for (const name of variables) {
    const value = before[name];
    if (value === undefined) Reflect.deleteProperty(process.env, name);
    else process.env[name] = value;
  }
});

async function listClusters(endpoint: string): Promise<unknown> {
  Object.assign(process.env, { AWS_ENDPOINT_URL: endpoint, AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' });
  return (await ecsClient({ region: 'ap-northeast-1' }).send(new ListClustersCommand())).clusterArns;
}

it('a call that fails six times is tried a seventh time', async () => {
  await using service = await outOfReachFor(6);
  expect(await listClusters(service.endpoint)).toEqual([]);
  expect(service.asked).toBe(7);
});

it('a call that fails seven times is given up', async () => {
  await using service = await outOfReachFor(7);
  await expect(listClusters(service.endpoint)).rejects.toThrow(/socket hang up|ECONNRESET/);
  expect(service.asked).toBe(7);
});

it('AWS_MAX_ATTEMPTS is obeyed', async () => {
  process.env.AWS_MAX_ATTEMPTS = '1';
  await using service = await outOfReachFor(1);
  await expect(listClusters(service.endpoint)).rejects.toThrow(/socket hang up|ECONNRESET/);
  expect(service.asked).toBe(1);
});

it('a new client finds keys that were renewed in the file', async () => {
  const directory = temporaryDirectory();
  const file = join(directory, 'credentials');
  const keys = (id: string): void => {
    writeFileSync(file, `[work]\naws_access_key_id = ${id}\naws_secret_access_key = secret\n`);
  };
  for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) Reflect.deleteProperty(process.env, name);
  Object.assign(process.env, { AWS_SHARED_CREDENTIALS_FILE: file, AWS_CONFIG_FILE: join(directory, 'config') });
  const access = { region: 'ap-northeast-1', profile: 'work' };
  const find = async (): Promise<string> => (await ssmClient(access).config.credentials()).accessKeyId;
  keys('OLD');
  expect(await find()).toBe('OLD');
  keys('NEW');
  expect(await find()).toBe('NEW');
  expect((await quickCredentials(access, false)).accessKeyId).toBe('NEW');
});
