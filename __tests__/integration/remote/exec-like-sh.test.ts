import { createHash, randomBytes } from 'node:crypto';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { Collected, containerWith, exec, REMOTE_SHELLS } from '../../support/exec';
import { temporaryDirectory } from '../../support/bastion';
import { type GatewayHarness, startGateway } from '../../support/gateway';

// What a session must carry is the same at any speed; the agent's pace is a matter of the other tests.
const FAST = { firstOutputDelayMs: 0, readPauseMs: 0 };
/** A tenth of the 100 MB that the benchmark moves. */
const LARGE = 10_000_000;

interface Case {
  readonly line: string;
  readonly input?: Buffer;
  /** Instead of `sh -c line`. */
  readonly words?: readonly string[];
}

const bytes = (size: number): Buffer => randomBytes(size);
const text = (content: string): Buffer => Buffer.from(content);
const everyByte = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));

const CASES: readonly Case[] = [
  // Exit codes.
  { line: 'true' },
  { line: 'false' },
  { line: 'exit 2' },
  { line: 'exit 77' },
  { line: 'exit 255' },
  { line: 'nosuchprogram' },
  { line: '/etc/passwd' },
  { line: 'kill -TERM $$' },
  { line: 'kill -KILL $$' },
  { line: 'kill -INT $$' },
  { line: 'kill -HUP $$' },
  { line: 'kill -SEGV $$' },
  { line: 'if then' },
  { line: 'set -e; false; echo not reached' },
  { line: 'trap "exit 9" TERM; kill -TERM $$; sleep 1' },
  { line: '(exit 4); echo $?' },
  // Output.
  { line: 'echo hello' },
  { line: 'printf hello' },
  { line: ':' },
  { line: 'echo to errors >&2' },
  { line: 'echo one; echo two >&2; exit 5' },
  { line: 'printf "a\\r\\nb\\rc\\n"' },
  { line: 'printf "\\0\\0\\0"' },
  { line: 'printf "abc\\377"' },
  { line: 'printf "\\357\\277\\275 and \\357\\277\\275"' },
  { line: 'printf "\\355\\240\\200 \\300\\200 \\370"' },
  { line: 'printf "\\033[31mred\\033[0m\\033]2;title\\007\\033_mark;3\\033\\\\"' },
  { line: 'printf "\\001\\003\\004\\021\\023\\032\\034\\177"' },
  { line: 'printf "日本語と絵文字 🐘\\n"' },
  { line: 'printf "\\213\\374\\226\\173\\214\\352"' }, // Shift_JIS
  { line: 'head -c 5000 /dev/zero | tr "\\0" x' },
  { line: 'seq 1 20000' },
  { line: 'seq 1 5000; seq 1 5000 >&2' },
  { line: 'yes 2>/dev/null | head -n 100000' },
  { line: 'echo a; sleep 0.3; echo b' },
  { line: 'sleep 0.2; echo late >&2' },
  { line: 'for n in 1 2 3 4 5 6 7 8 9; do echo $n; echo $n >&2; done' },
  { line: 'exec >&-; echo lost; exit 6' },
  { line: 'exec 2>&-; echo kept' },
  { line: 'exec >/dev/null; echo nowhere' },
  { line: '(sleep 0.3; echo from the background) & echo first; wait' },
  { line: '(sleep 0.3; echo after the end) & exit 8' },
  { line: 'test -t 0 || test -t 1 || test -t 2 || echo no terminal' },
  { line: 'm=x n=y w=z; echo "$m$n$w"' },
  { line: 'echo "$d|$l|$p|$r|$x"' },
  // Words.
  { line: 'words', words: ['printf', '%s|', 'a b', "it's", '"q"', '$HOME', '`id`', '*', '', '\\', '#', ';', 'é'] },
  { line: 'options', words: ['printf', '%s\n', '-n', '--', '-e'] },
  { line: 'newlines', words: ['printf', '%s|', 'one\ntwo\n', '\ttab\r'] },
  { line: 'a program that is not there', words: ['env', 'nosuchprogram'] },
  { line: 'a long word', words: ['printf', '%s', 'w'.repeat(60_000)] },
  // Input.
  { line: 'cat' },
  { line: 'cat', input: text('hello') },
  { line: 'cat', input: text('line\nand no newline') },
  { line: 'cat', input: everyByte },
  { line: 'cat >&2', input: everyByte },
  { line: 'cat', input: text('\x03\x04\x1a\x1c\x11\x13\r\n') },
  { line: 'od -An -tx1 | tail -n 3', input: bytes(10_000) },
  { line: 'wc -c', input: bytes(1_000_000) },
  { line: 'sha256sum', input: bytes(1_000_000) },
  { line: 'read a; read b; echo "$b$a"', input: text('1\n2\n3\n') },
  { line: 'head -c 10', input: bytes(500_000) },
  { line: 'exec <&-; sleep 0.3; echo did not read', input: bytes(500_000) },
  { line: 'sleep 0.3; echo did not look', input: bytes(500_000) },
  { line: 'sh', input: text('echo from a script; exit 12\n') },
  { line: 'while read -r line; do echo "<$line>"; done', input: text('a\nb\n\n  c\n') },
  { line: 'sort -r', input: text(Array.from({ length: 2000 }, (_, n) => `${n}\n`).join('')) },
  { line: '{ head -c 100000; cat >&2; }', input: bytes(300_000) },
  { line: 'cat; exit 3', input: bytes(200_000) },
  { line: 'cat', input: bytes(LARGE) },
];

interface Result {
  readonly exitCode: number;
  readonly output: string;
  readonly error: string;
}

const digest = (data: Buffer): string =>
  data.length > 2000
    ? `${data.length} bytes ${createHash('sha256').update(data).digest('hex')}`
    : data.toString('latin1');

async function locally({ line, words, input }: Case, env: NodeJS.ProcessEnv, cwd: string): Promise<Result> {
  const [program = '', ...argv] = words ?? ['sh', '-c', line];
  const child = spawn(program, argv, { env, cwd });
  const [output, error] = [new Collected(), new Collected()];
  child.stdout.pipe(output);
  child.stderr.pipe(error);
  child.stdin.on('error', () => undefined); // a program that does not read
  child.stdin.end(input);
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  const exitCode = code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
  return { exitCode, output: digest(output.bytes()), error: digest(error.bytes()) };
}

let gateway: GatewayHarness;

beforeAll(async () => {
  gateway = await startGateway(FAST);
});

afterAll(() => gateway[Symbol.asyncDispose]());

it('there are at least sixty cases', () => {
  expect(CASES.length).toBeGreaterThanOrEqual(60);
});

describe.each(REMOTE_SHELLS)('with %s in the container', (shell) => {
  const environment = containerWith(shell);
  const cwd = temporaryDirectory();

  it.each(CASES)('$line', async (one) => {
    const expected = await locally(one, environment, cwd);
    const { exitCode, output, error } = await exec(gateway, one.words ?? ['sh', '-c', one.line], {
      environment,
      ...(one.input === undefined ? {} : { input: one.input }),
    });
    expect({ exitCode, output: digest(output), error: digest(error) }).toEqual(expected);
  });
});
