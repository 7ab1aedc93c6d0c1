import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ECSClient } from '@aws-sdk/client-ecs';
import { waitUntilReady } from '../../../src/aws/wait';

const { signal } = new AbortController();
const task = { cluster: 'bastion', taskArn: 'arn:aws:ecs:eu-west-1:1:task/bastion/f00' };
const READY = {
  taskArn: task.taskArn,
  lastStatus: 'RUNNING',
  enableExecuteCommand: true,
  containers: [{ name: 'bastion', managedAgents: [{ name: 'ExecuteCommandAgent', lastStatus: 'RUNNING' }] }],
};
const UNKNOWN = { tasks: [], failures: [{ arn: task.taskArn, reason: 'MISSING' }] };

/** An ECS that knows the task from its nth look on. moto knows each at once. */
async function ecsThatKnows(from: number): Promise<AsyncDisposable & { readonly ecs: ECSClient; looks(): number }> {
  let looks = 0;
  const server = createServer((request, response) => {
    request.resume();
    looks += 1;
    response.setHeader('content-type', 'application/x-amz-json-1.1');
    response.end(JSON.stringify(looks >= from ? { tasks: [READY] } : UNKNOWN));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const ecs = new ECSClient({
    region: 'eu-west-1',
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  return {
    ecs,
    looks: () => looks,
    [Symbol.asyncDispose]: async () => {
      ecs.destroy();
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

it('a task that somebody names and ECS does not know is looked for once', async () => {
  await using aws = await ecsThatKnows(2);
  await expect(waitUntilReady(aws.ecs, task, signal)).rejects.toThrow('There is no task f00 in the cluster bastion');
  expect(aws.looks()).toBe(1);
});

it('one that we have just started is waited for', async () => {
  await using aws = await ecsThatKnows(3);
  expect(await waitUntilReady(aws.ecs, { ...task, isNew: true }, signal)).toMatchObject({ lastStatus: 'RUNNING' });
  expect(aws.looks()).toBe(3);
});

it('but not for ever', async () => {
  await using aws = await ecsThatKnows(Infinity);
  await expect(waitUntilReady(aws.ecs, { ...task, isNew: true }, signal)).rejects.toThrow('There is no task f00');
  expect(aws.looks()).toBeGreaterThan(1);
});
