import { Readable } from 'node:stream';
import { UserError } from '../errors';
import { feed } from '../psql/feed';
import { Files } from '../psql/files';
import { jsonMarks } from '../psql/json-marks';
import { type PlannedScript, plannedCommand, plannedFile, type PlanOptions, plannedSettings } from '../psql/plan';
import { psqlWords } from '../psql/session-script';
import { newNonce } from '../transfer/nonce';
import { beginFile, explained, type PartialFile } from '../transfer/partial-file';
import type { ConnectContext } from './connect';
import { type Inside, inside } from './inside';
import { explainLogin } from './login';
import type { SqlInput, SqlOptions } from './sql-options';
import { type OpenScript, openFile, openStream } from './sql-scripts';
import { openSqlStreams } from './sql-streams';

/** Enough to cancel a query and remove a folder. */
const TIDY_SECONDS = 3;

/** What is known before a task is started. */
interface Plan {
  readonly nonce: string;
  readonly files: Files;
  readonly scripts: readonly PlannedScript[];
  /** What is written, by its name in the container. */
  readonly outputs: ReadonlyMap<string, PartialFile>;
}

/** Runs SQL of this machine by psql in a task. @returns psql's exit code */
export async function sql(options: SqlOptions, context: ConnectContext): Promise<number> {
  const open: OpenScript[] = [];
  const outputs = new Map<string, PartialFile>();
  try {
    const nonce = newNonce();
    const files = new Files(process.cwd());
    const json = options.json ? jsonMarks(nonce) : undefined;
    const plan = { files, json, encoding: options.encoding };
    const scripts = await planScripts(options, context, plan, open);
    for (const script of scripts) await lookThrough(script);
    files.complete();
    for (const [name, path] of files.written) outputs.set(name, await beginFile(path, { replace: options.force }));
    return await inside(options, context, (task) =>
      runPlan(options, context, { nonce, files, scripts, outputs }, task),
    );
  } finally {
    for (const owned of [...outputs.values(), ...open]) await owned[Symbol.asyncDispose]();
  }
}

async function planScripts(
  { inputs, settings }: SqlOptions,
  context: ConnectContext,
  plan: PlanOptions,
  open: OpenScript[],
): Promise<readonly PlannedScript[]> {
  const scripts = settings.length === 0 ? [] : [plannedSettings(settings)];
  for (const input of inputs) {
    if (input.kind === 'command') {
      scripts.push(plannedCommand(input.text, plan));
    } else {
      const file = await openInput(input, context);
      open.push(file);
      scripts.push(plannedFile(file.script, plan));
    }
  }
  return scripts;
}

function openInput({ path }: SqlInput & { kind: 'file' }, context: ConnectContext): Promise<OpenScript> {
  const { terminal, story, interruption } = context;
  if (path !== '-') return openFile(path, interruption.signal);
  if (terminal.input.isTTY === true) story.line('Type SQL, and Ctrl-D on a line of its own to run it');
  return openStream(terminal.input, '<stdin>', interruption.signal);
}

/** Whatever can be found wrong is found before anything runs. */
async function lookThrough(script: PlannedScript): Promise<void> {
  const pieces = script.pieces();
  while ((await pieces.next()).done !== true);
}

async function runPlan(
  options: SqlOptions,
  { terminal, story, interruption }: ConnectContext,
  { nonce, scripts, outputs, files }: Plan,
  { run, place }: Inside,
): Promise<number> {
  const nameOf = (n: number): string => `${nonce}.${n}`;
  const json = options.json ? jsonMarks(nonce) : undefined;
  const words = [
    ...['psql', '-X', '-w', '-v', 'ON_ERROR_STOP=1'],
    ...(json === undefined ? [] : ['-q', '--csv', '-P', `null=${json.null}`]),
    ...options.flags,
    ...(options.database === undefined ? [] : ['-d', options.database]),
    ...scripts.flatMap((script, n) => script.words(nameOf(n))),
  ];
  // The first of them gets standard input, as it would with psql.
  const taker = scripts.find((script) => script.takesData());
  const readings = scripts.map((script, n) => ({
    name: nameOf(n),
    pieces: async function* () {
      yield* script.pieces();
      if (script !== taker) return;
      for await (const bytes of terminal.input as AsyncIterable<Buffer>) yield { kind: 'text' as const, bytes };
    },
  }));
  const input = Readable.from(feed(readings), { objectMode: false });
  const streams = openSqlStreams(terminal, { nonce, json, scripts, outputs });
  let exitCode: number;
  try {
    const program = psqlWords({ nonce, scripts: scripts.length, encoding: options.encoding, words });
    exitCode = await run(
      program,
      { input, output: streams.output, errorOutput: streams.errorOutput },
      interruption.signal,
      TIDY_SECONDS,
    );
  } finally {
    input.destroy();
    await streams.end();
  }
  if (streams.isFull()) throw new UserError('The container has no room for the files of \\copy', 'Use copy-in');
  await explainLogin({ words: ['psql'], exitCode, database: options.database }, place);
  if (exitCode !== 0) return exitCode;
  for (const name of streams.received()) {
    const path = files.written.get(name) ?? name;
    await outputs
      .get(name)
      ?.keep()
      .catch((error: unknown) => {
        throw explained(error, path);
      });
    if (!options.quiet) story.line(`Written: ${path}`);
  }
  return 0;
}
