/** A place in a text, and what stands there. */
export class Scanner {
  at = 0;

  constructor(readonly text: string) {}

  get atEnd(): boolean {
    return this.at >= this.text.length;
  }

  startsWith(what: string): boolean {
    return this.text.startsWith(what, this.at);
  }

  skipSpace(): void {
    while (/\s/.test(this.text.charAt(this.at))) this.at += 1;
  }

  /** Takes `what` when it comes next, behind space. */
  take(what: string): boolean {
    this.skipSpace();
    if (!this.startsWith(what)) return false;
    this.at += what.length;
    return true;
  }

  /** @throws SyntaxError */
  expect(what: string): void {
    if (!this.take(what)) throw new SyntaxError(`expected ${what} at ${this.at}`);
  }

  /** Takes what matches, right here. @param pattern a sticky one */
  match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0];
    if (found !== undefined) this.at += found.length;
    return found;
  }

  next(): string {
    if (this.atEnd) throw new SyntaxError('unexpected end');
    const character = this.text.charAt(this.at);
    this.at += 1;
    return character;
  }
}
