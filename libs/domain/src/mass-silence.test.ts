import { massSilence, type SilentVehicle } from './mass-silence';
import { placeCell } from './place-cell';

const silent = (count: number, gapMs: number, lng = 4.895): SilentVehicle[] =>
  Array.from({ length: count }, (_, i) => ({
    violationId: `vio_${lng}_${i}`,
    openedAt: i * gapMs,
    position: [lng, 52.375],
  }));
const size = (fleet: number, here = fleet) => ({ fleet, cells: new Map([[placeCell([4.895, 52.375]), here]]) });

describe('vehicles that fall silent together', () => {
  it('are a mass from twenty on, if they are a fifth of the fleet', () => {
    expect(massSilence(silent(20, 100), size(100))!.members).toHaveLength(20);
    expect(massSilence(silent(19, 100), size(19))).toBeUndefined();
    expect(massSilence(silent(20, 100), size(101))).toBeUndefined();
  });

  it('are a mass within half a minute', () => {
    expect(massSilence(silent(20, 30_000 / 19), size(100))).toBeDefined();
    expect(massSilence(silent(20, 30_001 / 19), size(100))).toBeUndefined();
    const later = silent(30, 100).map((one) => ({ ...one, openedAt: one.openedAt + 60_000 }));
    expect(massSilence([...silent(25, 100), ...later], size(100))!.members).toEqual(later);
  });

  it('are a mass of one place where they are too few for the fleet', () => {
    const elsewhere = silent(10, 100, 4.95);
    expect(massSilence([...silent(20, 100), ...elsewhere], size(1_000, 60))).toEqual({
      cell: placeCell([4.895, 52.375]),
      members: silent(20, 100),
    });
    expect(massSilence(silent(20, 100), size(1_000, 101))).toBeUndefined();
  });
});
