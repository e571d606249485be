/**
 * What is to be read at the end of a run, as CI shows only the head and the tail of what the gate prints: which tests
 * failed and with what, and which files took longest.
 */
import { relative } from 'node:path';

/** How one test or suite ended, as tools/event-reporter.mjs writes it. */
export interface TestEnd {
  /** absolute; '' where the runner does not say */
  file: string;
  name: string;
  /** 0: the test stands in the file itself */
  nesting: number;
  /** milliseconds */
  ms: number;
  /** what was thrown, where it failed by itself */
  error?: string;
}

/** With what stands before and after it, less than the 60 lines that CI shows of the end. */
const MOST_LINES = 50;
const LINES_OF_AN_ERROR = 6;
const MOST_CHARACTERS = 160;
const SLOWEST = 25;

/** The lines of the reporter's file; one that a killed runner has half written is none. Paths below `root` are made relative. */
export function readEnds(text: string, root: string): TestEnd[] {
  return text.split('\n').flatMap((line) => {
    try {
      const end: TestEnd = JSON.parse(line);
      return [{ ...end, file: relative(root, end.file), name: end.name.replace(`${root}/`, '') }];
    } catch (error) {
      if (error instanceof SyntaxError) return [];
      throw error;
    }
  });
}

/** The files with a test that failed, in their order. */
export function failedFiles(ends: TestEnd[]): string[] {
  return [...new Set(ends.filter(({ error }) => error !== undefined).map(({ file }) => file))];
}

/** Every failed test by file, with the beginning of its error: the more of them, the less of each. */
export function recap(ends: TestEnd[], flaky: string[] = []): string {
  const files = failedFiles(ends);
  if (files.length === 0) return '';
  const told = (most: number) => [
    'The tests that failed, in the first run:',
    ...files.flatMap((file) => ofFile(file, ends, flaky, most)),
  ];
  for (let most = LINES_OF_AN_ERROR; most > 0; most--)
    if (told(most).length <= MOST_LINES) return told(most).join('\n');
  const all = told(0);
  const left = all.length - MOST_LINES;
  return left <= 0
    ? all.join('\n')
    : [...all.slice(0, MOST_LINES - 1), `…and ${left + 1} lines more`].join('\n');
}

function ofFile(file: string, ends: TestEnd[], flaky: string[], most: number): string[] {
  const failed = ends.filter((end) => end.file === file && end.error !== undefined);
  const which = flaky.includes(file) ? 'FLAKY, it passed alone' : 'FAILED';
  return [
    `${file} (${which})`,
    ...failed.flatMap(({ name, ms, error = '' }) => [
      `  ✖ ${cut(name)} (${seconds(ms)})`,
      ...beginning(error, most).map((line) => `      ${line}`),
    ]),
  ];
}

/** The first lines that say something, and the place in the test, which comes later. */
function beginning(error: string, most: number): string[] {
  const lines = error.split('\n').filter((line) => line.trim() !== '');
  const place = lines.find((line) => /^\s+at .*\.test\.ts:\d+/.test(line));
  const first = lines.slice(0, most);
  if (place !== undefined && most > 1 && !first.includes(place)) first.splice(most - 1, 1, place);
  return first.map((line) => cut(line.trimEnd()));
}

/** The files that took longest, with what they took: their tests, side by side or one after the other, without node's start. */
export function slowest(ends: TestEnd[]): string {
  const took = new Map<string, number>();
  for (const { file, nesting, ms } of ends) if (nesting === 0) took.set(file, (took.get(file) ?? 0) + ms);
  const rows = [...took].sort(([, one], [, other]) => other - one).slice(0, SLOWEST);
  return [
    'The files that took longest:',
    ...rows.map(([file, ms]) => `${seconds(ms).padStart(9)}  ${file}`),
  ].join('\n');
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

function cut(text: string): string {
  return text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS - 1)}…` : text;
}
