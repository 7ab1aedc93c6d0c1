/** A link that was not copied. */
export interface Left {
  readonly name: string;
  /** Where it leads. */
  readonly target: string;
}

/**
 * Whether a link leads to something in the folder that is copied, wherever that will lie. Its steps up come first and
 * stay in the folder: one behind a name might start from where another link leads.
 * @param name of the link in the folder, without `.` and `..`
 */
export function leadsInside(name: string, target: string): boolean {
  if (target.startsWith('/')) return false;
  const steps = stepsOf(target);
  const down = steps.findIndex((step) => step !== '..');
  const up = down < 0 ? steps.length : down;
  return up < stepsOf(name).length && !steps.slice(up).includes('..');
}

function stepsOf(path: string): readonly string[] {
  return path.split('/').filter((step) => step !== '' && step !== '.');
}
