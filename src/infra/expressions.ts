import { Fn, type IResolvable, Op, ref, Token } from 'cdktf';

type Condition = string | boolean | IResolvable;

/** `condition ? whenTrue : whenFalse`, typed as what it stands for: a token. */
export function choose(condition: Condition, whenTrue: unknown, whenFalse: unknown): IResolvable {
  return Fn.conditional(condition, whenTrue, whenFalse) as IResolvable;
}

/** 1 or 0: the `count` of something that may be there. */
export function oneIf(condition: Condition): number {
  return Token.asNumber(choose(condition, 1, 0));
}

/** `text == ""`. The empty text is a reference, since the library drops a falsy right side. */
export function isEmpty(text: string): IResolvable {
  return Op.eq(text, ref('""'));
}
