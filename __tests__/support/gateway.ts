import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SessionFaults } from '../../src/local-aws/agent/faults';
import {
  Gateway,
  type GatewayOptions,
  type SessionTicket,
  type StartSessionRequest,
} from '../../src/local-aws/gateway';
import { processesWith } from '../../src/local-aws/processes';
import { requirePython } from '../../src/local-aws/tools';
import { temporaryDirectory } from './bastion';

/** More than `exec` gives a command whose session is lost. */
const LAST_END_MS = 6_000;

/** The gateway and its agent alone, on a port of their own: sessions without tasks. */
export interface GatewayHarness extends AsyncDisposable {
  readonly gateway: Gateway;
  /** With the container's environment instead of ours, and what else StartSession may ask for. */
  start(
    command: string,
    more?: Pick<StartSessionRequest, 'sessionType' | 'parameters' | 'addresses' | 'kmsKeyId'> & {
      environment?: NodeJS.ProcessEnv;
    },
  ): SessionTicket;
  /** A ticket for the same session. */
  resume(ticket: SessionTicket): SessionTicket;
  /** Acts on sessions that run, as far as it is about their network. */
  setFaults(faults: Partial<SessionFaults>): void;
  /** Ids of what runs in the container: the workers of its sessions, their commands, and what those left behind. */
  processes(): readonly number[];
}

export async function startGateway(
  initial: Partial<SessionFaults> = {},
  options: Pick<GatewayOptions, 'kms'> = {},
): Promise<GatewayHarness> {
  let faults = initial;
  const id = randomUUID();
  // A container's own, so that no other's lease counts these sessions.
  const mark = { LOCAL_AWS_INSTANCE: id, ECS_CONTAINER_METADATA_URI_V4: `http://127.0.0.1/${id}` };
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const gateway = new Gateway({
    streamOrigin: () => `ws://127.0.0.1:${port}`,
    python: requirePython(),
    faults: () => faults,
    ...options,
  });
  const processes = (): readonly number[] => processesWith(`LOCAL_AWS_INSTANCE=${mark.LOCAL_AWS_INSTANCE}`);
  server.on('upgrade', (request, socket, head) => gateway.handleUpgrade(request, socket, head));
  return {
    gateway,
    start: (command, { environment = { PATH: process.env.PATH, HOME: '/' }, ...more } = {}) =>
      gateway.startSession({
        host: {
          target: 'ecs:cluster_task_task-1',
          environment: { ...environment, ...mark },
          workingDirectory: temporaryDirectory(),
        },
        command,
        ...more,
        idPrefix: 'ecs-execute-command',
      }),
    resume: ({ sessionId }) => {
      const resumed = gateway.resumeSession(sessionId);
      if (resumed === undefined) throw new Error(`${sessionId} cannot be resumed`);
      return resumed;
    },
    setFaults: (next) => {
      faults = { ...initial, ...next };
    },
    processes,
    [Symbol.asyncDispose]: async () => {
      await gateway.close();
      server.close();
      // A command that loses its session has a moment to tidy up.
      for (const until = Date.now() + LAST_END_MS; processes().length > 0 && Date.now() < until;) await sleep(50);
      const left = processes();
      if (left.length > 0) throw new Error(`processes are left: ${left.join(', ')}`);
    },
  };
}
