import { randomBytes } from 'node:crypto';
import { WebSocket } from 'ws';
import { encodeMessage, type Message, newMessage } from '../../session/message';
import type { SessionFaults } from './faults';
import { Relay } from './relay';
import { channelClosed, tokenOf } from './service-messages';

/** How long a client may take to leave after channel_closed. */
const LEAVE_TIMEOUT_MS = 5000;

export interface ServiceSessionOptions {
  readonly id: string;
  readonly target: string;
  /** Asked again for each frame. */
  readonly faults: () => SessionFaults;
}

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
  private client: WebSocket | undefined;
  private agent: WebSocket | undefined;
  /** The client has been told of the end; the agent may still be at its own. */
  private isClosed = false;

  private readonly toClient: Relay;
  private readonly toAgent: Relay;

  constructor({ id, target, faults }: ServiceSessionOptions) {
    this.id = id;
    this.target = target;
    this.toClient = new Relay({ faults, direction: 0, to: () => this.client });
    this.toAgent = new Relay({ faults, direction: 1, to: () => this.agent });
  }

  get closed(): boolean {
    return this.isClosed;
  }

  get connected(): boolean {
    return this.client !== undefined;
  }

  /** A token for the client; the one before is void. */
  newClientToken(): string {
    this.clientToken = newToken();
    return this.clientToken;
  }

  /** Lets a peer in whose first frame carries a valid token, in the place of the one before, and relays from then on. */
  admit(peer: WebSocket, openDataChannel: string): void {
    const token = tokenOf(openDataChannel);
    if (token === this.agentToken) {
      this.join(peer, 'agent', 'client');
    } else if (token !== undefined && token === this.clientToken && !this.isClosed) {
      this.clientToken = undefined;
      this.join(peer, 'client', 'agent');
    } else {
      peer.close(1008, 'invalid token');
    }
  }

  /** Has the agent kill the command. @returns whether there was an agent to tell */
  terminateAgent(): boolean {
    if (this.agent === undefined) return false;
    send(this.agent, channelClosed(this, ''));
    return true;
  }

  /** The agent's process has ended: the client is told behind the last of what it wrote. */
  agentEnded(output: string): void {
    if (this.agent === undefined) {
      this.finish(output);
    } else {
      this.agent.once('close', () => {
        this.finish(output);
      });
    }
  }

  /** Tells the client of the end, once. */
  finish(output: string): void {
    const { client, isClosed } = this;
    this.isClosed = true;
    if (client === undefined || isClosed) return;
    this.toClient.send(encodeMessage(channelClosed(this, output)), () => {
      setTimeout(() => {
        client.terminate();
      }, LEAVE_TIMEOUT_MS).unref();
    });
  }

  private join(peer: WebSocket, role: 'agent' | 'client', other: 'agent' | 'client'): void {
    this[role]?.terminate();
    this[role] = peer;
    peer.on('close', () => {
      if (this[role] !== peer) return;
      this[role] = undefined;
      this.relayTo(role).regulate();
      if (this[other] !== undefined) send(this[other], newMessage('pause_publication'));
    });
    this.relayTo(other).readFrom(peer);
    const both = this.client !== undefined && this.agent !== undefined;
    const publication = newMessage(both ? 'start_publication' : 'pause_publication');
    for (const one of [this.client, this.agent]) if (one !== undefined) send(one, publication);
  }

  private relayTo(role: 'agent' | 'client'): Relay {
    return role === 'client' ? this.toClient : this.toAgent;
  }
}

function newToken(): string {
  return randomBytes(48).toString('base64');
}

function send(peer: WebSocket, message: Message): void {
  if (peer.readyState === WebSocket.OPEN) peer.send(encodeMessage(message));
}
