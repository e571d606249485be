/** How many of how many: what the tools sum up at the end. */

export interface Counts {
  failed: number;
  /** null where the tool does not say */
  total: number | null;
  of: 'tests' | 'errors';
}

interface Row {
  /** with the groups `failed`, `passed`, `total`, `errors`, numbers that are added up; or a line with such words in it */
  pattern: RegExp;
  of: Counts['of'];
  /** each of its parts has a sum of its own */
  sums?: boolean;
}

const ROWS: readonly Row[] = [
  { pattern: /^(?:# |ℹ )(?:tests (?<total>\d+)|(?:fail|cancelled) (?<failed>\d+))$/, of: 'tests' },
  { pattern: /^\s*Tests:?\s+(?=\d+ (?:failed|passed|skipped|todo))(?<words>.*)$/, of: 'tests' },
  {
    pattern: /^=* ?(?=\d+ (?:failed|passed|error|skipped|deselected|xfailed))(?<words>.*) in [\d.]+s.*$/,
    of: 'tests',
  },
  { pattern: /^(?:Ran (?<total>\d+) tests? in .*|FAILED \((?<words>.*)\))$/, of: 'tests' },
  { pattern: /^test result: \w+\. (?<words>.*) finished in /, of: 'tests', sums: true },
  { pattern: /^\s+(?:(?<passed>\d+) passing|(?<failed>\d+) failing)\b/, of: 'tests' },
  { pattern: /^(?<total>\d+) examples?, (?<failed>\d+) failures?/, of: 'tests' },
  {
    pattern:
      /^(?:\[\w+\] )?Tests run: (?<total>\d+), Failures: (?<failed>\d+), Errors: (?<errors>\d+), Skipped: \d+$/,
    of: 'tests',
  },
  { pattern: /^Tests: (?<total>\d+), (?<words>.*)\.$/, of: 'tests' },
  { pattern: /^OK \((?<total>\d+) tests?, /, of: 'tests' },
  { pattern: /^(?<total>\d+) tests? completed(?:, (?<failed>\d+) failed)?/, of: 'tests' },
  { pattern: /^\d+% tests passed, (?<failed>\d+) tests? failed out of (?<total>\d+)/, of: 'tests' },
  { pattern: /^# Looks like you failed (?<failed>\d+) tests? of (?<total>\d+)/, of: 'tests' },
  { pattern: /^\[ {2}(?:PASSED {2}\] (?<passed>\d+)|FAILED {2}\] (?<failed>\d+)) tests?\b/, of: 'tests' },
  { pattern: /^\s*✖ \d+ problems? \((?<failed>\d+) errors?/, of: 'errors' },
  { pattern: /^Found (?<failed>\d+) errors?\b/, of: 'errors' },
  { pattern: /^(?<failed>\d+) errors?(?: generated)?\.?$/, of: 'errors' },
  {
    pattern:
      /^error: could not compile .* due to (?:(?<failed>\d+) previous errors?|(?<one>1 )?previous error)/,
    of: 'errors',
  },
];

export const COUNT_PATTERNS: readonly RegExp[] = ROWS.map(({ pattern }) => pattern);

const WORDS =
  /(?:(\d+) (failed|failures?|errors?|passed|total)\b|\b(failures|errors|Failures|Errors)[=:] ?(\d+)|\((\d+)\)$)/g;

/** Of the first tool that has run tests, else of the first that counts errors; undefined where none does. */
export function countsIn(lines: readonly string[]): Counts | undefined {
  const found = ROWS.flatMap((row) => countBy(row, lines) ?? []);
  return (
    found.find(({ of, failed }) => of === 'tests' && failed > 0) ??
    found.find(({ failed }) => failed > 0) ??
    found[0]
  );
}

/** Whether it is a line of such a sum. */
export function isCount(line: string): boolean {
  return ROWS.some(({ pattern }) => pattern.test(line));
}

type Sums = Partial<Record<'failed' | 'errors' | 'passed' | 'total', number>>;

function countBy({ pattern, of, sums }: Row, lines: readonly string[]): Counts | undefined {
  const all: Sums = {};
  let isFound = false;
  for (const line of lines) {
    const groups = pattern.exec(line)?.groups;
    if (!groups) continue;
    isFound = true;
    for (const [key, value] of [...Object.entries(groups), ...(groups.words ? wordsIn(groups.words) : [])]) {
      if (!value || !['failed', 'errors', 'passed', 'total'].includes(key)) continue;
      const before =
        sums || (key === 'failed' && line.includes('cancelled')) ? (all[key as keyof Sums] ?? 0) : 0;
      all[key as keyof Sums] = before + Number(value);
    }
  }
  if (!isFound) return undefined;
  const failed = (all.failed ?? 0) + (all.errors ?? 0);
  const total = all.total ?? (all.passed === undefined ? null : all.passed + failed);
  return { failed, total, of };
}

function wordsIn(text: string): [string, string][] {
  return [...text.matchAll(WORDS)].flatMap(([, number, word, key, value, whole]): [string, string][] => {
    if (whole) return [['total', whole]];
    const name = (word ?? key ?? '').toLowerCase();
    const role = name.startsWith('fail') ? 'failed' : name.startsWith('error') ? 'errors' : name;
    return [[role, number ?? value ?? '0']];
  });
}

/** `3 of 243 tests failed`, `2 errors`, `243 tests passed` */
export function countsText({ failed, total, of }: Counts): string | undefined {
  if (of === 'errors') return failed > 0 ? `${failed} ${failed === 1 ? 'error' : 'errors'}` : undefined;
  const tests = (count: number) => `${count} ${count === 1 ? 'test' : 'tests'}`;
  if (failed === 0) return total ? `${tests(total)} passed` : undefined;
  return total === null ? `${tests(failed)} failed` : `${failed} of ${tests(total)} failed`;
}
