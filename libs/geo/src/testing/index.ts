export { flatbushIndex } from './flatbush-index';
export { seededRandom } from './seeded-random';
