import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { generatedFiles } from './generated-files';

// `npm run docs` runs this, bundled, at the root of the repository.
for (const [file, text] of Object.entries(generatedFiles(process.cwd()))) {
  const path = join(process.cwd(), file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
