import { AgentChannel } from '../../../src/local-aws/agent/agent-channel';
import { takeRunes } from '../../../src/local-aws/agent/runes';
import { split, SplitError } from '../../../src/local-aws/agent/shlex';
import { decodeMessage, encodeMessage, type Message, newMessage, PayloadType } from '../../../src/session/message';
import { acknowledge, decodeAcknowledgement } from '../../../src/session/payload';
import { readRecording } from '../../fixtures/vectors';

describe('the command line is split as the agent does it', () => {
  it.each([
    ['/bin/sh -c "echo hi"', ['/bin/sh', '-c', 'echo hi']],
    ["a 'b c' d\\ e", ['a', 'b c', 'd e']],
    ['echo $HOME * | x ; y > z', ['echo', '$HOME', '*', '|', 'x', ';', 'y', '>', 'z']],
    ['echo a#b #comment', ['echo', 'a#b']],
    ['"" \'\'', ['', '']],
    [`'it'"'"'s'`, ["it's"]],
    ['   ', []],
  ])('%s', (line, words) => {
    expect(split(line)).toEqual(words);
  });

  it.each([`'open`, '"open', 'open\\'])('%s is refused', (line) => {
    expect(() => split(line)).toThrow(SplitError);
  });
});

describe('output is passed on rune by rune', () => {
  const rows: readonly (readonly [name: string, bytes: Buffer, whole: Buffer, held: Buffer])[] = [
    ['ASCII and Japanese pass', Buffer.from('a日本'), Buffer.from('a日本'), Buffer.alloc(0)],
    ['a rune cut at the end waits', Buffer.from('a日').subarray(0, 3), Buffer.from('a'), Buffer.from('e697', 'hex')],
    [
      'an invalid byte at the end waits',
      Buffer.from('abc\xff', 'latin1'),
      Buffer.from('abc'),
      Buffer.from('ff', 'hex'),
    ],
    [
      'an invalid byte before the end passes',
      Buffer.from('\xffabcd', 'latin1'),
      Buffer.from('\xffabcd', 'latin1'),
      Buffer.alloc(0),
    ],
    ['U+FFFD loses its last two bytes', Buffer.from('\ufffdabcd'), Buffer.from('ef61626364', 'hex'), Buffer.alloc(0)],
    ['NUL passes', Buffer.from('a\0b'), Buffer.from('a\0b'), Buffer.alloc(0)],
  ];
  it.each(rows)('%s', (_, bytes, whole, held) => {
    expect(takeRunes(bytes)).toEqual({ whole, held });
  });
});

describe("the agent's side of the channel", () => {
  const start = (takeInput: (message: Message) => Promise<boolean> = () => Promise.resolve(true)) => {
    const sent: Message[] = [];
    return { sent, channel: new AgentChannel({ transmit: (message) => sent.push(message), takeInput }) };
  };
  const input = readRecording('interactive_echo_resize_exit')
    .frames.filter(({ direction }) => direction === 'client->agent')
    .map(({ bytes }) => decodeMessage(bytes))
    .filter(({ messageType }) => messageType === 'input_stream_data');
  const [size, echo] = input as [Message, Message];
  const acknowledged = (sent: readonly Message[]): number[] =>
    sent
      .filter(({ messageType }) => messageType === 'acknowledge')
      .map(({ payload }) => decodeAcknowledgement(payload).acknowledgedSequenceNumber);

  it('marks its first frame with SYN and no other, as recorded', () => {
    const { sent, channel } = start();
    channel.send(PayloadType.Output, Buffer.from('# '), 0);
    channel.send(PayloadType.Output, Buffer.from('x'), 0);
    expect(sent.map(({ flags, sequenceNumber }) => [flags, sequenceNumber])).toEqual([
      [1, 0],
      [0, 1],
    ]);
    expect(
      encodeMessage(sent[0] ?? size)
        .subarray(48, 64)
        .toString('hex'),
    ).toBe('00000000000000000000000000000001');
  });

  it('acknowledges recorded input in order, early and twice', async () => {
    const taken: string[] = [];
    const { sent, channel } = start((message) => {
      taken.push(message.payload.toString());
      return Promise.resolve(true);
    });
    await channel.receive(echo, 0);
    expect(taken).toEqual([]);
    await channel.receive(size, 0);
    await channel.receive(size, 0);
    expect(taken).toEqual(['{"cols":80,"rows":24}', 'echo hi\n']);
    expect(acknowledged(sent)).toEqual([1, 0, 0]);
  });

  it('does not acknowledge what is refused before the terminal exists', async () => {
    const { sent, channel } = start(() => Promise.resolve(false));
    await channel.receive(size, 0);
    expect(sent).toEqual([]);
  });

  it('sends only its oldest frame again, after 200 ms', () => {
    const { sent, channel } = start();
    for (const text of ['a', 'b']) channel.send(PayloadType.Output, Buffer.from(text), 0);
    channel.resend(200);
    expect(sent).toHaveLength(2);
    channel.resend(201);
    expect(sent.slice(2).map(({ payload }) => payload.toString())).toEqual(['a']);
  });

  it('sends nothing while paused, and any acknowledgement ends the pause', async () => {
    const { sent, channel } = start();
    channel.send(PayloadType.Output, Buffer.from('a'), 0);
    await channel.receive(newMessage('pause_publication'), 0);
    channel.send(PayloadType.Output, Buffer.from('b'), 0);
    channel.resend(1000);
    expect(sent).toHaveLength(1);
    await channel.receive(acknowledge(sent[0] ?? size), 1000);
    channel.resend(3000);
    expect(sent.slice(1).map(({ payload }) => payload.toString())).toEqual(['b']);
  });
});
