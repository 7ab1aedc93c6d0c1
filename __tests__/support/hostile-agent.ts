import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { encodeMessage, type Message, newMessage, PayloadType } from '../../src/session/message';
import { generator } from './random';

/** Moves no cursor here: text that only looks as if it did something to a terminal. */
export const STEERING = '\x1b]0;title\x07\x1b[31m\x9b1m\u202e\r';

/** A service and an agent that keep to no protocol, on a websocket of their own. */
export interface HostileAgent extends AsyncDisposable {
  readonly streamUrl: string;
  /** Settles when it has done all that it does, and is silent from then on. */
  readonly isDone: Promise<void>;
}

export interface HostileOptions {
  readonly seed: number;
  /** Of the `exec` that it is asked for. */
  readonly nonce: () => string;
  /** In the place of what the seed would choose. */
  readonly script?: 'plain session';
  /** What else is asked at the same address. @default nothing */
  readonly onRequest?: RequestListener;
}

type Step = (agent: Agent) => void;

/** All decisions come from the seed, and there are at most some megabytes. */
class Agent {
  readonly random: () => number;
  private next = 0;
  private socket: WebSocket | undefined;

  constructor(
    seed: number,
    readonly nonce: () => string,
  ) {
    this.random = generator(seed);
  }

  use(socket: WebSocket): void {
    this.socket = socket;
  }

  integer(below: number): number {
    return Math.floor(this.random() * below);
  }

  pick<T>(...choices: readonly [T, ...T[]]): T {
    return choices[this.integer(choices.length)] ?? choices[0];
  }

  bytes(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.integer(256)));
  }

  raw(data: Buffer | string): void {
    if (this.socket?.readyState === 1) this.socket.send(data);
  }

  frame(messageType: Message['messageType'], more: Parameters<typeof newMessage>[1] = {}): void {
    this.raw(encodeMessage(newMessage(messageType, more)));
  }

  /** The next frame in order. */
  data(payloadType: number, payload: Buffer | string): void {
    this.frame('output_stream_data', { sequenceNumber: this.next++, payloadType, payload: Buffer.from(payload) });
  }

  ping(): void {
    this.socket?.ping('x'.repeat(100));
  }

  close(code: number, reason: string): void {
    this.socket?.close(code, reason);
  }

  cut(): void {
    this.socket?.terminate();
  }
}

const repeat =
  (times: number, step: Step): Step =>
  (agent) => {
    for (let time = 0; time < times; time += 1) step(agent);
  };

const handshake = (agent: Agent): string => {
  const actions: unknown = agent.pick<unknown>(
    [{ ActionType: 'SessionType', ActionParameters: { SessionType: 'InteractiveCommands', Properties: null } }],
    [{ ActionType: 'KMSEncryption', ActionParameters: { KMSKeyId: STEERING } }],
    [{ ActionType: STEERING, ActionParameters: { SessionType: 7 } }],
    Array.from({ length: 300 }, () => ({ ActionType: 'SessionType', ActionParameters: null })),
    null,
    'none',
    [[null]],
  );
  return JSON.stringify({ AgentVersion: agent.pick<unknown>('3.3.0.0', 3, null), RequestedClientActions: actions });
};

const frameOf = (agent: Agent): Buffer =>
  encodeMessage(newMessage('output_stream_data', { payloadType: agent.integer(14), payload: agent.bytes(50) }));

const begin: Step = repeat(3, (agent) => {
  agent.data(PayloadType.Output, `${agent.nonce()} r\n`);
});
const exit: Step = (agent) => {
  agent.data(PayloadType.Output, `${agent.nonce()} x ${agent.integer(256)}\n`);
};

/** A session goes on after them. */
const NONSENSE: readonly Step[] = [
  (agent) => {
    agent.raw(agent.bytes(agent.integer(300)));
  },
  (agent) => {
    const bytes = frameOf(agent);
    for (let time = 0; time < 5; time += 1) bytes.writeUInt8(agent.integer(256), agent.integer(bytes.length));
    agent.raw(bytes);
  },
  (agent) => {
    const bytes = frameOf(agent);
    bytes.writeUInt32BE(agent.integer(2 ** 32), agent.pick(0, 116));
    agent.raw(bytes);
  },
  (agent) => {
    const bytes = frameOf(agent);
    bytes.fill(STEERING, 4, 36);
    agent.raw(bytes);
  },
  (agent) => {
    agent.data(PayloadType.Output, `${agent.nonce()} w ${STEERING}\n`);
  },
  repeat(2_000, (agent) => {
    const acknowledgement = {
      AcknowledgedMessageType: 'input_stream_data',
      AcknowledgedMessageId: STEERING,
      AcknowledgedMessageSequenceNumber: agent.pick<unknown>(agent.integer(10_000), -1, 1e300, '0', null),
    };
    agent.frame('acknowledge', { payload: Buffer.from(JSON.stringify(acknowledgement)) });
  }),
  repeat(200, (agent) => {
    agent.frame('pause_publication');
    agent.frame('start_publication');
  }),
  repeat(1_000, (agent) => {
    agent.ping();
  }),
  (agent) => {
    agent.raw(STEERING);
  },
  begin,
  (agent) => {
    agent.data(PayloadType.Output, `${agent.nonce()} o 4\nb2s=\n`);
  },
];

/** After most of them it cannot. */
const HOSTILITIES: readonly Step[] = [
  (agent) => {
    agent.data(PayloadType.HandshakeRequest, handshake(agent));
  },
  (agent) => {
    agent.data(PayloadType.HandshakeComplete, JSON.stringify({ CustomerMessage: STEERING.repeat(20) }));
  },
  (agent) => {
    agent.data(PayloadType.EncryptionChallengeRequest, JSON.stringify({ Challenge: agent.bytes(40).toString('hex') }));
  },
  (agent) => {
    agent.data(PayloadType.HandshakeRequest, `{"AgentVersion":"3.0","RequestedClientActions":${'['.repeat(20_000)}`);
  },
  repeat(2_000, (agent) => {
    const sequenceNumber = agent.pick(2 + agent.integer(20_000), 2 ** 53, 2 ** 40 + agent.integer(1000));
    agent.frame('output_stream_data', { sequenceNumber, payloadType: 1, payload: Buffer.alloc(1024) });
  }),
  repeat(1_000, (agent) => {
    agent.data(PayloadType.Output, Buffer.alloc(1024, 'x'));
  }),
  (agent) => {
    agent.data(PayloadType.Output, `${agent.nonce()} ${agent.pick('o', 'e')} 99999999\n${'A'.repeat(900)}`);
  },
  (agent) => {
    agent.data(PayloadType.Output, `${agent.nonce()} ${agent.pick('c 999999999', 'x 999', 'o -1', 'q', STEERING)}\n`);
  },
  repeat(50, (agent) => {
    agent.data(PayloadType.Output, agent.nonce().repeat(50));
  }),
  (agent) => {
    agent.data(PayloadType.Output, `${agent.nonce()} m ${STEERING}\n`);
  },
  repeat(200, (agent) => {
    agent.data(PayloadType.Flag, Buffer.from([0, 0, 0, agent.integer(5)]));
  }),
  (agent) => {
    agent.data(PayloadType.ExitCode, `EXIT_CODE: ${agent.pick('3', '1e9', STEERING)}`);
  },
  repeat(500, (agent) => {
    agent.data(agent.pick(PayloadType.StdErr, PayloadType.Error), `${'x'.repeat(500)}\n`);
  }),
  (agent) => {
    agent.frame('channel_closed', { payload: Buffer.from('x'.repeat(200 * 1024)) });
  },
  (agent) => {
    agent.cut();
  },
];

const ENDS: readonly Step[] = [
  (agent) => {
    const payload = JSON.stringify({ Output: agent.pick('', STEERING, STEERING.repeat(500)) });
    agent.frame('channel_closed', { payload: Buffer.from(payload) });
    agent.data(PayloadType.Output, 'more');
  },
  (agent) => {
    agent.close(agent.pick(1000, 1001, 1008, 4000), STEERING);
  },
  exit,
  (agent) => {
    agent.frame('channel_closed', { payload: Buffer.from(agent.pick('null', '[]', '{"Output":{}}', STEERING)) });
  },
  () => undefined,
];

export async function startHostileAgent({ seed, nonce, script, onRequest }: HostileOptions): Promise<HostileAgent> {
  const http = createServer(onRequest).listen(0, '127.0.0.1');
  await once(http, 'listening');
  const server = new WebSocketServer({ server: http });
  const agent = new Agent(seed, nonce);
  const from = agent.random() < 0.3 ? NONSENSE : [...NONSENSE, ...HOSTILITIES];
  const steps = Array.from({ length: 1 + agent.integer(8) }, () => from[agent.integer(from.length)]);
  steps.push(ENDS[agent.integer(ENDS.length)]);
  if (script !== undefined) steps.splice(0, steps.length, begin, exit);
  let settle: () => void = () => undefined;
  const isDone = new Promise<void>((resolve) => (settle = resolve));
  server.on('connection', (socket) => {
    socket.on('error', () => undefined);
    agent.use(socket);
    // One after the other, each when those before have left; a new connection gets the rest.
    const go = (): void => {
      if (socket.readyState !== 1) return;
      steps.shift()?.(agent);
      if (steps.length === 0) settle();
      else setImmediate(go);
    };
    socket.once('message', go);
  });
  return {
    streamUrl: `ws://127.0.0.1:${(http.address() as AddressInfo).port}/v1/data-channel/s`,
    isDone,
    [Symbol.asyncDispose]: async () => {
      settle();
      for (const socket of server.clients) socket.terminate();
      server.close();
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}
