const UNITS = ['bytes', 'KB', 'MB', 'GB', 'TB'];

/** 1 byte, 999 bytes, 1.2 KB, 34 MB, 1.1 GB: powers of 1024 */
export function formatBytes(bytes: number): string {
  if (bytes === 1) return '1 byte';
  let [value, unit] = [bytes, 0];
  for (; value >= 1000 && unit < UNITS.length - 1; unit++) value /= 1024;
  return `${unit > 0 && value < 10 ? value.toFixed(1) : Math.round(value)} ${UNITS[unit]}`;
}

/** "4096", "500k", "500M", "1.5 GB", "2GiB" → bytes, in powers of 1024; undefined for anything else, and for none. */
export function parseBytes(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*(?:([kmgt])?(?:i?b)?|bytes?)$/i.exec(text.trim());
  if (!match) return undefined;
  const power = ' kmgt'.indexOf(match[2]?.toLowerCase() ?? ' ');
  const bytes = Math.round(Number(match[1]) * 1024 ** power);
  return bytes > 0 && Number.isSafeInteger(bytes) ? bytes : undefined;
}
