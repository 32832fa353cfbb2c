import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const document = 'docs/standards.md';
const heading = '## Sections cited';
const citation =
  /\b((?:RFC|FIPS|SP|GM\/T|GB\/T) \d[\d.A-Z-]*|X\.\d{3})(?:-\d{4})?(?:,? ((?:§|section )[A-Z]?[\d.]*\d|§[A-Z]\b))?/g;
const inOrder = new Intl.Collator('en', { numeric: true }).compare;

/** What the code under `src` cites, by standard: the sections, and the folders in which they are obeyed. */
export function listStandards(root: string): string {
  const cited = new Map<string, { sections: Set<string>; folders: Set<string> }>();
  for (const file of globSync('src/**/*.ts', { cwd: root }).sort()) {
    // A citation may be broken over two lines of a comment.
    const source = readFileSync(join(root, file), 'utf8').replace(/\n\s*(?:\/\/|\*) ?/g, ' ');
    for (const [, name = '', section] of source.matchAll(citation)) {
      const standard = name.replace(/[.-]+$/, '');
      const entry = cited.get(standard) ?? { sections: new Set(), folders: new Set() };
      cited.set(standard, entry);
      entry.folders.add(dirname(file));
      if (section) entry.sections.add(section.replace(/^section /, '§'));
    }
  }
  const lines = [...cited.keys()].sort(inOrder).map((standard) => {
    const { sections, folders } = cited.get(standard)!;
    const where = [...folders].map((folder) => `\`${folder}\``).join(', ');
    return `- ${[standard, ...[...sections].sort(inOrder)].join(' ')}: ${where}`;
  });
  return `${heading}\n\n${lines.join('\n')}\n`;
}

if (import.meta.main) {
  const [before = ''] = readFileSync(document, 'utf8').split(heading);
  writeFileSync(document, before + listStandards(process.cwd()));
}
