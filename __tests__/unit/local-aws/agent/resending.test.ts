import { AgentChannel } from '../../../../src/local-aws/agent/agent-channel';
import { decodeMessage, type Message, newMessage, PayloadType } from '../../../../src/session/message';
import { acknowledge } from '../../../../src/session/payload';
import { readRecording } from '../../../fixtures/vectors';

function start(takeInput: (message: Message) => Promise<boolean> = () => Promise.resolve(true)) {
  const sent: Message[] = [];
  const channel = new AgentChannel({ transmit: (message) => sent.push(message), takeInput });
  return {
    sent,
    channel,
    write: (text: string, now: number) => {
      channel.send(PayloadType.Output, Buffer.from(text), now);
    },
    acknowledges: async (index: number, now: number) => {
      const message = sent[index];
      if (message === undefined) throw new Error(`no frame ${index}`);
      await channel.receive(acknowledge(message), now);
    },
  };
}

/** When, of the ticks in 100 ms steps, something is sent. */
function ticks({ sent, channel }: ReturnType<typeof start>, from: number, to: number): number[] {
  const times: number[] = [];
  for (let now = from; now <= to; now += 100) {
    const before = sent.length;
    channel.resend(now);
    if (sent.length > before) times.push(now);
  }
  return times;
}

describe('a frame that is not acknowledged', () => {
  it('is sent at every third tick while no round trip has been measured, without limit', () => {
    const agent = start();
    agent.write('a', 0);
    expect(ticks(agent, 100, 1000)).toEqual([300, 600, 900]);
    expect(ticks(agent, 1100, 600_000)).toHaveLength(1997);
  });

  it('is sent sooner after short round trips: the timeout is measured from 100 ms', async () => {
    const agent = start();
    // 7/8 of 100 ms and 1/8 of 20; the variation a quarter of 80: 90 + 4 × 20 = 170 ms.
    agent.write('a', 0);
    await agent.acknowledges(0, 20);
    agent.write('b', 1000);
    expect(ticks(agent, 1000, 1000 + 170)).toEqual([]);
    agent.channel.resend(1171);
    expect(agent.sent).toHaveLength(3);
  });

  it('waits a second at most', async () => {
    const agent = start();
    agent.write('a', 0);
    await agent.acknowledges(0, 60_000);
    agent.write('b', 100_000);
    expect(ticks(agent, 100_000, 101_000)).toEqual([]);
    expect(ticks(agent, 101_100, 101_100)).toEqual([101_100]);
  });

  it('holds up those behind it: ten lost frames take ten rounds', async () => {
    const agent = start();
    for (let index = 0; index < 10; index += 1) agent.write(String(index), 0);
    const again: string[] = [];
    for (let now = 300; again.length < 10; now += 100) {
      const before = agent.sent.length;
      agent.channel.resend(now);
      if (agent.sent.length === before) continue;
      again.push(agent.sent.at(-1)?.payload.toString() ?? '');
      await agent.acknowledges(agent.sent.length - 1, now + 20);
    }
    expect(again).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
  });
});

describe('a pause', () => {
  const pause = newMessage('pause_publication');

  it('keeps back what is read meanwhile, and the timer delivers it', async () => {
    const agent = start();
    await agent.channel.receive(pause, 0);
    agent.write('late', 0);
    expect(ticks(agent, 100, 5000)).toEqual([]);
    await agent.channel.receive(newMessage('start_publication'), 5000);
    expect(agent.sent).toEqual([]);
    expect(ticks(agent, 5000, 5000)).toEqual([5000]);
    expect(agent.sent[0]).toMatchObject({ sequenceNumber: 0, flags: 1 });
  });

  it('ends with an input and with a new websocket too', async () => {
    const [size] = readRecording('interactive_echo_resize_exit')
      .frames.map(({ bytes }) => decodeMessage(bytes))
      .filter(({ messageType }) => messageType === 'input_stream_data');
    if (size === undefined) throw new Error('no input is recorded');
    const agent = start();
    await agent.channel.receive(pause, 0);
    await agent.channel.receive(size, 0);
    expect(agent.channel.paused).toBe(false);
    await agent.channel.receive(pause, 0);
    agent.channel.reconnected();
    expect(agent.channel.paused).toBe(false);
    await agent.channel.untilReady();
  });
});
