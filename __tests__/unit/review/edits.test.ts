import { synthesize } from '../../support/synth';
import { type Case, reviewOf } from './cases/case';
import { CASES as contents } from './cases/contents';
import { CASES as exposure } from './cases/exposure';
import { CASES as renames } from './cases/renames';
import { CASES as rights } from './cases/rights';
import { CASES as routes } from './cases/routes';
import { CASES as secrets } from './cases/secrets';
import { CASES as sizes } from './cases/sizes';

const text = synthesize();
const cases: readonly Case[] = [contents, exposure, renames, rights, routes, secrets, sizes].flat();

describe('what the review says of an edit, and nothing else', () => {
  it.each(cases.map(({ name, edit, review }) => [name, edit, review] as const))('%s', (_, edit, review) => {
    expect(reviewOf(text, edit)).toBe(review.replace(/^\n/, ''));
  });

  it('has no secret in it', () => {
    for (const { edit } of secrets) expect(reviewOf(text, edit)).not.toContain('hunter2');
  });

  it('is nothing where nothing is edited', () => {
    expect(reviewOf(text, (file) => file)).toBe('');
  });

  it('has names of its own for all of them', () => {
    expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length);
    expect(cases.length).toBeGreaterThan(50);
  });
});
