import { Fn, type IResolvable, Token } from 'cdktf';

type Condition = string | boolean | IResolvable;

/** `condition ? whenTrue : whenFalse`, typed as what it stands for: a token. */
export function choose(condition: Condition, whenTrue: unknown, whenFalse: unknown): IResolvable {
  return Fn.conditional(condition, whenTrue, whenFalse) as IResolvable;
}

/** 1 or 0: the `count` of something that may be there. */
export function oneIf(condition: Condition): number {
  return Token.asNumber(choose(condition, 1, 0));
}
