// Holds objects against the JSON schemas of their kinds: `node validate-objects.mjs FILE`, a list of { module, object, name }; prints a list of problems.
import { readFileSync } from 'node:fs';

const problems = [];
for (const { module, object, name } of JSON.parse(readFileSync(process.argv[2], 'utf8'))) {
  const models = await import(module);
  const Model = models[object.kind];
  if (!Model) {
    problems.push(`${name}: ${module} has no ${object.kind}`);
    continue;
  }
  try {
    new Model(object).validate();
  } catch (error) {
    problems.push(`${name}: ${error.message}`);
  }
}
process.stdout.write(JSON.stringify(problems));
