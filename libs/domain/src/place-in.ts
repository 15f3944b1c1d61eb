/** Where does a text stand in the table? It is added if it is not there yet. */
export function placeIn(texts: string[], text: string): number {
  const place = texts.indexOf(text);
  return place === -1 ? texts.push(text) - 1 : place;
}
