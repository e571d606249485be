/**
 * Which lines of a command's output matter to somebody who has to act on it. Each pattern is the shape in which some
 * tool reports, not a word: "0 errors", "error handling module compiled" and a test named "throws an error" are not it.
 */

export type NotableKind = 'failed-test' | 'compiler-error' | 'exception' | 'crash' | 'error' | 'summary';

export interface Notable {
  kind: NotableKind;
  /** what the lines after it may be: its message or place; or what a Python traceback comes to */
  follow?: 'next' | 'place' | 'traceback';
}

/**
 * One of these is in every line that can be notable (bytes as Latin-1 characters): for one quick look at a whole chunk.
 * Several, because one expression of all would be many times slower.
 */
export const CANDIDATES: readonly RegExp[] = [
  /error|fail|panic|exception|traceback|fatal|fault|abort|assert|critical|severe|not ok|not found|no such|denied|caused by|killed|undefined|unresolved|missing |stopped|sanitizer|smashing|overflow|corruption|no space|enospc|refused|uncaught|unhandled|out of memory|core dump|terminate called/gi,
  /\d\) |rspec \.|\.go:\d|\.py:\d|e: file|err!|err_|what\(\):|elifecycle|oomkill|wrong:/gi,
  /\xe2\x9c[\x95-\x98]|\xc3\x97|\xe2\x97\x8f/g,
];

type Rule = [pattern: RegExp, kind: NotableKind, follow?: Notable['follow']];

/** What a passed test, a module's name or a count of none says; and lines that only repeat what stands above them. */
const HARMLESS: RegExp[] = [
  /^\s*(?:✓|✔|√|✅|ok \d|ok\s|PASS\b|--- PASS|--- SKIP|# (?:fail|pass|skipped|todo|cancelled) 0\b|\[\s+OK \]|\[\s*PASSED)/,
  /(?:\.\.\. ok|\bPASSED)(?:\s+\[\s*\d+%\])?\s*$/,
  /^\s*(?:Compiling|Checking|Downloaded|Downloading|Fresh|Building|Installing|Unpacking|Setting up|Collecting|Using cached|Requirement already|Get:\d+|Selecting previously)\b/,
  /^\[ERROR\]\s*(?:$|-> \[Help|To see the full|Re-run Maven|For more information|\[Help \d)/,
  /^\[(?:INFO|DEBUG|TRACE)\](?!.*(?:BUILD FAILURE|FAILURE \[|Tests run))/,
  /\b(?:INFO|DEBUG|TRACE|info|debug|trace)\b(?=[\s\]:|"]).{0,40}\b(?:error|fail)/,
  /^\s*(?:note|help|hint|warning|warn|info|debug|npm (?:warn|notice|http))\b[:\s[]/i,
  /^\s*(?:\++|\$|%) |^\s*> (?!Task )/,
];

/** Counts of none, unless some other is told on the same line. */
const NONE =
  /\b(?:no|0|zero|without(?: any)?) (?:[a-z]+ )?(?:errors?|failures?|failed|failing|panics?|exceptions?|problems?|issues?)\b|\b(?:errors?|failures?|failed|fail)\b\s*[:=]\s*(?:0|none|null|nil|false)\b(?![.:])/i;
const SOME =
  /\b[1-9]\d* (?:errors?|failures?|failed|failing|problems?)\b|\b(?:errors?|failures?|failed)\b\s*[:=]\s*[1-9]/i;

/** A line that calls itself an error is one, whatever it counts: "ERROR request 0 failed". */
const LEVEL = /^[^a-z]{0,40}\b(?:ERROR|FATAL|CRITICAL)\b[\])]?[:\s]/;

/** With an extension: a time of day is none. */
const PATH = String.raw`(?:[A-Za-z]:)?[\w@~+.()\[\]/\\-]*\.[A-Za-z]\w*`;

const RULES: Rule[] = [
  // tests
  [/^\s*--- FAIL: /, 'failed-test'],
  [/^FAIL\s+\S+/, 'failed-test'],
  [/^\s*(?:❯\s+)?FAIL {1,2}\S/, 'failed-test'],
  [/^(?:FAILED|ERROR) \S+(?:::| - )/, 'failed-test'],
  [/^(?=\S*?::)\S+ (?:FAILED|ERROR)\b/, 'failed-test'],
  [/^(?:FAIL|ERROR): \w+ \([\w.]+\)/, 'failed-test'],
  [/^test \S.* \.\.\. FAILED/, 'failed-test'],
  [/^\s*not ok\b(?!.*# (?:TODO|SKIP))/, 'failed-test'],
  [/^\s*● .*\S/, 'failed-test'],
  [/^\s*[×✕✗✖✘] (?!\d+ problems?\b|\[ERROR\]|failing tests:)\S/, 'failed-test'],
  [/^\s+\d+\) \S/, 'failed-test'],
  [/^\d+\) \S+::\S/, 'failed-test'],
  [/^\s*# {3}Failed test\b/, 'failed-test'],
  [/^\s*--> \S+\.py:\d+:\d+$/, 'compiler-error'],
  [/^\[ {2}FAILED {2}\] \w+/, 'failed-test'],
  [/^\s+\S+_test\.go:\d+: /, 'failed-test'],
  [/^rspec \.\/\S+/, 'failed-test'],
  [/^\S+ > \S.* FAILED$/, 'failed-test', 'place'],
  [/^\s+Failed \S+ \[/, 'failed-test'],
  [/\*\*\*Failed\b|\*\*\*Exception\b|\*\*\*Timeout\b/, 'failed-test'],
  [/^\/\/\S+\s+FAILED\b/, 'failed-test'],
  // compilers and linters
  [/^error\[E\d+\]: \S/, 'compiler-error', 'place'],
  [/^error: (?!could not compile|aborting due to)\S/, 'error', 'place'],
  [/^error: could not compile/, 'summary'],
  [new RegExp(`^${PATH}(?:[:(]\\d+(?:[:,.]\\d+)*\\)?)(?: -|:)? ?(?:fatal )?error\\b`, 'i'), 'compiler-error'],
  [/^(?:vet: )?\S+\.go:\d+:\d+: /, 'compiler-error'],
  [/^\S+\.pyi?:\d+:\d+: [A-Z]+\d+ /, 'compiler-error'],
  [/^\s+\d+:\d+\s+(?:error|✖)\s/, 'compiler-error'],
  [/^e: (?:file:\/\/)?\S+:/, 'compiler-error'],
  [
    /\bundefined reference to |\bundefined symbols?\b|\bunresolved external symbol\b|\bld: symbol\(s\) not found/i,
    'compiler-error',
  ],
  [/^(?:collect2|ld|clang|gcc|cc1|g\+\+|rust-lld|lld|ld\.lld)(?:: fatal)?: error:? /i, 'compiler-error'],
  [/^\s*\[ERROR\] \S+\.(?:java|kt|scala|groovy):\[?\d+/, 'compiler-error'],
  [/^ERROR in \S/, 'compiler-error', 'next'],
  [/^✘ \[ERROR\] /, 'compiler-error', 'place'],
  [/^CMake Error/, 'compiler-error', 'next'],
  // exceptions
  [/^\s*Traceback \(most recent call last\):/, 'exception', 'traceback'],
  [/^E {3,}(?:[\w.]+(?:Error|Exception|Failure|Exit|Interrupt)\b|assert )/, 'exception'],
  [
    /^\s*(?:\w+: )?(?:Uncaught |Unhandled |\[?Unhandled )\S*(?:error|exception|rejection|promise)/i,
    'exception',
    'place',
  ],
  [/^\s*Exception in thread /, 'exception', 'place'],
  [/^\s*Caused by: \S/, 'exception'],
  [/^\s*(?:[\w$]+\.)*[A-Z][\w$]*(?:Error|Exception|Panic)(?: \[\w+\])?: \S/, 'exception', 'place'],
  [/^\s*(?:[\w$]+\.)+[A-Z][\w$]*(?:Error|Exception)$/, 'exception', 'place'],
  [/^Error(?: \[\w+\])?: \S/, 'exception', 'place'],
  [/^(?:\w+(?:::\w+)* ?)?Unhandled exception[.:]/i, 'exception', 'next'],
  [/^(?:PHP )?(?:Fatal error|Parse error): /, 'exception'],
  [/^\S+\.rb:\d+:in .*\((?:\w+::)*\w+(?:Error|Exception)?\)$/, 'exception'],
  // crashes
  [/^thread '.*'(?: \(\d+\))? panicked at /, 'crash', 'next'],
  [/^\s*panic: /, 'crash'],
  [/^fatal error: /, 'crash'],
  [/^FATAL ERROR: /, 'crash'],
  [
    /\bsegmentation fault\b|\bSIGSEGV\b|\bbus error\b|\bcore dumped\b|^Aborted\b|^Killed\s*$|\bfloating point exception\b|\billegal instruction\b/i,
    'crash',
  ],
  [
    /==\d+==\s*ERROR: \w+Sanitizer|\bruntime error: |^SUMMARY: \w+Sanitizer|stack smashing detected|double free or corruption|^(?:munmap|malloc|free|realloc)\(\): /,
    'crash',
  ],
  [/^terminate called|^\s+what\(\): /, 'crash'],
  [/\bAssertion [`'"].{0,300}failed\b|\bassertion failed\b/i, 'crash'],
  [/\bout of memory\b|\bcannot allocate memory\b|\bheap limit\b|\bOOMKilled\b|\bstack overflow\b/i, 'crash'],
  // sums
  [/^=+ (?=.*\b[1-9]\d* (?:failed|errors?)\b).*=$/, 'summary'],
  [/^\s*(?:Tests?|Test Suites|Test Files|Snapshots):?\s.*\b[1-9]\d* failed\b/, 'summary'],
  [/^FAILED \((?:failures|errors)=|^FAILURES!$|^Tests run: .*(?:Failures|Errors): [1-9]/, 'summary'],
  [/^(?=.*\bTests run: )(?=.*\b(?:Failures|Errors): [1-9]).*FAIL/, 'failed-test'],
  [/^Tests: \d+, .*\b(?:Failures|Errors): [1-9]/, 'summary'],
  [/^\s*[1-9]\d* failing\b|\b\d+ examples?, [1-9]\d* failures?\b/, 'summary'],
  [/^(?:# |ℹ )fail [1-9]/, 'summary'],
  [/^test result: FAILED/, 'summary'],
  [/^FAIL$|^FAILURE: Build failed|\bBUILD FAIL(?:ED|URE)\b|^Build FAILED/, 'summary'],
  [/^\* What went wrong:/, 'error', 'next'],
  [/^> Task \S+ FAILED/, 'error'],
  [/^\s*✖ [1-9]\d* problems? \([1-9]/, 'summary'],
  [/^Found [1-9]\d* errors?\b/, 'summary'],
  [/^\s*[1-9]\d* errors? (?:generated|found|in )|^\s*[1-9]\d* errors?\.?$/, 'summary'],
  [/^g?make(?:\[\d+\])?: \*\*\* /, 'summary'],
  [/^ninja: (?:build stopped|error|fatal)/, 'summary'],
  [/^FAILED: \S/, 'error'],
  [/^\s*\d+% tests passed, [1-9]\d* tests? failed/, 'summary'],
  // whatever says plainly that it is an error
  [/^npm (?:ERR!|error) (?!A complete log|\s*$)\S/, 'error'],
  [/\bERR_PNPM_\w+|\bELIFECYCLE\b/, 'error'],
  [/^\s*\[ERROR\] \S/, 'error'],
  [
    /^(?:[\d\-T:.,/Z+ [\]]{0,40}\s)?[[(<|]?\s{0,40}(?:ERROR|FATAL|CRITICAL|SEVERE|PANIC|EMERG|ALERT)\s{0,40}[\])>|]?[\s:]\s{0,40}\S/,
    'error',
  ],
  [
    /\blevel=(?:error|fatal|panic|critical)\b|"(?:level|severity|levelname)"\s*:\s*"(?:error|fatal|critical|panic)"/i,
    'error',
  ],
  [/^\s*(?:│\s*)?(?:[\w.@/+-]+: )*(?:fatal(?: error)?|error|critical): \S/i, 'error'],
  [/^#\d+ ERROR: |^Error from server /, 'error'],
  [/^error (?:TS\d+|Command failed|An unexpected|Couldn't)/, 'error'],
  [
    /^(?:sh|bash|zsh|dash|\/bin\/\w+|[\w./-]+\.sh)(?:: line \d+|: \d+)?: .*(?:not found|No such file or directory|Permission denied|cannot execute)/i,
    'error',
  ],
  [
    /^[\w./+-]+: .*: (?:No such file or directory|Permission denied|No space left on device|Connection refused|Is a directory|Not a directory|command not found)$/,
    'error',
  ],
  [/\bNo space left on device\b|\bENOSPC\b|\bEADDRINUSE\b|\bECONNREFUSED\b/, 'error'],
  [/^(?:Build|Compilation|Deployment|Command|Job|Step|Process|Migration|Tests?) failed\b/i, 'error'],
  [/^Failed to \w+/, 'error'],
];

/** Exported for the reader: a line is looked at up to here. */
export const LINE_LIMIT = 1_000;

const PLACE = /^\s*(?:at |--> |❯ |File ")\S|\bat \S+:\d+|^\s*\S+\.\w+:\d+(?::\d+)?:?$/;

/** All of them, for a test: a job chooses what they are tried on. */
export const PATTERNS: readonly RegExp[] = [
  ...CANDIDATES,
  ...HARMLESS,
  ...[NONE, SOME, LEVEL, PLACE],
  ...RULES.map(([pattern]) => pattern),
];

/** What one readable line is, or undefined where it is nothing special. */
export function classifyLine(line: string): Notable | undefined {
  const text = line.length > LINE_LIMIT ? line.slice(0, LINE_LIMIT) : line;
  if (
    HARMLESS.some((pattern) => pattern.test(text)) ||
    (NONE.test(text) && !SOME.test(text) && !LEVEL.test(text))
  )
    return undefined;
  for (const [pattern, kind, follow] of RULES) {
    if (pattern.test(text)) return follow ? { kind, follow } : { kind };
  }
  return undefined;
}

/** What a line says that follows one with `follow`: `last` is its message or place, `more`: look at the next one. */
export function classifyFollowing(
  wholeLine: string,
  follow: NonNullable<Notable['follow']>,
): 'last' | 'more' | 'no' {
  const line = wholeLine.slice(0, LINE_LIMIT);
  if (follow === 'traceback')
    return line === '' || /^\s|^Traceback|^\^|^During handling|^The above exception/.test(line)
      ? 'more'
      : 'last';
  if (line.trim() === '') return follow === 'next' ? 'more' : 'no';
  return follow === 'next' || PLACE.test(line) ? 'last' : 'no';
}
