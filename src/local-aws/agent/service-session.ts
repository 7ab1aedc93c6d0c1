import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { WebSocket } from 'ws';
import { encodeMessage, type Message, newMessage } from '../../session/message';
import { versionRefusal } from './client-version';
import type { SessionFaults } from './faults';
import { Relay } from './relay';
import { channelClosed, readOpenDataChannel } from './service-messages';

/** How long a client may take to leave after channel_closed. */
const LEAVE_TIMEOUT_MS = 5000;
/** How often the service looks at its clock. */
const TICK_MS = 50;

export interface ServiceSessionOptions {
  readonly id: string;
  readonly target: string;
  /** Asked again for each frame. */
  readonly faults: () => SessionFaults;
  /** Nothing has happened for longer than a session may be idle. */
  readonly onIdle: () => void;
}

type Role = 'agent' | 'client';

/** As the service ends a websocket that is too old. */
const OLD_AGE = { code: 1000, reason: 'Bye' };
/** RFC 6455. */
const POLICY_VIOLATION = 1008;

/**
 * A session as the service sees it: a client and an agent that come and go, each with a token, told apart by it.
 */
export class ServiceSession {
  readonly id: string;
  readonly target: string;
  readonly startedAt = new Date();
  readonly agentToken = newToken();
  /** Valid once. */
  private clientToken: string | undefined;
  private readonly peers: Record<Role, WebSocket | undefined> = { client: undefined, agent: undefined };
  /** Those whose network has gone without a word. */
  private readonly frozen = new WeakSet<WebSocket>();
  private readonly relays: Readonly<Record<Role, Relay>>;
  /** Publication is paused although both peers may be there. */
  private paused = false;
  /** The client has been told of the end; the agent may still be at its own. */
  private isClosed = false;
  /** By the clock of `performance.now`. */
  private readonly joinedAt: Record<Role, number> = { client: 0, agent: 0 };
  private bytesSinceCut = 0;
  private readonly ticks: NodeJS.Timeout;

  constructor(private readonly options: ServiceSessionOptions) {
    this.id = options.id;
    this.target = options.target;
    const { faults } = options;
    this.relays = {
      client: new Relay({
        faults,
        direction: 0,
        to: () => this.listener('client'),
        bytesPerSecond: () => faults().bytesPerSecond,
        passed: (bytes) => {
          this.countToClient(bytes);
        },
      }),
      agent: new Relay({ faults, direction: 1, to: () => this.listener('agent') }),
    };
    this.ticks = setInterval(() => {
      this.tick();
    }, TICK_MS).unref();
  }

  get closed(): boolean {
    return this.isClosed;
  }

  get connected(): boolean {
    return this.peers.client !== undefined;
  }

  /** A token for the client; the one before is void. */
  newClientToken(): string {
    this.clientToken = newToken();
    return this.clientToken;
  }

  /** Whether somebody shows the agent's token. */
  isAgent(shown: string | readonly string[] | undefined): boolean {
    const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
    return typeof shown === 'string' && timingSafeEqual(digest(shown), digest(this.agentToken));
  }

  /** Lets a peer in whose first frame carries a valid token, in the place of the one before, and relays from then on. */
  admit(peer: WebSocket, firstFrame: string, role: Role): void {
    const { token, clientVersion } = readOpenDataChannel(firstFrame);
    if (role === 'agent' && token === this.agentToken) {
      this.join(peer, 'agent', 'client');
      return;
    }
    if (role === 'agent' || token === undefined || token !== this.clientToken || this.isClosed) {
      peer.close(POLICY_VIOLATION, 'invalid token');
      return;
    }
    const refusal = versionRefusal(clientVersion, this.options.faults().minimumClientVersion);
    if (refusal !== undefined) {
      peer.close(POLICY_VIOLATION, refusal);
      return;
    }
    this.clientToken = undefined;
    this.join(peer, 'client', 'agent');
  }

  /** Cuts a connection without a close frame. @returns whether there was one */
  cut(role: Role): boolean {
    const peer = this.peers[role];
    peer?.terminate();
    return peer !== undefined;
  }

  /** From now on the client neither hears nor is heard, and its connection stays. @returns whether there was one */
  freezeClient(): boolean {
    const { client } = this.peers;
    if (client === undefined) return false;
    this.frozen.add(client);
    this.relays.agent.stopReading();
    this.relays.client.regulate();
    return true;
  }

  /** Stops or starts publication with both peers there: while it is paused, frames are thrown away. */
  setPaused(paused: boolean): void {
    this.paused = paused;
    this.announce();
  }

  /** Has the agent kill the command. @returns whether there was an agent to tell */
  terminateAgent(): boolean {
    if (this.peers.agent === undefined) return false;
    this.tell('agent', channelClosed(this, ''));
    return true;
  }

  /** The agent's process has ended: the client is told behind the last of what it wrote. */
  agentEnded(output: string): void {
    if (this.peers.agent === undefined) {
      this.finish(output);
    } else {
      this.peers.agent.once('close', () => {
        this.finish(output);
      });
    }
  }

  /** Tells the client of the end, once. */
  finish(output: string): void {
    clearInterval(this.ticks);
    const { client } = this.peers;
    const { isClosed } = this;
    this.isClosed = true;
    this.paused = false;
    if (client === undefined || isClosed) return;
    this.relays.client.send(encodeMessage(channelClosed(this, output)), () => {
      setTimeout(() => {
        client.terminate();
      }, LEAVE_TIMEOUT_MS).unref();
    });
  }

  private join(peer: WebSocket, role: Role, other: Role): void {
    const before = this.peers[role];
    if (before !== undefined && !this.frozen.has(before)) before.terminate();
    this.peers[role] = peer;
    this.joinedAt[role] = performance.now();
    peer.on('close', () => {
      if (this.peers[role] !== peer) return;
      this.peers[role] = undefined;
      this.relays[role].regulate();
      this.publish(other, newMessage('pause_publication'));
    });
    this.relays[other].readFrom(peer);
    this.announce();
  }

  private announce(): void {
    const both = this.peers.client !== undefined && this.peers.agent !== undefined;
    const publication = newMessage(both && !this.paused ? 'start_publication' : 'pause_publication');
    for (const role of ['client', 'agent'] as const) this.publish(role, publication);
  }

  /** Behind what is underway: a late acknowledgement would end the agent's pause. */
  private publish(role: Role, publication: Message): void {
    const peer = this.peers[role];
    if (peer === undefined || this.frozen.has(peer)) return;
    this.relays[role].send(encodeMessage(publication), () => undefined, peer);
  }

  /** The peer that frames are passed on to. */
  private listener(role: Role): WebSocket | undefined {
    const peer = this.peers[role];
    return peer === undefined || this.paused || this.frozen.has(peer) ? undefined : peer;
  }

  /** Says something of the service's own, ahead of what is underway. */
  private tell(role: Role, message: Message): void {
    const peer = this.peers[role];
    if (peer?.readyState === WebSocket.OPEN && !this.frozen.has(peer)) peer.send(encodeMessage(message));
  }

  private countToClient(bytes: number): void {
    const { cutEveryBytes } = this.options.faults();
    this.bytesSinceCut += bytes;
    if (cutEveryBytes === 0 || this.bytesSinceCut < cutEveryBytes) return;
    this.bytesSinceCut = 0;
    this.cut('client');
  }

  private tick(): void {
    const { cutEveryMs, idleLimitMs, socketLimitMs } = this.options.faults();
    const now = performance.now();
    if (cutEveryMs > 0 && now - this.joinedAt.client >= cutEveryMs) this.cut('client');
    for (const role of ['client', 'agent'] as const) {
      const peer = this.peers[role];
      if (peer?.readyState !== WebSocket.OPEN || this.frozen.has(peer)) continue;
      if (now - this.joinedAt[role] >= socketLimitMs) peer.close(OLD_AGE.code, OLD_AGE.reason);
    }
    const { client, agent } = this.relays;
    if (now - Math.max(client.lastDataAt, agent.lastDataAt) >= idleLimitMs) this.options.onIdle();
  }
}

function newToken(): string {
  return randomBytes(48).toString('base64');
}
