import { notCopied } from '../../../src/cli/cp-left';

it('a name that would break its line or steer a terminal shows how', () => {
  expect(notCopied({ skipped: ['a\nb\x1bc'], left: [{ name: 'd\te', target: '\u202ef' }] })).toEqual([
    String.raw`Not copied: a\nb\x1bc is neither a file, a folder nor a link`,
    String.raw`Not copied: the link d\te leads out, to \u202ef`,
    'Links that lead out of the folder are copied with --keep-links',
  ]);
});

it('what is no such name shows as it is', () => {
  expect(notCopied({ skipped: ['日本 "語"', String.raw`a\b`], left: [] })).toEqual([
    'Not copied: 日本 "語" is neither a file, a folder nor a link',
    String.raw`Not copied: a\b is neither a file, a folder nor a link`,
  ]);
});
