import { AwsError, type Json, type MotoClient, record, text } from './aws-api';

const FLUSH_INTERVAL_MS = 300;

/** Carries containers' output to CloudWatch Logs, as the `awslogs` driver does. */
export class ContainerLogs {
  constructor(private readonly moto: MotoClient) {}

  /** @returns what takes the output of one container */
  open(configuration: Json, container: string, taskId: string, region: string): (chunk: Buffer) => void {
    const options = record(configuration.options) ?? {};
    const group = text(options['awslogs-group']);
    if (configuration.logDriver !== 'awslogs' || group === undefined) return () => undefined;
    const stream = {
      logGroupName: group,
      logStreamName: `${text(options['awslogs-stream-prefix']) ?? 'ecs'}/${container}/${taskId}`,
    };
    let partial = '';
    let lines: string[] = [];
    let timer: NodeJS.Timeout | undefined;
    let created = false;
    const flush = async (): Promise<void> => {
      timer = undefined;
      const logEvents = lines.map((message) => ({ timestamp: Date.now(), message }));
      lines = [];
      try {
        if (!created) await this.moto.json('logs', region, 'Logs_20140328.CreateLogStream', stream);
        created = true;
        await this.moto.json('logs', region, 'Logs_20140328.PutLogEvents', { ...stream, logEvents });
      } catch (error) {
        // The group may be gone before the container is; the real driver drops the lines too.
        if (!(error instanceof AwsError) && !isConnectionError(error)) throw error;
      }
    };
    return (chunk) => {
      const [...whole] = (partial + chunk.toString()).split('\n');
      partial = whole.pop() ?? '';
      lines.push(...whole.filter((line) => line !== ''));
      if (lines.length > 0) timer ??= setTimeout(() => void flush(), FLUSH_INTERVAL_MS).unref();
    };
  }
}

function isConnectionError(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error;
}
