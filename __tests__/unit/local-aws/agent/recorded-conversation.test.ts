import { AgentChannel } from '../../../../src/local-aws/agent/agent-channel';
import { decodeMessage, type Message } from '../../../../src/session/message';
import { readRecording } from '../../../fixtures/vectors';

/** What the service adds on its own; the agent neither sends nor answers it. */
const FROM_THE_SERVICE = ['start_publication', 'pause_publication', 'channel_closed'];

/** Plays a recorded session: the client's frames come in, and what the command wrote is sent as the real agent cut it. */
async function replay(name: string): Promise<{ readonly sent: Message[]; readonly recorded: Message[] }> {
  const sent: Message[] = [];
  const recorded: Message[] = [];
  const channel = new AgentChannel({
    transmit: (message) => sent.push(message),
    takeInput: () => Promise.resolve(true),
  });
  for (const { direction, bytes } of readRecording(name).frames) {
    const message = decodeMessage(bytes);
    if (direction === 'client->agent') await channel.receive(message, 0);
    if (direction !== 'agent->client' || FROM_THE_SERVICE.includes(message.messageType)) continue;
    recorded.push(message);
    if (message.messageType === 'output_stream_data') channel.send(message.payloadType, message.payload, 0);
  }
  return { sent, recorded };
}

const facts = (messages: readonly Message[], type: string): unknown[] =>
  messages
    .filter(({ messageType }) => messageType === type)
    .map(({ messageType, sequenceNumber, flags, payloadType, payload }) => [
      messageType,
      sequenceNumber,
      flags,
      payloadType,
      payload.toString('latin1'),
    ]);

describe('what the recorded client sends is answered with the frames that the real agent answered', () => {
  // Acknowledgements and data are compared apart: the real agent sends them in either order.
  it.each([
    'interactive_echo_resize_exit',
    'standard_stream',
    'resume_after_client_drop',
    'noninteractive_separate_exit3',
    'noninteractive_merged_exit3',
    'port_smux',
    'port_connect_error',
  ])('%s', async (name) => {
    const { sent, recorded } = await replay(name);
    expect(recorded.length).toBeGreaterThan(3);
    for (const type of ['acknowledge', 'output_stream_data']) {
      expect(facts(sent, type)).toEqual(facts(recorded, type));
    }
  });
});
