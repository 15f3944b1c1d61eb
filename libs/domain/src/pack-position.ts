import type { ByteReader } from './byte-reader';
import type { ByteWriter } from './byte-writer';

/**
 * Can these degrees be written as a whole number of 1e-7 degrees and come back exactly? Devices say seven decimals, or fewer: then a
 * coordinate takes four bytes instead of eight.
 */
export function isRound(degrees: number): boolean {
  return Math.round(degrees * ROUND) / ROUND === degrees;
}

/** Writes a position; `roundly` if both of its coordinates are round. */
export function writePosition(to: ByteWriter, lng: number, lat: number, roundly: boolean): void {
  if (roundly) {
    to.int32(Math.round(lng * ROUND));
    to.int32(Math.round(lat * ROUND));
  } else {
    to.double(lng);
    to.double(lat);
  }
}

/** Reads one coordinate of a position. */
export function readDegrees(from: ByteReader, roundly: boolean): number {
  return roundly ? from.int32() / ROUND : from.double();
}

const ROUND = 1e7;
