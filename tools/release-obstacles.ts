import { notesOf } from './changelog.ts';

/** What a release is decided on. */
export interface Situation {
  /** as package.json has it */
  current: string;
  /** lines of `git status --porcelain` */
  changes: string[];
  tags: string[];
  changelog: string;
}

/** Why there can be no release of that version now; each with what to do. */
export function obstacles(version: string, { current, changes, tags, changelog }: Situation): string[] {
  return [
    ...obstaclesOfVersion(version, current),
    ...(tags.includes(`v${version}`)
      ? [`The tag v${version} is there already: ${version} was released.`]
      : []),
    ...(changes.length === 0
      ? []
      : [`These files are not committed. Commit them, or put them back:\n    ${changes.join('\n    ')}`]),
    ...obstaclesOfNotes(version, changelog),
  ];
}

function obstaclesOfVersion(version: string, current: string): string[] {
  if (!/^(0|[1-9]\d*)(\.(0|[1-9]\d*)){2}$/.test(version))
    return [
      `${version ? `"${version}" is no version` : 'There is no version'}. Give three numbers: npm run release -- 1.2.0`,
    ];
  if (isNewer(version, current)) return [];
  return [
    `${version} is not newer than ${current}, which package.json has. The next are ${following(current)}.`,
  ];
}

function obstaclesOfNotes(version: string, changelog: string): string[] {
  const unreleased = notesOf(changelog, 'Unreleased');
  return [
    ...(notesOf(changelog, version) === undefined
      ? []
      : [`CHANGELOG.md has a section [${version}] already. What is new belongs under [Unreleased].`]),
    ...(unreleased === undefined
      ? [
          'CHANGELOG.md has no section "## [Unreleased]". Write it above the newest release: what is new, for users.',
        ]
      : []),
    ...(unreleased === ''
      ? ['CHANGELOG.md says nothing under [Unreleased]. Write there what is new, for users.']
      : []),
  ];
}

function isNewer(version: string, than: string): boolean {
  return version !== than && version.localeCompare(than, 'en', { numeric: true }) > 0;
}

function following(current: string): string {
  const [major = 0, minor = 0, patch = 0] = current.split('.').map(Number);
  return `${major}.${minor}.${patch + 1}, ${major}.${minor + 1}.0 and ${major + 1}.0.0`;
}
