import { ExitMark } from '../../../src/remote/exit-mark';

const MARK = '\x1b_f00d;42\x1b\\';

function inPieces(text: string, size: number): { readonly shown: string; readonly exitCode: number | undefined } {
  const mark = new ExitMark('f00d');
  const bytes = Buffer.from(text);
  let shown = '';
  for (let at = 0; at < bytes.length; at += size) shown += mark.take(bytes.subarray(at, at + size)).toString();
  return { shown, exitCode: mark.exitCode };
}

it.each([1, 2, 3, 5, 100])('is taken out, whatever pieces it comes in (%i)', (size) => {
  expect(inPieces(`# exit\r\n${MARK}`, size)).toEqual({ shown: '# exit\r\n', exitCode: 42 });
});

it('is not mistaken for other escapes, which are shown at once', () => {
  const other = '\x1b[31mred\x1b_other;1\x1b\\';
  expect(inPieces(other, 3)).toEqual({ shown: other, exitCode: undefined });
});

it.each([1, 3, 100])('is none without an exit code, or with something that goes on and on (%i)', (size) => {
  for (const other of ['\x1b_f00d;many\x1b\\', `\x1b_f00d;${'1'.repeat(10_000)}`, '\x1b_f00d;\x1b\\ and more']) {
    expect(inPieces(other, size)).toEqual({ shown: other, exitCode: undefined });
    expect(inPieces(`${other}${MARK}`, size)).toEqual({ shown: other, exitCode: 42 });
  }
});
