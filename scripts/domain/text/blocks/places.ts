/** Where in the code something happened: what a stack, a compiler or a test runner says of it. */

/** Groups: `file` with its line and column, or `file` and `line`; `in` for the function. */
const FRAMES: readonly RegExp[] = [
  /^\s*at (?:async )?(?:(?<in>[^()]{1,200}) \()?(?<file>(?:file:\/\/)?[^\s()]+:\d+(?::\d+)?)\)?(?: \{)?$/,
  /^\s*at (?<in>[\w.$/<>]{1,200})\((?<file>[\w$]+\.\w+:\d+)\)/,
  /^\s*❯ (?:(?<in>\S{1,200}) )?(?<file>\S+:\d+:\d+)$/,
  /^\s*File "(?<file>[^"]+)", line (?<line>\d+)(?:, in (?<in>.*))?$/,
  /^\s*-+> (?<file>\S+:\d+:\d+)$/,
  /^\s*(?:#|from) (?<file>[^\s:]+:\d+):in [`'](?<in>.*)'$/,
  /^\s*#\d+ (?<file>\S+\.php)\((?<line>\d+)\): (?<in>.*)$/,
  /^(?<file>\/\S+\.php:\d+)$/,
  /^(?<file>[^\s:]+\.py:\d+):(?: in (?<in>.*)| ?\w*)$/,
  /^\s*(?<file>[^\s:]+\.go:\d+)(?: \+0x[0-9a-f]+)?$/,
  /^(?<in>[^\s(]{1,200}(?: \[as \w+\])?|new \S{1,200}|async \S{1,200}) \((?<file>(?:file:\/\/)?\/[^\s()]+:\d+:\d+)\)$/,
  /^(?<file>(?:file:\/\/)?\/[^\s()]+:\d+:\d+)$/,
  /^#?\s*at (?<file>\S+) line (?<line>\d+)\.?$/,
  /^\s*on (?<file>\S+\.tf) line (?<line>\d+)(?:, in (?<in>.*))?:?$/,
];

/** Frames of node, Python, Java and so on themselves, and of installed packages: not what anybody can mend. */
const FOREIGN =
  /node:|\bnode_modules\/|\bsite-packages\/|\bdist-packages\/|\blib\/python\d|\/rustc\/|\/\.cargo\/registry|\/usr\/(?:lib|share|local\/(?:lib|go))\/|\/go\/src\/|\/vendor\/|\/gems\/|(?:^|\/)(?:java|javax|jdk|sun|kotlin|scala|groovy|junit|org\.(?:junit|gradle|hamcrest|codehaus|opentest4j|apache\.maven|testng))\.|<frozen |\/unittest\/|^internal\//;
const NAMELESS = /^(?:Object|Context|TestContext|Test|Suite)?\.?<anonymous>$|^<module>$|^test_|^Object\.\w+$/;

export const PLACE_PATTERNS: readonly RegExp[] = [...FRAMES, FOREIGN, NAMELESS];

export interface Frame {
  /** `file:line` or `file:line:column` */
  place: string;
  file: string;
  in: string | undefined;
  foreign: boolean;
}

/** What a line says of a place, where it says nothing else. */
export function frameIn(line: string): Frame | undefined {
  for (const pattern of FRAMES) {
    const groups = pattern.exec(line)?.groups;
    if (!groups) continue;
    const place = groups.line ? `${groups.file}:${groups.line}` : (groups.file ?? '');
    const foreign = FOREIGN.test(place) || FOREIGN.test(groups.in ?? '');
    return { place, file: fileOf(place), in: groups.in, foreign };
  }
  return undefined;
}

/** Without line and column. */
export function fileOf(place: string): string {
  return plainPlace(place).replace(/(?::\d+){1,2}$/, '');
}

/** `file:///a/b.mjs:3:1` and `a.ts(3,1)` as `/a/b.mjs:3:1` and `a.ts:3:1`. */
export function plainPlace(place: string): string {
  return place
    .replace(/^file:\/\/|^\.\//, '')
    .replace(/[:(]\[?(\d+),(\d+)[\])]$/, ':$1:$2')
    .replace(/\((\d+)\)$/, ':$1');
}

/** The place below `base`, where it lies there. */
export function placeBelow(place: string, base: string): string {
  const plain = plainPlace(place);
  const folder = base.endsWith('/') ? base : `${base}/`;
  return folder.length > 1 && plain.startsWith(folder) ? plain.slice(folder.length) : plain;
}

const TEST_FILE = /(?:^|[/._-])(?:tests?|specs?|__tests__|e2e)(?:[/._-]|$)|Tests?\.\w+$/i;

/**
 * Where a failure is: in the test's own file, if a frame lies there, else in the first file of the user's. `hint` is what the tool
 * itself says, with or without a line. `cause` is the first frame, where it lies in another file.
 */
export function whereOf(
  frames: readonly Frame[],
  hint: string | undefined,
  isTest: boolean,
): { place: string | null; cause: Frame | undefined } {
  const own = frames.filter((frame) => !frame.foreign);
  const [first] = own;
  const isHere = ({ file }: Frame) => hint !== undefined && isSameFile(file, fileOf(hint));
  // A test that calls a helper in its own file is where it calls it.
  const found = (fits: (frame: Frame) => boolean) => (isTest ? own.findLast(fits) : own.find(fits));
  const inTest = isTest ? (found(({ file }) => TEST_FILE.test(file)) ?? found(isTestBody)) : undefined;
  const chosen = found(isHere) ?? (hint && /:\d/.test(hint) ? undefined : (inTest ?? first));
  const place = chosen?.place ?? hint ?? null;
  const isElsewhere = first !== undefined && place !== null && !isSameFile(first.file, fileOf(place));
  return { place, cause: isElsewhere ? first : undefined };
}

function isTestBody({ in: name = '' }: Frame): boolean {
  return /^(?:async )?(?:(?:Test)?Context|Object)\.<anonymous>$/.test(name);
}

function isSameFile(a: string, b: string): boolean {
  return a === b || a.endsWith(`/${b.replace(/^\.\//, '')}`) || b.endsWith(`/${a.replace(/^\.\//, '')}`);
}

/** `at priceOf (src/cart.mjs:8:15)` */
export function frameText({ place, in: name }: Frame, base: string): string {
  const where = placeBelow(place, base);
  return name && !NAMELESS.test(name) ? `at ${name} (${where})` : `at ${where}`;
}
