import { finished } from 'node:stream/promises';
import type { Writable } from 'node:stream';
import { PlacedErrors } from '../psql/error-places';
import { FilesBack } from '../psql/files-back';
import type { JsonMarks } from '../psql/json-marks';
import { JsonResults } from '../psql/json-results';
import type { PlannedScript } from '../psql/plan';
import type { PartialFile } from '../transfer/partial-file';
import { openOutput } from './standard-output';
import type { Terminal } from './terminal';

/** Where psql's bytes go. */
export interface SqlStreams {
  readonly output: Writable;
  readonly errorOutput: Writable;
  /** What is held back goes on; settles when it has. */
  end(): Promise<void>;
  /** The files that have come whole, by their names in the container. @throws ProtocolError */
  received(): readonly string[];
  /** A file found no room in the container. */
  isFull(): boolean;
}

export interface SqlStreamsOptions {
  readonly nonce: string;
  readonly json: JsonMarks | undefined;
  readonly scripts: readonly PlannedScript[];
  readonly outputs: ReadonlyMap<string, PartialFile>;
}

export function openSqlStreams(terminal: Terminal, { nonce, json, scripts, outputs }: SqlStreamsOptions): SqlStreams {
  let isFull = false;
  const errorOutput = new PlacedErrors(terminal.story, {
    nonce,
    placeOf: (script, line) => scripts[script]?.placeOf(line),
    onFact: (fact) => (isFull ||= fact === 'full'),
  });
  const results =
    json === undefined ? openOutput(terminal.output) : new JsonResults(json, terminal.output, terminal.story);
  const output = new FilesBack(nonce, results, (name) => {
    const file = outputs.get(name);
    if (file === undefined) throw new Error(`the container sends ${name}, which nobody asked for`);
    return file.sink;
  });
  return {
    output,
    errorOutput,
    end: async () => {
      for (const stream of [errorOutput, output, results]) {
        if (stream.destroyed) continue;
        stream.end();
        await finished(stream);
      }
    },
    received: () => output.names(),
    isFull: () => isFull,
  };
}
