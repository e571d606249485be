/** A shell text without the `&` at its end that would have put it into the background. */
export interface WithoutAmpersand {
  text: string;
  /** true where there was one */
  background: boolean;
}

/**
 * Told apart from `&&`, an escaped `\&`, and the operators that end in it (`>&`, `<&`, `|&`, `;&`). A text that ends
 * within quotes or a comment ends in another character, or in an `&` that is left alone because a quote is open.
 */
export function stripTrailingAmpersand(text: string): WithoutAmpersand {
  const match = /^([\s\S]*?)(\\*)&\s*$/.exec(text);
  const [, before = '', backslashes = ''] = match ?? [];
  const kept = before + backslashes;
  const isOperator = match !== null && backslashes.length % 2 === 0 && !/[&<>|;]$/.test(kept);
  if (!isOperator || kept.trim() === '' || endsInQuotesOrComment(kept)) return { text, background: false };
  return { text: kept.trimEnd(), background: true };
}

/** Whether what follows `text` would stand within quotes or a comment. Here-documents are not looked into. */
function endsInQuotesOrComment(text: string): boolean {
  let quote = '';
  for (let at = 0; at < text.length; at++) {
    const character = text[at] ?? '';
    if (quote === '#') {
      if (character === '\n') quote = '';
    } else if (quote !== '') {
      if (character === '\\' && quote === '"') at++;
      else if (character === quote) quote = '';
    } else if (character === '\\') at++;
    else if (character === '"' || character === "'") quote = character;
    else if (character === '#' && /^$|[\s;&|()]/.test(text[at - 1] ?? '')) quote = '#';
  }
  return quote !== '';
}
