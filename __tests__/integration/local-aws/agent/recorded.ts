import { decodeMessage, type Message } from '../../../../src/session/message';
import { readRecording } from '../../../fixtures/vectors';

/** The data frames of the recorded client, in order. */
export const recordedInput = (name: string): readonly { bytes: Buffer; message: Message }[] =>
  readRecording(name)
    .frames.filter(({ direction }) => direction === 'client->agent')
    .map(({ bytes }) => ({ bytes, message: decodeMessage(bytes) }))
    .filter(({ message }) => message.messageType === 'input_stream_data');

/** And those of the agent. */
export const recordedOutput = (name: string): readonly Message[] =>
  readRecording(name)
    .frames.filter(({ direction }) => direction === 'agent->client')
    .map(({ bytes }) => decodeMessage(bytes))
    .filter(({ messageType }) => messageType === 'output_stream_data');
