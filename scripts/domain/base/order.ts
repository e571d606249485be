/**
 * Order of texts by their UTF-16 units, for `sort`; right for timestamps and ids. Not `localeCompare`, whose first call
 * in a process loads the collation data: 5 ms, a quarter of what starting node takes.
 */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
