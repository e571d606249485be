/** Lines at an output's end that say nothing once it is known what failed, and how many of how many. */
export const NOISE_PATTERNS: readonly RegExp[] = [
  /^\s*$|^\s*[-=_~━⎯*#|+]{3,}\s*$/,
  /^(?:# |ℹ )(?:tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) [\d.]+$/,
  /^\s*(?:ok \d|# Subtest: |\d+\.\.\d+$|TAP version|---$|\.\.\.$|duration_ms: |type: '|location: ')/,
  /^\s*[✓✔√✅▶] |^PASS\b|^\s*--- PASS|^=== (?:RUN|PAUSE|CONT)|^test .* \.\.\. ok$|^\[(?:INFO|DEBUG)\]|\bPASSED\s*(?:\[\s*\d+%\])?$/,
  /^\s*(?:(?:Test Files|Start at|Duration|Ran all test suites|Finished in|Done in|real|user|sys)\b|Test Suites:|Snapshots:|Time:)/,
  /^\s*\d+ FAILED TESTS?$|^(?:failures:|Failures:|Failed examples:|FAIL|FAILED|exit status \d+|There (?:was|were) \d+ (?:errors?|failures?):|Test Summary Report|Result: FAIL)\s*$/,
  /^={3,} .* ={3,}$|^ {4}[\w:]+$|^Node\.js v|^For more information about (?:an|this) error|^Some errors have detailed/,
  /^Failed \d+\/\d+ subtests|\(Wstat: |^ {2}(?:Failed tests|Non-zero exit status): |^Files=\d+, Tests=|^> There were failing tests|^Run with --|^\d+ actionable tasks?|^BUILD FAILED/,
  /^npm (?:ERR!|error)|^\[ERROR\]|^note: run with|^> Run with --|^\* (?:Try|Get more help)/,
];

export function isNoise(line: string): boolean {
  return NOISE_PATTERNS.some((pattern) => pattern.test(line));
}
