import { setTimeout as sleep } from 'node:timers/promises';
import { CloudWatchLogsClient, GetLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { type AwsAccess, configuration } from './clients';
import { awsCall, awsErrorName } from './errors';

export interface LogStream {
  readonly group: string;
  readonly stream: string;
}

export interface LogEvent {
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  readonly message: string;
}

const POLL_INTERVAL_MS = 1_000;

/** The last lines of a stream, the oldest first; none when the stream does not exist yet. */
export async function lastLogLines(
  access: AwsAccess,
  { group, stream }: LogStream,
  limit: number,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const logs = new CloudWatchLogsClient(configuration(access));
  const { events = [] } = await logs.send(
    new GetLogEventsCommand({ logGroupName: group, logStreamName: stream, limit, startFromHead: false }),
    { abortSignal: signal },
  );
  return events.map(({ message = '' }) => message);
}

/**
 * The events of a stream, the oldest first.
 * @param hasEnded asked when nothing new has come: whether nothing will; without it the end of what is there is the end
 */
export async function* logEvents(
  access: AwsAccess,
  { group, stream }: LogStream,
  signal: AbortSignal,
  hasEnded?: () => Promise<boolean>,
): AsyncGenerator<LogEvent> {
  const logs = new CloudWatchLogsClient(configuration(access));
  let token: string | undefined;
  let isLast = false;
  for (;;) {
    const { events, next } = await page(logs, { group, stream }, token, signal);
    for (const { timestamp = 0, message = '' } of events) yield { timestamp, message };
    const isAtEnd = events.length === 0 && (next === undefined || next === token);
    token = next ?? token;
    if (!isAtEnd) continue;
    if (hasEnded === undefined || isLast) return;
    // One more look after the end: the last lines come a little later.
    isLast = await hasEnded();
    await sleep(POLL_INTERVAL_MS, undefined, { signal });
  }
}

async function page(
  logs: CloudWatchLogsClient,
  { group, stream }: LogStream,
  nextToken: string | undefined,
  signal: AbortSignal,
): Promise<{
  readonly events: readonly { timestamp?: number | undefined; message?: string | undefined }[];
  readonly next: string | undefined;
}> {
  try {
    const { events = [], nextForwardToken } = await awsCall('logs:GetLogEvents', () =>
      logs.send(
        new GetLogEventsCommand({ logGroupName: group, logStreamName: stream, startFromHead: true, nextToken }),
        { abortSignal: signal },
      ),
    );
    return { events, next: nextForwardToken };
  } catch (error) {
    // A task that has not written anything yet has no stream.
    if (awsErrorName(error) === 'ResourceNotFoundException') return { events: [], next: undefined };
    throw error;
  }
}
