import { formatDuration } from '../../../domain/base/duration.ts';
import type { Look } from './paint.ts';

/** As `formatDuration`, and milliseconds of what was over at once. */
export function took(milliseconds: number): string {
  return milliseconds < 1000
    ? `${Math.max(1, Math.round(milliseconds))}ms`
    : formatDuration(milliseconds).replace(/\.0s$/, 's');
}

const STEPS: [seconds: number, unit: string][] = [
  [86_400, 'd'],
  [3600, 'h'],
  [60, 'm'],
  [1, 's'],
];

/** After so many days a date tells more. */
const DAYS = 30;

/** `4m ago`; the date of what is long past */
export function ago(at: string, now: number): string {
  const seconds = Math.floor((now - Date.parse(at)) / 1000);
  if (seconds >= DAYS * 86_400) return dateOf(new Date(at));
  const [size, unit] = STEPS.find(([each]) => seconds >= each) ?? [1, ''];
  return unit === '' ? 'just now' : `${Math.floor(seconds / size)}${unit} ago`;
}

/** `05:30:57`, with the date where it was another day; for a pipe as it is on record. */
export function clockTime(at: string, { width, now }: Pick<Look, 'width' | 'now'>): string {
  if (width === undefined) return at;
  const time = new Date(at);
  const clock = [time.getHours(), time.getMinutes(), time.getSeconds()].map(twoDigits).join(':');
  return dateOf(time) === dateOf(new Date(now)) ? clock : `${dateOf(time)} ${clock}`;
}

/** By the user's clock, as the dates that he types. */
function dateOf(time: Date): string {
  return [time.getFullYear(), time.getMonth() + 1, time.getDate()].map(twoDigits).join('-');
}

function twoDigits(number: number): string {
  return String(number).padStart(2, '0');
}
