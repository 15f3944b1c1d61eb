import { contactOfEdges, type EdgeContact } from './edge-contact';
import type { Position } from './geometry';

test.each<[string, [Position, Position], [Position, Position], EdgeContact]>([
  [
    'apart',
    [
      [0, 0],
      [4, 0],
    ],
    [
      [0, 1],
      [4, 1],
    ],
    'none',
  ],
  [
    'on lines that cross beyond one of them',
    [
      [0, 0],
      [4, 0],
    ],
    [
      [2, 1],
      [2, 3],
    ],
    'none',
  ],
  [
    'crossing',
    [
      [0, 0],
      [4, 0],
    ],
    [
      [2, -1],
      [2, 1],
    ],
    'crossing',
  ],
  [
    'one ending within the other',
    [
      [0, 0],
      [4, 0],
    ],
    [
      [2, 0],
      [2, 1],
    ],
    [2, 0],
  ],
  [
    'with an end in common',
    [
      [0, 0],
      [4, 0],
    ],
    [
      [4, 0],
      [5, 5],
    ],
    [4, 0],
  ],
  [
    'on one line, apart',
    [
      [0, 0],
      [4, 4],
    ],
    [
      [5, 5],
      [6, 6],
    ],
    'none',
  ],
  [
    'on one line, end to end',
    [
      [0, 0],
      [4, 4],
    ],
    [
      [4, 4],
      [6, 6],
    ],
    [4, 4],
  ],
  [
    'on one line, overlapping',
    [
      [0, 0],
      [4, 4],
    ],
    [
      [3, 3],
      [6, 6],
    ],
    'stretch',
  ],
  [
    'one within the other',
    [
      [0, 0],
      [0, 9],
    ],
    [
      [0, 3],
      [0, 6],
    ],
    'stretch',
  ],
  [
    'the same',
    [
      [0, 0],
      [4, 4],
    ],
    [
      [0, 0],
      [4, 4],
    ],
    'stretch',
  ],
])('two edges %s, whichever comes first and whichever way they run', (_name, [a, b], [c, d], contact) => {
  for (const [p, q] of [
    [a, b],
    [b, a],
  ] as const) {
    for (const [r, s] of [
      [c, d],
      [d, c],
    ] as const) {
      expect(contactOfEdges(p, q, r, s)).toEqual(contact);
      expect(contactOfEdges(r, s, p, q)).toEqual(contact);
    }
  }
});
