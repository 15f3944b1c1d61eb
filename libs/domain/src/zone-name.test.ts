import { zoneName } from './zone-name';

const almere = [
  { text: 'Almere Stad', language: 'en' },
  { text: 'Almere Stad (nl)', language: 'nl' },
];

it.each([
  ['the language asked for', almere, 'nl', 'Almere Stad (nl)'],
  ['the first given, where that language is not', almere, 'fr', 'Almere Stad'],
  ['the first given, where none is asked for', almere, undefined, 'Almere Stad'],
  ['the only one', 'Dam', 'nl', 'Dam'],
  ['nothing, where there is none', undefined, 'nl', undefined],
  ['nothing, where the list is empty', [], 'nl', undefined],
])('a zone is called by %s', (_what, name, language, called) => {
  expect(zoneName({ name }, language)).toBe(called);
});
