import { AgentChannel } from '../../src/local-aws/agent/agent-channel';
import { Channel, type Effect } from '../../src/session/channel';
import { type Message, newMessage, PayloadType } from '../../src/session/message';
import { acknowledge } from '../../src/session/payload';
import { generator } from './random';

const TICK_MS = 100;
const VIRTUAL_LIMIT_MS = 30 * 60_000;

export interface LinkEnds {
  /** Output that the client's channel gives, in order. */
  readonly deliver: (data: Buffer) => void;
  /** Input that the agent's channel gives, in order. */
  readonly takeInput: (data: Buffer) => void;
}

/**
 * A client's and an agent's channel on a network that loses, doubles, delays, reorders and breaks, with a clock of its
 * own. Every decision comes from the seed.
 */
export class FaultyLink {
  now = 0;
  readonly random: () => number;
  private readonly events: { at: number; order: number; run: () => Promise<void> | void }[] = [];
  private order = 0;
  /** Frames of an older connection never arrive. */
  private connection = 0;
  private connected = true;
  private readonly faults: { loss: number; duplication: number; jitterMs: number; delayMs: number };
  private readonly client = new Channel(0);
  private readonly agent: AgentChannel;
  private failed: string | undefined;

  constructor(
    seed: number,
    private readonly ends: LinkEnds,
  ) {
    this.random = generator(seed);
    this.faults = {
      loss: this.random() * 0.2,
      duplication: this.random() * 0.2,
      jitterMs: this.random() < 0.5 ? 0 : this.random() * 60,
      delayMs: 1 + this.random() * 60,
    };
    this.agent = new AgentChannel({
      transmit: (message) => {
        this.travel(message, (arrived) => {
          this.perform(this.client.receive(arrived, this.now));
        });
      },
      takeInput: ({ payloadType, payload }) => {
        if (payloadType === PayloadType.Output) ends.takeInput(payload);
        return Promise.resolve(true);
      },
    });
  }

  /**
   * Runs until `isDone` and everything is acknowledged. @returns why not, or undefined
   * @param settle after each event: what it has set off here is over
   */
  async run(isDone: () => boolean, settle: () => Promise<void> = () => Promise.resolve()): Promise<string | undefined> {
    this.schedule(TICK_MS, () => {
      this.tick();
    });
    for (let cuts = Math.floor(this.random() * 4); cuts > 0; cuts -= 1) {
      this.schedule(this.random() * 3000, () => {
        this.cut(this.random() * 2000, this.random() < 0.5);
      });
    }
    await settle();
    while (!(isDone() && this.client.allAcknowledged && this.agent.allAcknowledged) && this.failed === undefined) {
      const event = this.events.shift();
      if (event === undefined || event.at > VIRTUAL_LIMIT_MS) return `nothing more happens after ${this.now} ms`;
      this.now = event.at;
      await event.run();
      await settle();
    }
    return this.failed;
  }

  schedule(delayMs: number, run: () => Promise<void> | void): void {
    const event = { at: this.now + delayMs, order: this.order++, run };
    const index = this.events.findIndex(({ at }) => at > event.at);
    this.events.splice(index < 0 ? this.events.length : index, 0, event);
  }

  /** Whether the client may send input. */
  get takesInput(): boolean {
    return this.client.hasRoom && this.connected;
  }

  /** Whether the agent reads what it is to send. */
  get takesOutput(): boolean {
    return !this.agent.paused;
  }

  sendInput(data: Buffer): void {
    this.perform(this.client.send(data, this.now));
  }

  sendOutput(data: Buffer): void {
    this.agent.send(PayloadType.Output, data, this.now);
  }

  /** A frame on its way: lost, doubled, late, or there. */
  private travel(message: Message, arrive: (message: Message) => Promise<void> | void): void {
    if (!this.connected || this.random() < this.faults.loss) return;
    const { connection } = this;
    const copies = this.random() < this.faults.duplication ? 2 : 1;
    for (let copy = 0; copy < copies; copy += 1) {
      this.schedule(this.faults.delayMs + this.random() * this.faults.jitterMs, () =>
        this.connection === connection ? arrive(message) : undefined,
      );
    }
  }

  private perform(effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.do === 'acknowledge') {
        this.travel(acknowledge(effect.message), (arrived) => this.agent.receive(arrived, this.now));
      } else if (effect.do === 'transmit') {
        this.travel(effect.message, (arrived) => this.agent.receive(arrived, this.now));
      } else if (effect.do === 'deliver') {
        this.ends.deliver(effect.data);
      } else if (effect.do !== 'ready') {
        this.failed = `unexpected ${effect.do}`;
      }
    }
  }

  private tick(): void {
    this.agent.resend(this.now);
    this.perform(this.client.tick(this.now));
    this.schedule(TICK_MS, () => {
      this.tick();
    });
  }

  /** The way breaks and comes back, as a new connection of the client or as a pause that the service tells of. */
  private cut(forMs: number, isClients: boolean): void {
    this.connection += 1;
    this.connected = false;
    if (!isClients) this.perform(this.client.receive(newMessage('pause_publication'), this.now));
    void this.agent.receive(newMessage('pause_publication'), this.now);
    this.schedule(forMs, () => {
      this.connected = true;
      if (isClients) this.perform(this.client.reconnected(this.now));
      else this.perform(this.client.receive(newMessage('start_publication'), this.now));
      void this.agent.receive(newMessage('start_publication'), this.now);
    });
  }
}
