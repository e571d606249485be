/** One word for sh: nothing is special between single quotes but the quote itself. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** The same, left as it is where nothing in it is special to a shell. */
export function quotedIfNeeded(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : quoted(text);
}

/** Words as one types them: pasted into a shell, they are these words again. */
export function typed(words: readonly string[]): string {
  return words
    .map((word, index) => (index === 0 && word.includes('=') ? quoted(word) : quotedIfNeeded(word)))
    .join(' ');
}
