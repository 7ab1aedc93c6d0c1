import type { Frame } from './recording';

const CHARACTER = { width: 8.4, height: 18 };
const PADDING = 14;
const COLOURS = { background: '#15191f', text: '#d7dde5', cursor: '#7aa2f7' };
/** At the end, before it begins again. */
const REST_MS = 4_000;
/** A person who waits has seen enough after this. */
const LONGEST_MS = 2_500;

/** A film of a terminal as an SVG that needs no script: frames lie below each other and are stepped through. */
export function asSvg(
  frames: readonly Frame[],
  { columns, rows }: { readonly columns: number; readonly rows: number },
  title = 'A session with the helper, as recorded on a terminal',
): string {
  const film = paced(frames);
  const total = (film.at(-1)?.at ?? 0) + REST_MS;
  const [width, height] = [columns * CHARACTER.width + 2 * PADDING, rows * CHARACTER.height + 2 * PADDING];
  const lines = new Map<string, number>();
  for (const line of film.flatMap((frame) => frame.lines))
    if (line !== '' && !lines.has(line)) lines.set(line, lines.size);
  const steps = film.map(({ at }, n) => `${percent(at / total)}{transform:translateY(${-n * height}px)}`);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    `<title>${escaped(title)}</title>`,
    `<style>text{font:14px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;fill:${COLOURS.text};white-space:pre}`,
    `#film{animation:film ${total / 1000}s steps(1) infinite}@keyframes film{${steps.join('')}}</style>`,
    `<defs>${[...lines].map(([line, n]) => `<text id="t${n}" textLength="${line.length * CHARACTER.width}">${escaped(line)}</text>`).join('\n')}</defs>`,
    `<rect width="100%" height="100%" rx="8" fill="${COLOURS.background}"/>`,
    `<svg width="${width}" height="${height}"><g id="film">`,
    ...film.map((frame, n) => picture(frame, n * height, lines)),
    '</g></svg></svg>\n',
  ].join('\n');
}

function picture({ lines, cursor }: Frame, top: number, known: ReadonlyMap<string, number>): string {
  const y = (row: number): number => top + PADDING + row * CHARACTER.height;
  const texts = lines.map((line, row) => {
    const n = known.get(line);
    return n === undefined ? '' : `<use href="#t${n}" x="${PADDING}" y="${y(row) + 14}"/>`;
  });
  const x = PADDING + cursor.column * CHARACTER.width;
  const block = `<rect x="${x}" y="${y(cursor.row)}" width="${CHARACTER.width}" height="${CHARACTER.height}" fill="${COLOURS.cursor}" opacity=".7"/>`;
  return `<g>${block}${texts.join('')}</g>`;
}

/** The same frames, without those that show nothing new, and without long waits. */
function paced(frames: readonly Frame[]): readonly Frame[] {
  const film: Frame[] = [];
  let [at, before] = [0, 0];
  for (const frame of frames) {
    at += Math.min(frame.at - before, LONGEST_MS);
    before = frame.at;
    const last = film.at(-1);
    if (last === undefined || !isSame(last, frame)) film.push({ ...frame, at });
  }
  return film;
}

function isSame(one: Frame, other: Frame): boolean {
  return JSON.stringify([one.lines, one.cursor]) === JSON.stringify([other.lines, other.cursor]);
}

function percent(share: number): string {
  return `${(share * 100).toFixed(3)}%`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
