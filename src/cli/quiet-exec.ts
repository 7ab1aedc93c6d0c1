import { randomBytes } from 'node:crypto';
import { Readable, Writable } from 'node:stream';
import type { ECSClient } from '@aws-sdk/client-ecs';
import { kmsClient, ssmClient } from '../aws/clients';
import { generateDataKey } from '../aws/data-key';
import { executeCommand, resumeSession } from '../aws/execute';
import { sessionTarget, type TaskReference } from '../aws/task';
import { describeTask } from '../aws/wait';
import { runExec } from '../remote/exec';
import { execCommand } from '../remote/exec-script';
import { Session } from '../session/session';
import type { Deployment } from './deployment';
import { remoteSignal } from './signals';

export interface QuietResult {
  readonly exitCode: number;
  readonly output: string;
  readonly error: string;
}

/** Runs a command in a ready task for its output, which is small. */
export async function runQuietly(
  words: readonly string[],
  place: {
    readonly ecs: ECSClient;
    readonly task: TaskReference;
    readonly deployment: Deployment;
    readonly signal: AbortSignal;
  },
): Promise<QuietResult> {
  const { ecs, task, signal } = place;
  const { access } = place.deployment;
  const nonce = randomBytes(8).toString('hex');
  const ticket = await executeCommand(ecs, task, execCommand({ nonce, words, waitForClient: true }), signal);
  const [output, errorOutput] = [new Text(), new Text()];
  await using session = await Session.open(ticket, {
    signal,
    resume: () => resumeSession(ssmClient(access), ticket.sessionId),
    dataKey: async (keyId) => {
      const target = sessionTarget((await describeTask(ecs, task, signal)) ?? {});
      return generateDataKey(kmsClient(access), keyId, { sessionId: ticket.sessionId, target });
    },
  });
  const streams = { input: Readable.from([]), output, errorOutput };
  const warn = (): undefined => undefined;
  const exitCode = await runExec(session, { nonce, streams, warn, signal, interrupt: remoteSignal });
  return { exitCode, output: output.text, error: errorOutput.text };
}

class Text extends Writable {
  private readonly chunks: Buffer[] = [];

  get text(): string {
    return Buffer.concat(this.chunks).toString();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.chunks.push(chunk);
    done();
  }
}
