/** CHANGELOG.md, in the form of Keep a Changelog: one `## [VERSION] - DATE` a release, the coming one on top. */
const UNRELEASED = '## [Unreleased]\n';

/** What stands under a version's heading; undefined where there is no such heading. */
export function notesOf(changelog: string, version: string): string | undefined {
  const sections = changelog.split(/^## (?=\[)/m).slice(1);
  const section = sections.find((text) => text.startsWith(`[${version}]`));
  return section?.slice(section.indexOf('\n')).trim();
}

/** The same with all that was unreleased under the version's own heading. */
export function withRelease(changelog: string, version: string, date: string): string {
  return changelog.replace(UNRELEASED, `${UNRELEASED}\n## [${version}] - ${date}\n`);
}
