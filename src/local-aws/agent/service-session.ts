import { randomBytes } from 'node:crypto';
import { WebSocket } from 'ws';
import { encodeMessage, type Message, newMessage } from '../../session/message';
import { relay } from './relay';
import { channelClosed, tokenOf } from './service-messages';

/** How long a client may take to leave after channel_closed. */
const LEAVE_TIMEOUT_MS = 5000;

export interface ServiceSessionOptions {
  readonly id: string;
  readonly target: string;
  readonly relayDelayMs: number;
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

  constructor(private readonly options: ServiceSessionOptions) {
    this.id = options.id;
    this.target = options.target;
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

  /** Tells the client of the end, once. */
  finish(output: string): void {
    const { client, isClosed } = this;
    this.isClosed = true;
    if (client === undefined || isClosed) return;
    // Behind the last frames, which are still on their way.
    setTimeout(() => {
      send(client, channelClosed(this, output));
      setTimeout(() => {
        client.terminate();
      }, LEAVE_TIMEOUT_MS).unref();
    }, this.options.relayDelayMs + 1);
  }

  private join(peer: WebSocket, role: 'agent' | 'client', other: 'agent' | 'client'): void {
    this[role]?.terminate();
    this[role] = peer;
    peer.on('close', () => {
      if (this[role] !== peer) return;
      this[role] = undefined;
      if (this[other] !== undefined) send(this[other], newMessage('pause_publication'));
    });
    relay(peer, () => this[other], this.options.relayDelayMs);
    const both = this.client !== undefined && this.agent !== undefined;
    const publication = newMessage(both ? 'start_publication' : 'pause_publication');
    for (const one of [this.client, this.agent]) if (one !== undefined) send(one, publication);
  }
}

function newToken(): string {
  return randomBytes(48).toString('base64');
}

function send(peer: WebSocket, message: Message): void {
  if (peer.readyState === WebSocket.OPEN) peer.send(encodeMessage(message));
}
