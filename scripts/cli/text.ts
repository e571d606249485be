/** One line of at most `limit` characters, for summaries and titles. */
export function shorten(text: string, limit = 96): string {
  const line = text.trim().replace(/\s+/g, ' ');
  return line.length <= limit ? line : `${line.slice(0, limit - 1)}…`;
}
